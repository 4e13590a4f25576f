/* SPDX-License-Identifier: BSD-2-Clause */
/* The partitions of a factory reset: which, their keys, their content, their entries. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/blkpg.h>

#include "userspace/disk/copies.h"
#include "userspace/init/reset.h"
#include "userspace/initrd/build.h"
#include "userspace/reset/erase.h"

#define HEADER_AREA (16u << 20) /* bytes: what LUKS2 keeps in front of the data by default */

/* A damaged copy of the table says that somebody else wrote there: what it names is erased, the
 * table itself stays. */
pawl_err pawl_reset_look(pawl_reset_run *r, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        pawl_boot *b = r->b;

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_boot_find_disk(b, d));
        PAWL_TRY(pawl_definitions_load(PAWL_INITRD_DEFINITIONS, &b->definitions, d));
        r->is_table_whole = pawl_copies_check(b->disk, d) == PAWL_OK;
        if (!r->is_table_whole)
                pawl_reset_note(r, "partition table", pawl_diag_text(d));
        PAWL_TRY(pawl_gpt_read(b->disk, t, d));
        return pawl_places_find(t, &b->definitions, r->places, d);
}

/* Calls `use` for each marked partition that is there. */
static pawl_err for_each(pawl_reset_run *r, pawl_diag *d,
        pawl_err (*use)(pawl_reset_run *r, const pawl_definition *def, const pawl_place *place,
                const char *node, pawl_diag *d))
{
        for (size_t i = 0; i < r->b->definitions.n; i++) {
                const pawl_definition *def = &r->b->definitions.items[i];
                char node[PAWL_NODE_SIZE];

                if (!def->is_factory_reset || !r->places[i].exists)
                        continue;
                PAWL_TRY(pawl_partition_node(r->b->disk, r->places[i].number, node, sizeof(node)));
                PAWL_TRY(use(r, def, &r->places[i], node, d));
        }
        return PAWL_OK;
}

static void note_erased(pawl_reset_run *r, const char *node, const char *what, const pawl_erased *e)
{
        char object[PAWL_NODE_SIZE + 32], text[128];

        (void)snprintf(object, sizeof(object), "%s, %s", node, what);
        (void)snprintf(text, sizeof(text), "%llu KiB %s, %s", (unsigned long long)(e->size >> 10),
                pawl_erased_how_text(e->how),
                e->is_gone ? "proven gone: read back as zeros" : "not read back");
        pawl_reset_note(r, object, text);
}

/* --- keys --- */

/* Where the header cannot be read any more, an earlier try destroyed it: the default area then. */
static uint64_t header_size(const char *node, uint64_t size)
{
        pawl_autovolume pawl_volume *v = NULL;
        uint64_t offset = HEADER_AREA;

        if (pawl_volume_open(node, &v, NULL) == PAWL_OK && pawl_volume_data_offset(v) > HEADER_AREA)
                offset = pawl_volume_data_offset(v);
        return offset < size ? offset : size;
}

static pawl_err destroy_keys(pawl_reset_run *r, const pawl_definition *def, const pawl_place *place,
        const char *node, pawl_diag *d)
{
        pawl_erased e;

        (void)place;
        if (!def->is_encrypted)
                return PAWL_OK;
        PAWL_TRY(pawl_erase_overwrite(node, 0, header_size(node, place->size), NULL, NULL, &e, d));
        note_erased(r, node, "keys", &e);
        return PAWL_OK;
}

pawl_err pawl_reset_keys(pawl_reset_run *r, pawl_diag *d)
{
        return for_each(r, d, destroy_keys);
}

/* --- data --- */

typedef struct telling {
        pawl_consoles *consoles;
        const char *node;
} telling;

static void say_progress(void *ctx, unsigned percent)
{
        const telling *t = ctx;

        pawl_consoles_say(t->consoles, "reset: %s: %u %%", t->node, percent);
}

static pawl_err erase(pawl_reset_run *r, const pawl_definition *def, const pawl_place *place,
        const char *node, pawl_diag *d)
{
        telling t = { &r->b->consoles, node };
        pawl_erased e;

        (void)def;
        (void)place;
        PAWL_TRY(pawl_erase_all(node, say_progress, &t, &e, d));
        note_erased(r, node, "data", &e);
        return PAWL_OK;
}

static pawl_err forget_in_kernel(const pawl_boot *b, size_t number, pawl_diag *d)
{
        pawl_autoclose int fd = open(b->disk, O_RDONLY | O_CLOEXEC);
        struct blkpg_partition part = { .pno = (int)number };
        struct blkpg_ioctl_arg arg = {
                .op = BLKPG_DEL_PARTITION, .datalen = sizeof(part), .data = &part
        };

        if (fd < 0 || (ioctl(fd, BLKPG, &arg) < 0 && errno != ENXIO))
                return pawl_fail_errno(d, errno, "%s: the kernel does not let go of partition %zu",
                        b->disk, number);
        return PAWL_OK;
}

/* Without its entry an erased partition is free space, in which a new one is made. */
static pawl_err remove_entry(pawl_reset_run *r, const pawl_definition *def, const pawl_place *place,
        const char *node, pawl_diag *d)
{
        (void)def;
        PAWL_TRY(pawl_gpt_remove(r->b->disk, place->number, d));
        PAWL_TRY(forget_in_kernel(r->b, place->number, d));
        pawl_reset_note(r, node, "removed");
        return PAWL_OK;
}

pawl_err pawl_reset_data(pawl_reset_run *r, pawl_diag *d)
{
        PAWL_TRY(for_each(r, d, erase));
        if (r->is_table_whole)
                PAWL_TRY(for_each(r, d, remove_entry));
        pawl_reset_owner_files(r);
        return PAWL_OK;
}

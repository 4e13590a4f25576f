/* SPDX-License-Identifier: BSD-2-Clause */
/* The partitions that the definition files in the initrd ask for: found, or made where that is
 * certain to destroy nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/blkpg.h>

#include "userspace/disk/copies.h"
#include "userspace/disk/place.h"
#include "userspace/disk/probe.h"
#include "userspace/init/boot.h"
#include "userspace/initrd/build.h"

static pawl_err check_disk(const pawl_boot *b, pawl_diag *d)
{
        const char *const uuids[] = { b->loader_partition, NULL };
        char again[PAWL_NODE_SIZE];
        pawl_disks disks;

        if (b->disk[0] == '\0')
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the boot loader does not tell which partition it was started from "
                        "(LoaderDevicePartUUID), so no partition is looked for or made");
        /* A clone may have been plugged in, or have come late. */
        PAWL_TRY(pawl_disks_list(&disks, d));
        return pawl_disks_find(&disks, uuids, again, d);
}

/* Nothing may be there: a file system or volume whose entry in the table was lost is somebody's
 * data. */
static pawl_err check_free(const pawl_boot *b, const pawl_place *p, pawl_diag *d)
{
        char found[64];

        PAWL_TRY(pawl_probe_signature(b->disk, p->start, p->size, found, sizeof(found), d));
        if (found[0] == '\0')
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: the free area at %llu MiB holds a signature (%s), so nothing is made there; "
                "give it a partition again, or erase it with 'wipefs'",
                b->disk, (unsigned long long)(p->start >> 20), found);
}

/* Tells the kernel about a new partition; the others are in use. */
static pawl_err announce(const pawl_boot *b, const pawl_partition *p, pawl_diag *d)
{
        pawl_autoclose int fd = open(b->disk, O_RDONLY | O_CLOEXEC);
        struct blkpg_partition part = {
                .start = (long long)p->start, .length = (long long)p->size, .pno = (int)p->number
        };
        struct blkpg_ioctl_arg arg = {
                .op = BLKPG_ADD_PARTITION, .datalen = sizeof(part), .data = &part
        };

        if (fd < 0 || (ioctl(fd, BLKPG, &arg) < 0 && errno != EBUSY))
                return pawl_fail_errno(d, errno,
                        "%s: the kernel does not take the new partition %zu", b->disk, p->number);
        return PAWL_OK;
}

static pawl_err make_one(pawl_boot *b, const pawl_definition *def, pawl_place *place, pawl_diag *d)
{
        pawl_partition p;

        PAWL_TRY(pawl_copies_check(b->disk, d));
        PAWL_TRY(check_free(b, place, d));
        pawl_consoles_say(&b->consoles, "making the partition '%s' (%llu MiB) on %s", def->label,
                (unsigned long long)(place->size >> 20), b->disk);
        PAWL_TRY(pawl_gpt_add(b->disk, def->type, def->label, place->start, place->size, &p, d));
        place->number = p.number;
        return announce(b, &p, d);
}

/* --- what is in them --- */

static pawl_err open_volume(pawl_boot_volume *v, pawl_diag *d)
{
        PAWL_TRY(pawl_volume_open(v->node, &v->v, d));
        v->is_fresh = strcmp(pawl_volume_label(v->v), PAWL_LABEL_UNFINISHED) == 0;
        if (v->is_fresh)
                pawl_volume_close_p(&v->v);
        return PAWL_OK;
}

/* An empty partition is one that a power cut left before anything was in it. */
static pawl_err classify(pawl_boot_volume *v, pawl_diag *d)
{
        char found[64];

        PAWL_TRY(pawl_probe_signature(v->node, 0, 0, found, sizeof(found), d));
        v->is_fresh = found[0] == '\0';
        if (v->is_fresh)
                return PAWL_OK;
        if (v->def->is_encrypted && strcmp(found, "crypto_LUKS") == 0)
                return open_volume(v, d);
        if (!v->def->is_encrypted && strcmp(found, "ext4") == 0)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: holds %s, and %s asks for %s; nothing is changed there", v->node, found,
                v->def->file, v->def->is_encrypted ? "an encrypted volume" : "ext4");
}

static pawl_err add_volume(
        pawl_boot *b, const pawl_definition *def, const pawl_place *place, pawl_diag *d)
{
        pawl_boot_volume v = { .def = def };

        PAWL_TRY(pawl_partition_node(b->disk, place->number, v.node, sizeof(v.node)));
        (void)snprintf(
                v.name, sizeof(v.name), "%.31s", def->mount_point ? def->designator : def->label);
        if (def->is_encrypted)
                (void)snprintf(v.device, sizeof(v.device), "/dev/mapper/%.31s",
                        def->mount_point ? def->designator : def->label);
        else
                pawl_copy(v.device, v.node, sizeof(v.device));
        if (def->is_ext4)
                PAWL_TRY(classify(&v, d));
        b->volumes[b->n_volumes++] = v;
        return PAWL_OK;
}

static bool is_anything_missing(const pawl_boot *b, const pawl_place *places)
{
        for (size_t i = 0; i < b->definitions.n; i++)
                if (!places[i].exists)
                        return true;
        return false;
}

/* A broken copy stops the boot only where the table would have to be changed. */
static pawl_err find_places(pawl_boot *b, pawl_place *places, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        bool is_healed = false;
        pawl_err err;

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        err = pawl_copies_heal(b->disk, &b->definitions, &is_healed, d);
        if (is_healed)
                pawl_consoles_say(&b->consoles,
                        "%s: completed the partition table that a power cut left half written",
                        b->disk);
        if (err != PAWL_OK && err != PAWL_ERR_MISMATCH)
                return err;
        PAWL_TRY(pawl_gpt_read(b->disk, t, err == PAWL_OK ? d : NULL));
        PAWL_TRY(pawl_places_find(t, &b->definitions, places, err == PAWL_OK ? d : NULL));
        if (err == PAWL_OK || is_anything_missing(b, places))
                return err;
        pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(d));
        return PAWL_OK;
}

/* A partition that a healed table brought back is not known to the kernel yet. */
static pawl_err make_known(pawl_boot *b, const pawl_place *place, pawl_diag *d)
{
        char node[PAWL_NODE_SIZE];
        const pawl_partition p = {
                .number = place->number, .start = place->start, .size = place->size
        };

        PAWL_TRY(pawl_partition_node(b->disk, place->number, node, sizeof(node)));
        return access(node, F_OK) == 0 ? PAWL_OK : announce(b, &p, d);
}

pawl_err pawl_step_partitions(pawl_boot *b, pawl_diag *d)
{
        pawl_place places[PAWL_DEFINITIONS_MAX];

        PAWL_TRY(pawl_definitions_load(PAWL_INITRD_DEFINITIONS, &b->definitions, d));
        if (b->definitions.n == 0)
                return PAWL_OK;
        PAWL_TRY(check_disk(b, d));
        PAWL_TRY(find_places(b, places, d));
        for (size_t i = 0; i < b->definitions.n; i++) {
                const pawl_definition *def = &b->definitions.items[i];

                PAWL_TRY(places[i].exists ? make_known(b, &places[i], d)
                                          : make_one(b, def, &places[i], d));
                PAWL_TRY(add_volume(b, def, &places[i], d));
        }
        return PAWL_OK;
}

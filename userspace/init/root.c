/* SPDX-License-Identifier: BSD-2-Clause */
/* The root file system: the image that the command line names by its root hash, on the disk that
 * the firmware started from. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "userspace/disk/verity.h"
#include "userspace/host/efi-var.h"
#include "userspace/init/boot.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/mounts.h"
#include "userspace/init/wait.h"

#define DISKS_WAIT_S 30
#define ROOT_NAME    "root" /* /dev/mapper/root */

/* What to look for on a disk, and what came of it. */
typedef struct search {
        const char *uuids[4];
        pawl_err err;
        char disk[PAWL_NODE_SIZE];
        pawl_diag *d;
} search;

static pawl_err get_roothash(const pawl_boot *b, pawl_roothash *ret, pawl_diag *d)
{
        char hex[2 * PAWL_ROOTHASH_MAX + 2];
        pawl_err err = pawl_cmdline_get(
                pawl_buffer_span(&b->cmdline), "roothash", hex, sizeof(hex));

        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(d, err,
                        "roothash=: not on the kernel's command line, so there is no root; build "
                        "the UKI with it");
        if (err == PAWL_OK)
                err = pawl_roothash_parse(hex, ret);
        return err == PAWL_OK ? PAWL_OK
                              : pawl_fail(d, err, "roothash=: %s; it must be one hash in hex",
                                        pawl_err_text(err));
}

/* The partition that the loader came from, as it says itself. */
static bool get_loader_partition(char ret[static PAWL_UUID_TEXT_SIZE])
{
        pawl_autofree char *text = NULL;

        if (pawl_efi_var_text("LoaderDevicePartUUID", PAWL_EFI_LOADER_GUID, &text, NULL) !=
                        PAWL_OK ||
                strlen(text) != PAWL_UUID_TEXT_SIZE - 1)
                return false;
        pawl_copy(ret, text, PAWL_UUID_TEXT_SIZE);
        return true;
}

/* Ends the waiting also when two disks are found: that does not get better. */
static bool look(void *ctx)
{
        search *s = ctx;
        pawl_disks disks;

        s->err = pawl_disks_list(&disks, s->d);
        if (s->err == PAWL_OK)
                s->err = pawl_disks_find(&disks, s->uuids, s->disk, s->d);
        return s->err == PAWL_OK || s->err == PAWL_ERR_DUPLICATE;
}

static pawl_err find_disk(pawl_boot *b, search *s)
{
        if (pawl_wait_for(b->events, &b->consoles, "the disk with the root image", DISKS_WAIT_S,
                    look, s) != PAWL_OK)
                return pawl_fail_prefix(s->d, s->err,
                        "the root image is on no disk (it must be on the one that holds the boot "
                        "loader)");
        return s->err;
}

static pawl_err open_image(const char *disk, const pawl_roothash *hash, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        char data[PAWL_NODE_SIZE], tree[PAWL_NODE_SIZE];
        const pawl_partition *p, *q;

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_gpt_read(disk, t, d));
        p = pawl_gpt_find(t, hash->data_uuid);
        q = pawl_gpt_find(t, hash->hash_uuid);
        if (!p || !q)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: the root image vanished", disk);
        PAWL_TRY(pawl_partition_node(disk, p->number, data, sizeof(data)));
        PAWL_TRY(pawl_partition_node(disk, q->number, tree, sizeof(tree)));
        return pawl_verity_open(ROOT_NAME, data, tree, hash->bytes, hash->len, d);
}

static pawl_err mount_image(pawl_diag *d)
{
        if (mount("/dev/mapper/" ROOT_NAME, PAWL_SYSROOT, "erofs", MS_RDONLY, NULL) < 0)
                return pawl_fail_errno(d, errno,
                        "/dev/mapper/" ROOT_NAME
                        ": cannot mount it as erofs; does the image match its root hash?");
        return PAWL_OK;
}

/* Without the root image: what a factory reset needs. */
pawl_err pawl_boot_find_disk(pawl_boot *b, pawl_diag *d)
{
        search s = { .d = d };

        if (!get_loader_partition(b->loader_partition))
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the boot loader does not tell which partition it was started from "
                        "(LoaderDevicePartUUID), so which disk is this machine's is not certain");
        s.uuids[0] = b->loader_partition;
        PAWL_TRY(find_disk(b, &s));
        (void)snprintf(b->disk, sizeof(b->disk), "%s", s.disk);
        return PAWL_OK;
}

pawl_err pawl_step_root(pawl_boot *b, pawl_diag *d)
{
        pawl_roothash hash;
        search s = { .d = d };

        PAWL_TRY(get_roothash(b, &hash, d));
        s.uuids[0] = hash.data_uuid;
        s.uuids[1] = hash.hash_uuid;
        if (get_loader_partition(b->loader_partition))
                s.uuids[2] = b->loader_partition;
        PAWL_TRY(find_disk(b, &s));
        if (s.uuids[2])
                (void)snprintf(b->disk, sizeof(b->disk), "%s", s.disk);
        PAWL_TRY(open_image(s.disk, &hash, d));
        return mount_image(d);
}

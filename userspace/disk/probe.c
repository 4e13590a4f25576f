/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/probe.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>

#include "userspace/host/cleanup.h"

static void probe_free_p(blkid_probe *p)
{
        if (*p)
                blkid_free_probe(*p);
}

/* Superblocks of file systems, RAIDs and LUKS, and partition tables inside. Bad checksums count:
 * something was there. */
static pawl_err set_up(blkid_probe p, int fd, uint64_t start, uint64_t size)
{
        if (blkid_probe_set_device(p, fd, (blkid_loff_t)start, (blkid_loff_t)size) < 0 ||
                blkid_probe_enable_superblocks(p, 1) < 0 ||
                blkid_probe_set_superblocks_flags(
                        p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM) < 0 ||
                blkid_probe_enable_partitions(p, 1) < 0 ||
                blkid_probe_set_partitions_flags(p, BLKID_PARTS_MAGIC) < 0)
                return PAWL_ERR_IO;
        return PAWL_OK;
}

static const char *name_of(blkid_probe p)
{
        const char *text;

        if (blkid_probe_lookup_value(p, "TYPE", &text, NULL) == 0 ||
                blkid_probe_lookup_value(p, "PTTYPE", &text, NULL) == 0)
                return text;
        return "unknown";
}

pawl_err pawl_probe_signature(
        const char *device, uint64_t start, uint64_t size, char *ret, size_t ret_size, pawl_diag *d)
{
        pawl_cleanup(probe_free_p) blkid_probe p = blkid_new_probe();
        pawl_autoclose int fd = open(device, O_RDONLY | O_CLOEXEC);
        const char *name = "";
        int rc;

        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", device);
        if (!p || set_up(p, fd, start, size) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_IO, "%s: cannot be examined", device);
        rc = blkid_do_safeprobe(p);
        if (rc == -2)
                name = "ambiguous";
        else if (rc == 0)
                name = name_of(p);
        else if (rc != 1)
                return pawl_fail(d, PAWL_ERR_IO, "%s: cannot be examined", device);
        (void)snprintf(ret, ret_size, "%s", name);
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The disks of this machine. Their tables are read here: there is no udev in the initrd that would
 * have done it. */
#ifndef PAWL_DISK_SCAN_H
#define PAWL_DISK_SCAN_H

#include "userspace/disk/gpt.h"

#define PAWL_DISKS_MAX 64
#define PAWL_NODE_SIZE 64 /* bytes of a device's path, with NUL */

typedef struct pawl_disks {
        char nodes[PAWL_DISKS_MAX][PAWL_NODE_SIZE]; /* "/dev/vda", sorted */
        size_t n;
} pawl_disks;

/* Whole disks that hold a medium; no loop, RAM, mapper, CD or floppy devices. */
PAWL_MUST_CHECK pawl_err pawl_disks_list(pawl_disks *ret, pawl_diag *d);

/* The one disk whose table has all the partitions `uuids` (ended by NULL). NOT_FOUND; DUPLICATE if
 * two have them (a clone is plugged in: which one is meant is not for us to guess), and the diag
 * names both. Disks whose table cannot be read are passed over. */
PAWL_MUST_CHECK pawl_err pawl_disks_find(const pawl_disks *disks, const char *const *uuids,
        char ret[static PAWL_NODE_SIZE], pawl_diag *d);

#endif

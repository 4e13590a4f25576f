/* SPDX-License-Identifier: BSD-2-Clause */
/* The two copies of a GPT. libfdisk checks each for itself and takes the first good one; that both
 * say the same is what tells a whole table from one that something went over. UEFI 2.10, 5.3. */
#ifndef PAWL_DISK_COPIES_H
#define PAWL_DISK_COPIES_H

#include "userspace/disk/definition.h"

/* MISMATCH unless both copies are whole and say the same; names the disk and what to do. */
PAWL_MUST_CHECK pawl_err pawl_copies_check(const char *disk, pawl_diag *d);

/* The same, but repairs what a power cut leaves of our own writing: copies that differ in nothing
 * but one entry, which one of them lacks and which has type and label of one of `ours`. Nothing was
 * written to such a partition yet. Any other difference is MISMATCH and stays as it is. */
PAWL_MUST_CHECK pawl_err pawl_copies_heal(
        const char *disk, const pawl_definitions *ours, bool *ret_is_healed, pawl_diag *d);

#endif

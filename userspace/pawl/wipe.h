/* SPDX-License-Identifier: BSD-2-Clause */
/* What `pawl disk wipe` and `enroll --wipe-slot=` share. */
#ifndef PAWL_PAWL_WIPE_H
#define PAWL_PAWL_WIPE_H

#include "userspace/luks/wipe.h"
#include "userspace/pawl/disk.h"

void pawl_disk_ways(const pawl_disk *k, pawl_ways *ret);
/* Whether `list` can be read at all: before anything is written for it. */
PAWL_MUST_CHECK pawl_err pawl_wipe_check(pawl_disk *k, const char *list, pawl_diag *d);
/* Removes what `list` names, but never `new_slot`. */
PAWL_MUST_CHECK pawl_err pawl_wipe_old(pawl_disk *k, const char *list, int new_slot, pawl_diag *d);

#endif

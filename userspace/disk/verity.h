/* SPDX-License-Identifier: BSD-2-Clause */
/* Read-only images whose every block is checked against one root hash (dm-verity). */
#ifndef PAWL_DISK_VERITY_H
#define PAWL_DISK_VERITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/host/diag.h"

/* Makes /dev/mapper/NAME, read-only, from the data and the hash device. The superblock of the hash
 * device is foreign input; `root_hash` decides. A wrong hash fails here or at the first read. */
PAWL_MUST_CHECK pawl_err pawl_verity_open(const char *name, const char *data_device,
        const char *hash_device, const uint8_t *root_hash, size_t len, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_verity_close(const char *name, pawl_diag *d);

#endif

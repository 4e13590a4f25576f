/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on a device or in a part of one, through libblkid. */
#ifndef PAWL_DISK_PROBE_H
#define PAWL_DISK_PROBE_H

#include "userspace/disk/gpt.h"

/* The name of the signature found in `size` bytes (0: to the end) from `start` ("crypto_LUKS",
 * "ext4", a partition table's "gpt"); "" if there is none. Two that contradict each other count as
 * one, named "ambiguous". */
PAWL_MUST_CHECK pawl_err pawl_probe_signature(const char *device, uint64_t start, uint64_t size,
        char *ret, size_t ret_size, pawl_diag *d);

#endif

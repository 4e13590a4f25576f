/* SPDX-License-Identifier: BSD-2-Clause */
/* Destroying what stands in a part of a device, and reading back that it is gone. */
#ifndef PAWL_RESET_ERASE_H
#define PAWL_RESET_ERASE_H

#include <stdbool.h>
#include <stdint.h>

#include "userspace/host/diag.h"

typedef enum pawl_erased_how {
        PAWL_ERASED_OVERWRITTEN, /* with zeros: flash may keep an older copy somewhere */
        PAWL_ERASED_DISCARDED,   /* the device was told that nobody needs it, and overwritten where
                                    it did not read as zeros then */
        PAWL_ERASED_SECURELY,    /* the device says that no copy is left */
} pawl_erased_how;
/* "overwritten", "discarded", "discarded securely" */
const char *pawl_erased_how_text(pawl_erased_how how);

typedef struct pawl_erased {
        uint64_t size; /* bytes */
        pawl_erased_how how;
        bool is_gone; /* read back from the device, past all caches: nothing but zeros */
} pawl_erased;

typedef void pawl_erase_progress(void *ctx, unsigned percent);

/* Overwrites `size` bytes from `start`, flushes, reads back. Bytes must be multiples of 4096, or go
 * to the end. `progress` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_erase_overwrite(const char *device, uint64_t start, uint64_t size,
        pawl_erase_progress *progress, void *ctx, pawl_erased *ret, pawl_diag *d);
/* The whole device: by discarding where it can, else as above. */
PAWL_MUST_CHECK pawl_err pawl_erase_all(const char *device, pawl_erase_progress *progress,
        void *ctx, pawl_erased *ret, pawl_diag *d);
/* Bytes of a device or file. */
PAWL_MUST_CHECK pawl_err pawl_erase_size(const char *device, uint64_t *ret, pawl_diag *d);

#endif

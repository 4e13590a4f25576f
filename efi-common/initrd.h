/* SPDX-License-Identifier: BSD-2-Clause */
/* An initrd of several parts that is never put together anywhere but in the kernel's own buffer.
 * Linux reads a sequence of archives, each beginning at a multiple of four bytes (Linux:
 * Documentation/driver-api/early-userspace/buffer-format.rst). */
#ifndef PAWL_EFI_COMMON_INITRD_H
#define PAWL_EFI_COMMON_INITRD_H

#include "core/span.h"

/* Bytes of all parts with their padding; LIMIT if a size_t cannot say it. */
PAWL_MUST_CHECK pawl_err pawl_initrd_total(const pawl_span *parts, size_t n_parts, size_t *ret);
/* Writes them all. NO_SPACE. */
PAWL_MUST_CHECK pawl_err pawl_initrd_write(pawl_writer *w, const pawl_span *parts, size_t n_parts);

#endif

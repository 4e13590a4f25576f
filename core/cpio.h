/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes cpio archives in the "newc" format (Linux:
 * Documentation/driver-api/early-userspace/buffer-format.rst). The bytes depend on nothing but the
 * input: no times, no device numbers, inode numbers counted from 1. */
#ifndef PAWL_CORE_CPIO_H
#define PAWL_CORE_CPIO_H

#include "core/span.h"

#define PAWL_CPIO_NAME_MAX 4096

typedef struct pawl_cpio {
        pawl_writer w;
        uint32_t next_ino;
} pawl_cpio;

/* The most that one entry adds to an archive, and what the end adds. */
size_t pawl_cpio_entry_size(size_t name_len, size_t content_len);
#define PAWL_CPIO_END_SIZE                                                                         \
        512 /* an upper bound: trailer and padding to 4 bytes, or to 512 where asked */

void pawl_cpio_start(pawl_cpio *c, void *buf, size_t size);
/* `mode` with type bits (0100644 a file, 0040755 a directory, 0120777 a link, 0020600 a device).
 * `path` without leading '/'. */
PAWL_MUST_CHECK pawl_err pawl_cpio_add(pawl_cpio *c, const char *path, uint32_t mode,
        uint32_t rdev_major, uint32_t rdev_minor, pawl_span content);
/* Writes the trailer and pads to 4 bytes. The archive is pawl_written(&c->w). */
PAWL_MUST_CHECK pawl_err pawl_cpio_end(pawl_cpio *c);

#endif

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

/* The most that one entry adds to an archive (exactly that, if it is accepted), and what the end
 * adds. A name over the limit gives SIZE_MAX. */
size_t pawl_cpio_entry_size(size_t name_len, size_t content_len);
#define PAWL_CPIO_END_SIZE 124 /* bytes */

void pawl_cpio_start(pawl_cpio *c, void *buf, size_t size);
/* `mode` with type bits (0100644 a file, 0040755 a directory, 0120777 a link, 0020600 a device).
 * `path` without leading '/': FORMAT if it has one, is empty or is the trailer's name; LIMIT for a
 * name over PAWL_CPIO_NAME_MAX or a content of 4 GiB; NO_SPACE. A call that fails writes nothing.
 */
PAWL_MUST_CHECK pawl_err pawl_cpio_add(pawl_cpio *c, const char *path, uint32_t mode,
        uint32_t rdev_major, uint32_t rdev_minor, pawl_span content);
/* Writes the trailer; the length is a multiple of 4. The archive is pawl_written(&c->w). */
PAWL_MUST_CHECK pawl_err pawl_cpio_end(pawl_cpio *c);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: read whole with a limit, mapped read-only, or replaced so that a crash leaves the old or
 * the new content. */
#ifndef PAWL_HOST_FILE_H
#define PAWL_HOST_FILE_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

/* Reads a whole file ("-": stdin); LIMIT if it is larger than `limit` bytes. Works on /proc and
 * /sys, where sizes lie. */
PAWL_MUST_CHECK pawl_err pawl_file_read(
        const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_file_read_at(
        int dir_fd, const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d);
/* For a folder that an attacker may have written: follows no symbolic link, leaves neither the
 * folder nor its file system, and takes only a regular file, so that nothing blocks or is read
 * elsewhere. */
PAWL_MUST_CHECK pawl_err pawl_file_read_beneath(
        int dir_fd, const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d);
/* Like pawl_file_read for a secret. One line feed at the end is taken off if `strip_newline`. */
PAWL_MUST_CHECK pawl_err pawl_file_read_secret(
        const char *path, size_t limit, bool strip_newline, pawl_secret *ret, pawl_diag *d);

/* Writes a temporary file beside `path`, flushes it and renames it over ("-": writes to stdout).
 * Nothing is left on failure. */
PAWL_MUST_CHECK pawl_err pawl_file_write(
        const char *path, pawl_span content, unsigned mode, pawl_diag *d);
/* The same for a file that must not be there yet, "-" included; EXISTS if it is, and it stays. */
PAWL_MUST_CHECK pawl_err pawl_file_write_new(
        const char *path, pawl_span content, unsigned mode, pawl_diag *d);

typedef struct pawl_map {
        void *p; /* NULL for an empty file */
        size_t len;
} pawl_map;

/* Maps a regular file read-only. LIMIT over `limit`. A file that somebody else shortens meanwhile
 * raises SIGBUS: not for files that an attacker may change while we run. */
PAWL_MUST_CHECK pawl_err pawl_map_file(const char *path, size_t limit, pawl_map *ret, pawl_diag *d);
void pawl_map_done(pawl_map *m);
#define pawl_automap pawl_cleanup(pawl_map_done)

static inline pawl_span pawl_map_span(const pawl_map *m)
{
        return pawl_span_of(m->p, m->len);
}

/* Writes all bytes to a descriptor. */
PAWL_MUST_CHECK pawl_err pawl_fd_write_all(int fd, pawl_span s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps what an image is put together from, mapped files and made-up bytes, until it is written. */
#ifndef PAWL_UKI_SOURCES_H
#define PAWL_UKI_SOURCES_H

#include "userspace/host/file.h"

#define PAWL_SOURCES_MAX     256
#define PAWL_SOURCE_SIZE_MAX (2u << 30) /* bytes of one file: 2 GiB */

typedef struct pawl_sources {
        pawl_map maps[PAWL_SOURCES_MAX];
        pawl_buffer buffers[PAWL_SOURCES_MAX];
        size_t n_maps, n_buffers;
} pawl_sources;

/* Each gives a view that is good until pawl_sources_done. */
PAWL_MUST_CHECK pawl_err pawl_sources_file(
        pawl_sources *s, const char *path, pawl_span *ret, pawl_diag *d);
/* "TEXT" or "@FILE". */
PAWL_MUST_CHECK pawl_err pawl_sources_text(
        pawl_sources *s, const char *text_or_file, pawl_span *ret, pawl_diag *d);
/* Takes the buffer over, also if it fails. */
PAWL_MUST_CHECK pawl_err pawl_sources_keep(pawl_sources *s, pawl_buffer *b, pawl_span *ret);
/* Files one after the other, each padded with zeros to a multiple of 4 bytes (one file alone is
 * left as it is): how several initrds become one. */
PAWL_MUST_CHECK pawl_err pawl_sources_join(
        pawl_sources *s, const char *const *paths, size_t n_paths, pawl_span *ret, pawl_diag *d);
void pawl_sources_done(pawl_sources *s);
#define pawl_autosources pawl_cleanup(pawl_sources_done)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The `.sbat` section: CSV lines by which shim revokes components. Its first line names the format
 * itself and stands once. Specification: SBAT.md of shim. */
#ifndef PAWL_UKI_SBAT_H
#define PAWL_UKI_SBAT_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_SBAT_DEFAULT                                                                          \
        "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"            \
        "uki,1,UKI,uki,1,https://uapi-group.org/specifications/specs/unified_kernel_image/\n"

/* Joins the lines of several texts under one first line, in order; a line that stands twice is kept
 * once. NULs at the end of a text are dropped; a text that does not start with "sbat," is left out
 * (as ukify does) and counted in `ret_n_skipped`. */
PAWL_MUST_CHECK pawl_err pawl_sbat_merge(
        const pawl_span *texts, size_t n_texts, pawl_buffer *ret, size_t *ret_n_skipped);

#endif

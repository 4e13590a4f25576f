/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of version strings. UAPI.10 Version Format Specification. */
#ifndef PAWL_CORE_VERSION_H
#define PAWL_CORE_VERSION_H

#include "core/span.h"

/* Negative, 0 or positive if `a` is older than, as new as, or newer than `b`. */
int pawl_version_compare(pawl_span a, pawl_span b);

#endif

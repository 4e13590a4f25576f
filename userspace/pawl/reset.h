/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs of `pawl reset` share. */
#ifndef PAWL_PAWL_RESET_H
#define PAWL_PAWL_RESET_H

#include "userspace/reset/journal.h"

/* Which OS this is: what the running image says of itself, else the root's os-release. */
PAWL_MUST_CHECK pawl_err pawl_reset_own_os(const char *path, pawl_reset_os *ret, pawl_diag *d);

#endif

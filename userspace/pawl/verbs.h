/* SPDX-License-Identifier: BSD-2-Clause */
/* All verbs, in the order of the help. */
#ifndef PAWL_PAWL_VERBS_H
#define PAWL_PAWL_VERBS_H

#include "userspace/pawl/verb.h"

extern const pawl_verb pawl_verb_initrd_build;

extern const pawl_verb *const pawl_verbs[]; /* ends with NULL */

#endif

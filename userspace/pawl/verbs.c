/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/verbs.h"

#include <stddef.h>

/* One declaration and one row a verb. */

const pawl_verb *const pawl_verbs[] = {
        &pawl_verb_initrd_build,
        NULL,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/state.h"

#include <stdlib.h>

const char *pawl_state_folder(void)
{
        const char *env = secure_getenv("PAWL_STATE");

        return env ? env : "/var/lib/pawl";
}

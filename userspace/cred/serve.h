/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing opened credentials to a program. */
#ifndef PAWL_CRED_SERVE_H
#define PAWL_CRED_SERVE_H

#include <sys/types.h>

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

/* The machine's folder of opened credentials: in memory, for root only. Made and mounted where it
 * is not. */
PAWL_MUST_CHECK pawl_err pawl_cred_serve_setup(const char *path, pawl_diag *d);

typedef struct pawl_cred_served {
        const char *name;
        pawl_span secret; /* borrowed */
} pawl_cred_served;

/* Gives the calling process a mount namespace of its own with a folder that only it and its
 * children see: a read-only file of mode 0400 for each credential, owned by that user. It goes away
 * with the last of these processes. `*ret_path` is static. DENIED without privileges. */
PAWL_MUST_CHECK pawl_err pawl_cred_serve_private(const pawl_cred_served *list, size_t n, uid_t uid,
        gid_t gid, const char **ret_path, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* For which user of which machine a credential is: mixed into its key, as systemd does it, so that
 * the one who opens it has to say the same. */
#ifndef PAWL_CRED_SCOPE_H
#define PAWL_CRED_SCOPE_H

#include <sys/types.h>

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_MACHINE_ID_SIZE 16
#define PAWL_CRED_SCOPE_ALL  7u /* flags of the header: user id, machine id, user name */

typedef struct pawl_cred_scope {
        uid_t uid;
        char user[256];
        uint8_t machine_id[PAWL_MACHINE_ID_SIZE];
} pawl_cred_scope;

/* `user`: a name, a number, or "self". NOT_FOUND if there is none of that name, or no machine id.
 */
PAWL_MUST_CHECK pawl_err pawl_cred_scope_of(const char *user, pawl_cred_scope *ret, pawl_diag *d);
/* HMAC-SHA256 with `key` over flags, user id, machine id and user name. */
PAWL_MUST_CHECK pawl_err pawl_cred_scope_bind(
        const pawl_cred_scope *s, pawl_span key, pawl_secret *ret);

/* /etc/machine-id (machine-id(5)); NOT_FOUND where it is missing or not set up. */
PAWL_MUST_CHECK pawl_err pawl_machine_id(uint8_t ret[static PAWL_MACHINE_ID_SIZE], pawl_diag *d);
/* What is derived of it for one use, so that the id itself stays on the machine:
 * HMAC-SHA256(id, application), as an UUID of version 4. */
PAWL_MUST_CHECK pawl_err pawl_machine_id_for(const uint8_t application[static PAWL_MACHINE_ID_SIZE],
        uint8_t ret[static PAWL_MACHINE_ID_SIZE], pawl_diag *d);

#endif

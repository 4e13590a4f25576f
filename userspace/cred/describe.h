/* SPDX-License-Identifier: BSD-2-Clause */
/* A credential in words: what it needs to open, and who else could open it. */
#ifndef PAWL_CRED_DESCRIBE_H
#define PAWL_CRED_DESCRIBE_H

#include "userspace/cred/envelope.h"

/* "this machine's key file; this TPM, PCR 7 as at sealing". `store`: the folder of the key pairs,
 * to say what the one that is needed demands. */
PAWL_MUST_CHECK pawl_err pawl_cred_describe(
        const pawl_cred_envelope *e, const char *store, char **ret);
/* Why it is weak, as one sentence of static text; NULL if it is not. */
const char *pawl_cred_weakness(const pawl_cred_envelope *e);

#endif

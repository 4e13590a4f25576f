/* SPDX-License-Identifier: BSD-2-Clause */
/* The evidence of an enrolment in a token: {"pawl": {"evidence": BASE64}}, beside systemd's fields,
 * which leave it alone. */
#ifndef PAWL_LUKS_TOKEN_EVIDENCE_H
#define PAWL_LUKS_TOKEN_EVIDENCE_H

#include "userspace/log/evidence.h"
#include "userspace/luks/token.h"

/* As pawl_token's `extra`. */
PAWL_MUST_CHECK pawl_err pawl_token_evidence_format(pawl_span evidence, char **ret);
/* The same for a token that was made for a boot to come: {"pawl": {…, "announced": true}}.
 * `evidence` may be empty. */
PAWL_MUST_CHECK pawl_err pawl_token_announced_format(pawl_span evidence, char **ret);
/* As the token says: good for tidying up, for nothing else. */
bool pawl_token_is_announced(const pawl_token *t);
/* `ret` borrows `ret_bytes`. NOT_FOUND for a token without; FORMAT, LIMIT, UNSUPPORTED. */
PAWL_MUST_CHECK pawl_err pawl_token_evidence(
        const pawl_token *t, pawl_buffer *ret_bytes, pawl_evidence *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TPM gives for a number of credentials, asked for in one conversation: objects under one
 * parent share a session, credentials of one store key share one unsealing. */
#ifndef PAWL_CRED_TPM_PART_H
#define PAWL_CRED_TPM_PART_H

#include "userspace/cred/open.h"
#include "userspace/cred/store-key.h"

typedef struct pawl_tpm_part pawl_tpm_part;
typedef struct pawl_tpm_parts {
        pawl_tpm_part *parts; /* in the order in which they were wanted */
        size_t n, capacity;
} pawl_tpm_parts;
void pawl_tpm_parts_done(pawl_tpm_parts *p);
#define pawl_autotpmparts pawl_cleanup(pawl_tpm_parts_done)

/* Notes what `e` needs, if anything. `e` is borrowed and must stay where it is. What makes it
 * impossible is told by pawl_tpm_parts_get; returned is NO_MEMORY only. `store`: folder of the
 * key pairs. */
PAWL_MUST_CHECK pawl_err pawl_tpm_parts_want(
        pawl_tpm_parts *p, const char *store, const pawl_cred_envelope *e, pawl_diag *d);
/* Asks for all of them. */
void pawl_tpm_parts_unseal(
        pawl_tpm_parts *p, const pawl_cred_open_options *o, pawl_cred_open_cost *ret_cost);
/* What came for `e`; empty if it needs nothing. */
PAWL_MUST_CHECK pawl_err pawl_tpm_parts_get(
        const pawl_tpm_parts *p, const pawl_cred_envelope *e, pawl_span *ret, pawl_diag *d);

/* The policy of a credential in systemd's format. The values of its literal PCRs are not in there.
 */
pawl_seal_policy pawl_cred_policy(const pawl_cred_envelope *e);

#endif

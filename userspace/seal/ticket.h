/* SPDX-License-Identifier: BSD-2-Clause */
/* The TPM's word that a key signed a policy digest: what TPM2_PolicyAuthorize wants. */
#ifndef PAWL_SEAL_TICKET_H
#define PAWL_SEAL_TICKET_H

#include <tss2/tss2_tpm2_types.h>

#include "userspace/seal/policy-key.h"
#include "userspace/seal/seal.h"

typedef struct pawl_ticket {
        bool is_valid;
        bool is_kept; /* from an earlier conversation: the TPM may have been cleared since */
        uint8_t key_name[PAWL_NAME_SIZE];
        pawl_policy_digest pol;
        char ref[PAWL_POLICY_REF_MAX];
        TPMT_TK_VERIFIED verified;
} pawl_ticket;

/* Whether `ticket` is one for this key and signature row. */
bool pawl_ticket_fits(
        const pawl_ticket *ticket, const pawl_policy_key *key, const pawl_pcr_signature *row);
/* LoadExternal, VerifySignature, FlushContext. CRYPTO if the signature is wrong. */
PAWL_MUST_CHECK pawl_err pawl_ticket_get(pawl_tpm *t, const pawl_policy_key *key,
        const pawl_pcr_signature *row, pawl_ticket *ret, pawl_diag *d);

/* Bytes to keep: name of the key, policy digest, length and text of the reference,
 * TPMT_TK_VERIFIED.
 */
PAWL_MUST_CHECK pawl_err pawl_ticket_write(const pawl_ticket *ticket, pawl_buffer *ret);
PAWL_MUST_CHECK pawl_err pawl_ticket_read(pawl_span bytes, pawl_ticket *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a TPM refused: asked only after a refusal, with reads that success does not pay for. */
#ifndef PAWL_SEAL_EXPLAIN_H
#define PAWL_SEAL_EXPLAIN_H

#include "userspace/seal/policy-key.h"
#include "userspace/seal/seal.h"

/* Tells which PCR differs, or which signature is missing, and returns TPM_POLICY (or TIMEOUT where
 * the TPM died meanwhile). `key` is needed if something is signed. */
PAWL_MUST_CHECK pawl_err pawl_seal_explain(pawl_tpm *t, const pawl_seal_policy *p,
        const pawl_policy_key *key, pawl_span signature_json, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Clearing the TPM without a person: by a policy that only a factory reset of a signed image
 * satisfies. PolicyAuthorize(the image's key, reference factory-reset) over PCR 11, PolicyPCR of
 * PCR 7, PolicyCommandCode(TPM2_Clear). Set once by `pawl tpm setup`. */
#ifndef PAWL_SEAL_CLEAR_H
#define PAWL_SEAL_CLEAR_H

#include "userspace/seal/seal.h"

/* The digest to set. `secure_boot`: PCR 7 as it is, the only one of `mask`. */
PAWL_MUST_CHECK pawl_err pawl_clear_policy_digest(pawl_span public_key_pem,
        const pawl_pcr_set *secure_boot, pawl_policy_digest *ret, pawl_diag *d);

/* Clears by that policy, in the boot that measured factory-reset. `bank` and `signature_json` as
 * with pawl_seal_policy. TPM_POLICY if the TPM does not accept it: another policy was set, or none.
 */
PAWL_MUST_CHECK pawl_err pawl_clear_by_policy(pawl_tpm *t, pawl_span public_key_pem,
        pawl_span signature_json, pawl_alg bank, pawl_diag *d);

#endif

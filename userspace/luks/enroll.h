/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways into a volume: enrolling a TPM or a recovery key, and opening by a token. What `pawl disk`
 * and pawl-init share. */
#ifndef PAWL_LUKS_ENROLL_H
#define PAWL_LUKS_ENROLL_H

#include "userspace/luks/volume.h"
#include "userspace/seal/profile.h"

/* Seals a new secret under `policy` and adds keyslot and token, in an order in which a crash leaves
 * the volume with all the ways in that it had. With `prove_json` (the image's signatures) the
 * object is unsealed once before the slot is written. */
PAWL_MUST_CHECK pawl_err pawl_enroll_tpm2(pawl_volume *v, pawl_tpm *t, const pawl_tpm_srk *srk,
        const pawl_seal_policy *policy, pawl_span prove_json, int *ret_token, pawl_diag *d);

/* Makes a recovery key (userspace/token/recovery-key.h), adds its slot, flushes the header, and
 * only then returns the text. */
PAWL_MUST_CHECK pawl_err pawl_enroll_recovery_key(
        pawl_volume *v, pawl_secret *ret_text, pawl_diag *d);

/* Unlocks `v` by a TPM2 token of any strength (`pawl disk test|open`, a person asked for it). */
PAWL_MUST_CHECK pawl_err pawl_open_tpm2(pawl_volume *v, const pawl_token *token, pawl_tpm *t,
        pawl_span signature_json, pawl_span pin, pawl_diag *d);

/* Unlocks `v` by itself: only by a token whose blob has exactly the policy digest that is computed
 * here from `demanded`, which comes from the measured initrd. A weaker token is REFUSED. */
PAWL_MUST_CHECK pawl_err pawl_open_tpm2_demanded(pawl_volume *v, const pawl_token *token,
        pawl_tpm *t, const pawl_seal_policy *demanded, pawl_span signature_json, pawl_diag *d);

#endif

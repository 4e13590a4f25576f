/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways into a volume: enrolling a TPM or a recovery key, and opening by a token or by what a person
 * typed. What `pawl disk` and pawl-init share. */
#ifndef PAWL_LUKS_ENROLL_H
#define PAWL_LUKS_ENROLL_H

#include "userspace/luks/volume.h"
#include "userspace/seal/profile.h"
#include "userspace/token/pin.h"

/* --- enrolling: `v` is unlocked --- */

/* A sealed object that is not in a header yet. The volumes of one boot are a set that one secret
 * opens: the same object goes into each header (pawl_enroll_sealed on each volume). */
typedef struct pawl_sealed {
        pawl_token_tpm2 token;
        pawl_secret passphrase; /* what its keyslots are opened with */
        char *extra;            /* more fields of the token, as pawl_token's */
} pawl_sealed;
void pawl_sealed_done(pawl_sealed *s);
#define pawl_autosealed pawl_cleanup(pawl_sealed_done)

/* Keeps what the log said at the time in the token (userspace/luks/token-evidence.h). */
PAWL_MUST_CHECK pawl_err pawl_sealed_keep_evidence(pawl_sealed *s, pawl_span evidence);

/* The PIN of a new token, for a policy with `has_pin`. */
typedef struct pawl_new_pin {
        pawl_span pin;
        pawl_pin_cost
                cost;     /* of Argon2id; memory 0: "direct", the TPM's lock-out alone guards it */
        bool is_unsalted; /* direct, as systemd 251 and 252 know it */
} pawl_new_pin;

/* REFUSED where the TPM has no lockout authorisation: anyone who starts another system could reset
 * the counter of wrong PINs. pawl_seal_new asks it too. One command. */
PAWL_MUST_CHECK pawl_err pawl_enroll_check_lockout(pawl_tpm *t, pawl_diag *d);

/* Seals a new random secret under `policy` to the TPM of `srk` (a transient one is not written into
 * the token: readers make it anew); `pin` may be NULL without one. With
 * `is_proven` the object is unsealed once, in the state that the machine is in now; `json`: the
 * image's signatures. */
PAWL_MUST_CHECK pawl_err pawl_seal_new(pawl_tpm *t, const pawl_tpm_srk *srk,
        const pawl_seal_policy *policy, const pawl_new_pin *pin, bool is_proven, pawl_span json,
        pawl_sealed *ret, pawl_diag *d);
/* The same without a TPM, for the machine whose storage root key has that public part
 * (pawl_seal_elsewhere): nothing is tried. */
PAWL_MUST_CHECK pawl_err pawl_seal_new_elsewhere(
        pawl_span srk_public, const pawl_seal_policy *policy, pawl_sealed *ret, pawl_diag *d);
/* Adds keyslot, then token, then flushes: a crash leaves all the ways in that there were (and at
 * most one keyslot that nothing opens). On failure what was added is taken back. */
PAWL_MUST_CHECK pawl_err pawl_enroll_sealed(
        pawl_volume *v, const pawl_sealed *s, int *ret_token, pawl_diag *d);
/* Makes a recovery key (userspace/token/recovery-key.h), adds its slot, flushes the header, and
 * only then returns the text. */
PAWL_MUST_CHECK pawl_err pawl_enroll_recovery_key(
        pawl_volume *v, pawl_secret *ret_text, int *ret_token, pawl_diag *d);
/* Takes a new way in back: token and its keyslots go, and the header is flushed. */
PAWL_MUST_CHECK pawl_err pawl_enroll_take_back(pawl_volume *v, int token, pawl_diag *d);
/* As pawl_enroll_sealed, for a secret of a PKCS#11 token. */
PAWL_MUST_CHECK pawl_err pawl_enroll_pkcs11(
        pawl_volume *v, const pawl_pkcs11_made *made, int *ret_token, pawl_diag *d);
/* As pawl_enroll_sealed, for a secret of a FIDO2 token. */
PAWL_MUST_CHECK pawl_err pawl_enroll_fido2(
        pawl_volume *v, const pawl_fido2_made *made, int *ret_token, pawl_diag *d);
/* Adds a keyslot for what a person types; it has no token. */
PAWL_MUST_CHECK pawl_err pawl_enroll_passphrase(
        pawl_volume *v, pawl_span passphrase, int *ret_keyslot, pawl_diag *d);

/* --- opening --- */

/* What a token says that it demands: borrowed from `t`. Good for a person who asks, never for
 * opening by itself. A token does not hold the values of its literal PCRs. */
void pawl_token_policy(const pawl_token_tpm2 *t, pawl_seal_policy *ret);

/* The passphrase of a TPM2 token's keyslots. `policy`: as demanded by the caller, or
 * pawl_token_policy's. `pin`: as typed, len 0 without; KEY if the token wants one and none is given
 * (checked before the TPM is asked: no try is lost). Errors as pawl_unseal. One passphrase opens
 * all volumes whose tokens hold the same object. */
PAWL_MUST_CHECK pawl_err pawl_token_unseal(const pawl_token *token, pawl_tpm *t,
        const pawl_seal_policy *policy, pawl_span signature_json, pawl_span pin,
        pawl_secret *ret_passphrase, pawl_diag *d);
/* Opens `v` by the keyslots that `token` names, and no other. KEY if none of them opens. */
PAWL_MUST_CHECK pawl_err pawl_open_token_keyslots(
        pawl_volume *v, const pawl_token *token, pawl_span passphrase, pawl_diag *d);

/* Unlocks `v` by a TPM2 token of any strength (`pawl disk test|open`, a person asked for it). */
PAWL_MUST_CHECK pawl_err pawl_open_tpm2(pawl_volume *v, const pawl_token *token, pawl_tpm *t,
        pawl_span signature_json, pawl_span pin, pawl_diag *d);
/* Unlocks `v` by itself: only by a token whose object has exactly the policy digest that is
 * computed here from `demanded`, which comes from the measured initrd. Any other token is REFUSED.
 */
PAWL_MUST_CHECK pawl_err pawl_open_tpm2_demanded(pawl_volume *v, const pawl_token *token,
        pawl_tpm *t, const pawl_seal_policy *demanded, pawl_span signature_json, pawl_diag *d);
/* MISMATCH unless the token's object has exactly the policy `demanded`. No TPM is asked. */
PAWL_MUST_CHECK pawl_err pawl_token_check(
        const pawl_token *token, const pawl_seal_policy *demanded, pawl_diag *d);

typedef enum pawl_way_in {
        PAWL_WAY_RECOVERY,   /* by a slot of a systemd-recovery token */
        PAWL_WAY_PASSPHRASE, /* by another slot */
} pawl_way_in;
/* Opens `v` by what a person typed (or a key file holds): in the shape of a recovery key the
 * recovery slots are tried first, else those that belong to no token; then all others. No TPM is
 * involved and no try is lost. KEY. `ret_way` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_open_typed(
        pawl_volume *v, pawl_span typed, pawl_way_in *ret_way, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Secrets sealed to a TPM under a policy, in systemd's construction: PolicyAuthorize(public key,
 * reference) over PolicyPCR of the signed PCRs first, then PolicyPCR of the literal ones, then
 * PolicyAuthValue for a PIN. A keyedhash object under the SRK, noDA unless there is a PIN. */
#ifndef PAWL_SEAL_SEAL_H
#define PAWL_SEAL_SEAL_H

#include "userspace/tpm/tpm.h"

#define PAWL_SEAL_SECRET_SIZE   32 /* bytes */
#define PAWL_SIGNATURE_JSON_MAX (1u << 20)

/* What a sealed object demands. Spans are borrowed. */
typedef struct pawl_seal_policy {
        pawl_span public_key_pem; /* len 0: nothing is signed */
        uint32_t signed_mask;     /* PCRs whose value the key signs: bit 11 */
        const char *ref;          /* policy reference; NULL or "" for none */
        pawl_pcr_set literal;     /* mask 0: none */
        pawl_alg bank; /* of the signed PCRs, and equal to literal.bank if both are used */
        bool has_pin;
        /* Only the mask of `literal` is known, as a foreign token tells it: what the PCRs hold now
         * is tried. Such a policy cannot be sealed to, and a failure cannot name the PCR. */
        bool is_literal_unknown;
} pawl_seal_policy;

/* The policy digest that a TPM will have after satisfying `p`; computed without a TPM. */
PAWL_MUST_CHECK pawl_err pawl_seal_policy_digest(
        const pawl_seal_policy *p, pawl_policy_digest *ret, pawl_diag *d);

/* Seals `secret` (1 to 128 bytes). `auth`: the object's authValue, len 0 without PIN. `ret_blob`:
 * TPM2B_PRIVATE || TPM2B_PUBLIC, what `tpm2-blob` holds. At most 4 commands. */
PAWL_MUST_CHECK pawl_err pawl_seal(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_policy *p,
        pawl_span secret, pawl_span auth, pawl_buffer *ret_blob, pawl_policy_digest *ret_policy,
        pawl_diag *d);

/* The same without a TPM, for the one whose storage root key has that public part (TPM2B_PUBLIC):
 * it imports the object at each use. UNSUPPORTED for an RSA key, and with a PIN. */
PAWL_MUST_CHECK pawl_err pawl_seal_elsewhere(pawl_span srk_public, const pawl_seal_policy *p,
        pawl_span secret, pawl_buffer *ret_blob, pawl_policy_digest *ret_policy, pawl_diag *d);

/* The signature that fits: a row of `.pcrsig` JSON for the bank, mask, key and reference, whose
 * `pol` equals the policy digest of the PCR value. Without PCR value (`pol` NULL) the caller tries
 * all rows in turn. */
typedef struct pawl_pcr_signature {
        pawl_policy_digest pol;
        char ref[PAWL_POLICY_REF_MAX];
        pawl_buffer sig;
} pawl_pcr_signature;
void pawl_pcr_signatures_free(pawl_pcr_signature *s, size_t n);
/* All rows of `json` that match key, reference, bank and mask, in their order: none is no error.
 * FORMAT for a row of the bank that is not what it should be, LIMIT over 64 matching rows. */
PAWL_MUST_CHECK pawl_err pawl_pcr_signatures_find(pawl_span json, const pawl_seal_policy *p,
        pawl_pcr_signature **ret, size_t *ret_n, pawl_diag *d);

/* Whether one of those rows is for the values of the signed PCRs in `pcrs`; how many match at all.
 */
PAWL_MUST_CHECK pawl_err pawl_pcr_signatures_fit(pawl_span json, const pawl_seal_policy *p,
        const pawl_pcr_set *pcrs, size_t *ret_n, bool *ret_fits, pawl_diag *d);

/* Unseals. `signature_json` is needed when something is signed. `auth` as at sealing. Errors:
 * TPM_POLICY (a PCR differs, or no signature fits: the diag says which), TPM_OTHER (sealed by
 * another TPM), NOT_FOUND (no storage root key: the TPM was cleared), TPM_LOCKOUT, KEY (wrong PIN),
 * BUSY (PCRs keep changing), MISMATCH (the object has another policy), TPM_UNTRUSTED. Loads before
 * it starts the session, so that these are told apart. Literal at most 5 commands (+1 PIN), signed
 * and literal at most 10, if the first row that matches key and reference is the one that fits;
 * what is read to explain a failure comes on top. */
PAWL_MUST_CHECK pawl_err pawl_unseal(pawl_tpm *t, const pawl_tpm_srk *srk,
        const pawl_seal_policy *p, pawl_span blob, pawl_span signature_json, pawl_span auth,
        pawl_secret *ret, pawl_diag *d);

/* Several unseals as one conversation: the session and the public key's ticket are kept, so that
 * each further one costs at most 6 commands with a signed and a literal part, 5 signed, 4 literal.
 * `t`, `srk` and `signature_json` are borrowed until it is freed. */
typedef struct pawl_unsealer pawl_unsealer;
PAWL_MUST_CHECK pawl_err pawl_unsealer_new(pawl_tpm *t, const pawl_tpm_srk *srk,
        pawl_span signature_json, pawl_unsealer **ret, pawl_diag *d);
/* As pawl_unseal. `is_last` ends the session with the same command; otherwise freeing costs one
 * more. */
PAWL_MUST_CHECK pawl_err pawl_unsealer_next(pawl_unsealer *u, const pawl_seal_policy *p,
        pawl_span blob, pawl_span auth, bool is_last, pawl_secret *ret, pawl_diag *d);
/* The policy digest that the signed PCRs, as they are now, probably have (from a log that need not
 * be true): the row of the signatures that is tried first. A wrong guess costs commands, nothing
 * else.
 */
void pawl_unsealer_guess(pawl_unsealer *u, const pawl_policy_digest *pol);
/* The TPM's word that the key signed: kept from one boot to the next it saves three commands (7
 * instead of 10 with a signed and a literal part). It may be stored anywhere: the TPM that made it
 * checks it again, and one that is damaged, of another TPM or for another value is ignored. */
void pawl_unsealer_give_ticket(pawl_unsealer *u, pawl_span ticket);
/* After an unseal with something signed; else NOT_FOUND. */
PAWL_MUST_CHECK pawl_err pawl_unsealer_take_ticket(
        const pawl_unsealer *u, pawl_buffer *ret, pawl_diag *d);
void pawl_unsealer_free_p(pawl_unsealer **u);
#define pawl_autounsealer pawl_cleanup(pawl_unsealer_free_p)

/* Whether the policy digest inside the blob's public area equals the one of `p`: what a reader that
 * trusts only the profile asks before it uses a token. MISMATCH, FORMAT. No TPM needed. */
PAWL_MUST_CHECK pawl_err pawl_seal_blob_check(
        pawl_span blob, const pawl_policy_digest *policy, pawl_diag *d);

#endif

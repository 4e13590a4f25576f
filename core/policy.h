/* SPDX-License-Identifier: BSD-2-Clause */
/* TPM2 policy digests computed without a TPM, for sealing, predicting and checking what a token
 * demands. All digests are SHA-256. TPM 2.0 Library Part 3: 23.7 PolicyPCR, 23.16
 * PolicyAuthorize, 23.18 PolicyAuthValue, 23.11 PolicyCommandCode, 23.10 PolicyCounterTimer. */
#ifndef PAWL_CORE_POLICY_H
#define PAWL_CORE_POLICY_H

#include "core/alg.h"
#include "core/pcr.h"

#define PAWL_POLICY_REF_MAX 64 /* bytes of a reference text that tools accept */
#define PAWL_NAME_SIZE      34 /* bytes of a TPM name with nameAlg SHA-256 */

typedef struct pawl_policy_digest {
        uint8_t bytes[PAWL_SHA256_SIZE]; /* all zero: no policy yet */
} pawl_policy_digest;

/* Values of PCRs of one bank; `mask` bit n: PCR n is bound and `values[n]` holds its value. */
typedef struct pawl_pcr_set {
        pawl_alg bank;
        uint32_t mask;
        pawl_digest values[PAWL_PCR_COUNT];
} pawl_pcr_set;

/* Each turns `p` into the digest that the TPM has after that policy command. Fails only if the
 * hasher does. */
PAWL_MUST_CHECK pawl_err pawl_policy_pcr(
        const pawl_hasher *h, pawl_policy_digest *p, const pawl_pcr_set *pcrs);
/* `key_name`: the TPM name of the public key: nameAlg || digest, 34 bytes. `ref` as text, NULL or
 * "" for none. */
PAWL_MUST_CHECK pawl_err pawl_policy_authorize(
        const pawl_hasher *h, pawl_policy_digest *p, pawl_span key_name, const char *ref);
PAWL_MUST_CHECK pawl_err pawl_policy_auth_value(const pawl_hasher *h, pawl_policy_digest *p);
PAWL_MUST_CHECK pawl_err pawl_policy_command_code(
        const pawl_hasher *h, pawl_policy_digest *p, uint32_t code);

/* The policyRef nonce of a reference: SHA-256 of its text; empty for NULL or "". `ret` holds 32
 * bytes, `ret_len` 0 or 32. */
PAWL_MUST_CHECK pawl_err pawl_policy_ref_nonce(const pawl_hasher *h, const char *ref,
        uint8_t ret[static PAWL_SHA256_SIZE], size_t *ret_len);
/* What a PCR signature covers ("tbs"): SHA-256 is taken over this by the signature itself: policy
 * digest || nonce. */
PAWL_MUST_CHECK pawl_err pawl_policy_tbs(
        const pawl_hasher *h, const pawl_policy_digest *pol, const char *ref, pawl_writer *w);

/* The TPM name (34 bytes) of the RSA public key of a PCR signature, as PolicyAuthorize wants it:
 * nameAlg sha256, attributes 0x60040, symmetric NULL, scheme NULL. `modulus` big-endian without
 * leading zeros, 256 to 512 bytes. */
PAWL_MUST_CHECK pawl_err pawl_policy_rsa_name(const pawl_hasher *h, pawl_span modulus,
        uint32_t exponent, uint8_t ret[static PAWL_NAME_SIZE]);

#endif

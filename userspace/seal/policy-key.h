/* SPDX-License-Identifier: BSD-2-Clause */
/* The RSA public key whose signatures over PCR values a policy accepts. */
#ifndef PAWL_SEAL_POLICY_KEY_H
#define PAWL_SEAL_POLICY_KEY_H

#include "core/policy.h"
#include "userspace/host/diag.h"

#define PAWL_POLICY_KEY_PEM_MAX     (16u << 10) /* bytes of PEM text */
#define PAWL_POLICY_KEY_MODULUS_MAX 512         /* bytes: RSA-4096 */

typedef struct pawl_policy_key {
        uint8_t modulus[PAWL_POLICY_KEY_MODULUS_MAX]; /* big-endian, no leading zeros */
        size_t modulus_len;
        uint32_t exponent;
        uint8_t name[PAWL_NAME_SIZE]; /* as the TPM names it */
        pawl_digest fingerprint;      /* SHA-256 of the PKCS#1 RSAPublicKey: `pkfp` of .pcrsig */
} pawl_policy_key;

/* FORMAT for what is no public key in PEM, UNSUPPORTED for another kind than RSA of 2048 to 4096
 * bits. */
PAWL_MUST_CHECK pawl_err pawl_policy_key_parse(pawl_span pem, pawl_policy_key *ret, pawl_diag *d);

#endif

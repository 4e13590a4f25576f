/* SPDX-License-Identifier: BSD-2-Clause */
/* The hash algorithms of PCR banks, and how each specification names them.
 * TCG Algorithm Registry (TPM_ALG_*), TCG EFI Protocol Specification 6.5
 * (EFI_TCG2_BOOT_HASH_ALG_*). */
#ifndef PAWL_CORE_ALG_H
#define PAWL_CORE_ALG_H

#include "core/span.h"

/* In the order in which a bank is preferred for policies: sha1 only where there is nothing else. */
typedef enum pawl_alg {
        PAWL_ALG_SHA256,
        PAWL_ALG_SHA384,
        PAWL_ALG_SHA512,
        PAWL_ALG_SHA1,
        PAWL_ALG_MAX_,
} pawl_alg;

#define PAWL_DIGEST_MAX  64 /* bytes: SHA-512 */
#define PAWL_SHA256_SIZE 32

typedef struct pawl_alg_info {
        const char *name;   /* "sha256" */
        uint16_t tpm_id;    /* TPM_ALG_ID, 0x000b */
        uint32_t tcg2_mask; /* EFI_TCG2_BOOT_HASH_ALG_*, 0x2 */
        size_t size;        /* bytes of a digest */
} pawl_alg_info;

const pawl_alg_info *pawl_alg_info_of(pawl_alg alg);
/* NOT_FOUND if the id is not one of ours. */
PAWL_MUST_CHECK pawl_err pawl_alg_from_tpm_id(uint16_t id, pawl_alg *ret);
/* The best of `banks` (bit pawl_alg): the first one in our order. NOT_FOUND for none. */
PAWL_MUST_CHECK pawl_err pawl_alg_best(uint32_t banks, pawl_alg *ret);
PAWL_MUST_CHECK pawl_err pawl_alg_from_name(pawl_span name, pawl_alg *ret);

typedef struct pawl_digest {
        pawl_alg alg;
        uint8_t bytes[PAWL_DIGEST_MAX]; /* pawl_alg_info_of(alg)->size of them count */
} pawl_digest;

static inline pawl_span pawl_digest_span(const pawl_digest *d)
{
        return pawl_span_of(d->bytes, pawl_alg_info_of(d->alg)->size);
}

/* Hashing is lent to the core by its caller (OpenSSL in userspace; the firmware hashes for itself).
 * Hashes the concatenation of `parts`, followed by `n_zeros` zero bytes. */
typedef struct pawl_hasher {
        void *ctx;
        pawl_err (*hash)(void *ctx, pawl_alg alg, const pawl_span *parts, size_t n_parts,
                size_t n_zeros, pawl_digest *ret);
} pawl_hasher;

#endif

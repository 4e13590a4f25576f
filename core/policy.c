/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

/* TPM_CC values: TPM 2.0 Library Part 2, 6.5.2. */
#define CC_POLICY_AUTHORIZE    0x0000016au
#define CC_POLICY_AUTH_VALUE   0x0000016bu
#define CC_POLICY_COMMAND_CODE 0x0000016cu
#define CC_POLICY_PCR          0x0000017fu

#define ALG_RSA    0x0001u
#define ALG_SHA256 0x000bu
#define ALG_NULL   0x0010u

/* sign, decrypt, userWithAuth: what systemd gives the key; part of the key's name, so it must be
 * the same here */
#define PUBLIC_KEY_ATTRIBUTES 0x00060040u

#define MODULUS_SIZE_MIN 256
#define MODULUS_SIZE_MAX 512

static pawl_err sha256(const pawl_hasher *h, const pawl_span *parts, size_t n_parts,
        uint8_t ret[static PAWL_SHA256_SIZE])
{
        pawl_digest d;

        PAWL_TRY(h->hash(h->ctx, PAWL_ALG_SHA256, parts, n_parts, /* n_zeros= */ 0, &d));
        pawl_copy(ret, d.bytes, PAWL_SHA256_SIZE);
        return PAWL_OK;
}

/* digest = H(digest || command code || args). Part 1, 19.7.2, "policyDigest update". */
static pawl_err extend(
        const pawl_hasher *h, pawl_policy_digest *p, uint32_t command_code, pawl_span args)
{
        uint8_t code[4];
        pawl_writer w = pawl_writer_of(code, sizeof(code));

        PAWL_TRY(pawl_write_be32(&w, command_code));
        const pawl_span parts[] = { pawl_span_of(p->bytes, sizeof(p->bytes)), pawl_written(&w),
                args };
        return sha256(h, parts, sizeof(parts) / sizeof(parts[0]), p->bytes);
}

/* TPML_PCR_SELECTION with one bank and three bytes of bit map, as every PC Client TPM has it.
 * Part 2, 10.6.2 and 10.9.7. */
static pawl_err write_selection(pawl_writer *w, const pawl_pcr_set *pcrs)
{
        PAWL_TRY(pawl_write_be32(w, 1));
        PAWL_TRY(pawl_write_be16(w, pawl_alg_info_of(pcrs->bank)->tpm_id));
        PAWL_TRY(pawl_write_u8(w, PAWL_PCR_COUNT / 8));
        for (unsigned byte = 0; byte < PAWL_PCR_COUNT / 8; byte++)
                PAWL_TRY(pawl_write_u8(w, (uint8_t)(pcrs->mask >> (8 * byte))));
        return PAWL_OK;
}

static pawl_err hash_values(
        const pawl_hasher *h, const pawl_pcr_set *pcrs, uint8_t ret[static PAWL_SHA256_SIZE])
{
        pawl_span values[PAWL_PCR_COUNT];
        size_t n = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((pcrs->mask >> i & 1) != 0)
                        values[n++] = pawl_span_of(
                                pcrs->values[i].bytes, pawl_alg_info_of(pcrs->bank)->size);
        return sha256(h, values, n, ret);
}

pawl_err pawl_policy_pcr(const pawl_hasher *h, pawl_policy_digest *p, const pawl_pcr_set *pcrs)
{
        uint8_t args[16 + PAWL_SHA256_SIZE], digest[PAWL_SHA256_SIZE];
        pawl_writer w = pawl_writer_of(args, sizeof(args));

        PAWL_TRY(write_selection(&w, pcrs));
        PAWL_TRY(hash_values(h, pcrs, digest));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(digest, sizeof(digest))));
        return extend(h, p, CC_POLICY_PCR, pawl_written(&w));
}

pawl_err pawl_policy_authorize(
        const pawl_hasher *h, pawl_policy_digest *p, pawl_span key_name, const char *ref)
{
        pawl_policy_digest out = { 0 }; /* what was before is replaced by the signer's word */
        uint8_t nonce[PAWL_SHA256_SIZE];
        size_t nonce_len;

        PAWL_TRY(pawl_policy_ref_nonce(h, ref, nonce, &nonce_len));
        PAWL_TRY(extend(h, &out, CC_POLICY_AUTHORIZE, key_name));
        /* the second step takes place for an empty reference too */
        const pawl_span parts[] = { pawl_span_of(out.bytes, sizeof(out.bytes)),
                pawl_span_of(nonce, nonce_len) };
        PAWL_TRY(sha256(h, parts, sizeof(parts) / sizeof(parts[0]), out.bytes));
        *p = out;
        return PAWL_OK;
}

pawl_err pawl_policy_auth_value(const pawl_hasher *h, pawl_policy_digest *p)
{
        return extend(h, p, CC_POLICY_AUTH_VALUE, PAWL_SPAN_NULL);
}

pawl_err pawl_policy_command_code(const pawl_hasher *h, pawl_policy_digest *p, uint32_t code)
{
        uint8_t args[4];
        pawl_writer w = pawl_writer_of(args, sizeof(args));

        PAWL_TRY(pawl_write_be32(&w, code));
        return extend(h, p, CC_POLICY_COMMAND_CODE, pawl_written(&w));
}

pawl_err pawl_policy_ref_nonce(const pawl_hasher *h, const char *ref,
        uint8_t ret[static PAWL_SHA256_SIZE], size_t *ret_len)
{
        if (ref == NULL || ref[0] == '\0') {
                *ret_len = 0;
                return PAWL_OK;
        }
        const pawl_span text = pawl_span_str(ref);
        PAWL_TRY(sha256(h, &text, 1, ret));
        *ret_len = PAWL_SHA256_SIZE;
        return PAWL_OK;
}

pawl_err pawl_policy_tbs(
        const pawl_hasher *h, const pawl_policy_digest *pol, const char *ref, pawl_writer *w)
{
        uint8_t nonce[PAWL_SHA256_SIZE];
        size_t nonce_len;

        PAWL_TRY(pawl_policy_ref_nonce(h, ref, nonce, &nonce_len));
        if (w->cap - w->len < sizeof(pol->bytes) + nonce_len)
                return PAWL_ERR_NO_SPACE;
        PAWL_TRY(pawl_write_bytes(w, pawl_span_of(pol->bytes, sizeof(pol->bytes))));
        return pawl_write_bytes(w, pawl_span_of(nonce, nonce_len));
}

/* TPMT_PUBLIC of an RSA key. Part 2, 12.2.4 and 12.2.3.5 (TPMS_RSA_PARMS). */
static pawl_err write_rsa_public(pawl_writer *w, pawl_span modulus, uint32_t exponent)
{
        PAWL_TRY(pawl_write_be16(w, ALG_RSA));
        PAWL_TRY(pawl_write_be16(w, ALG_SHA256));
        PAWL_TRY(pawl_write_be32(w, PUBLIC_KEY_ATTRIBUTES));
        PAWL_TRY(pawl_write_be16(w, 0)); /* authPolicy: empty */
        PAWL_TRY(pawl_write_be16(w, ALG_NULL));
        PAWL_TRY(pawl_write_be16(w, ALG_NULL));
        PAWL_TRY(pawl_write_be16(w, (uint16_t)(modulus.len * 8)));
        PAWL_TRY(pawl_write_be32(w, exponent));
        PAWL_TRY(pawl_write_be16(w, (uint16_t)modulus.len));
        return pawl_write_bytes(w, modulus);
}

pawl_err pawl_policy_rsa_name(const pawl_hasher *h, pawl_span modulus, uint32_t exponent,
        uint8_t ret[static PAWL_NAME_SIZE])
{
        uint8_t public[32 + MODULUS_SIZE_MAX];
        pawl_writer w = pawl_writer_of(public, sizeof(public));

        if (modulus.len < MODULUS_SIZE_MIN || modulus.len > MODULUS_SIZE_MAX)
                return PAWL_ERR_LIMIT;
        if (modulus.data[0] == 0)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(write_rsa_public(&w, modulus, exponent));
        const pawl_span part = pawl_written(&w);
        PAWL_TRY(sha256(h, &part, 1, ret + 2));
        ret[0] = ALG_SHA256 >> 8;
        ret[1] = ALG_SHA256 & 0xff;
        return PAWL_OK;
}

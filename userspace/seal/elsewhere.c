/* SPDX-License-Identifier: BSD-2-Clause */
/* Sealing without the TPM, from the public part of its storage root key: the private area is
 * wrapped as for TPM2_Import. TPM 2.0 Library Part 1, 23.3 (duplication, outer wrap) and C.6.3 (the
 * seed by ECDH). */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <tss2/tss2_mu.h>

#include "userspace/host/hash.h"
#include "userspace/seal/blob.h"

#define POINT      65 /* 0x04 x y */
#define COORDINATE 32
#define AES_KEY    16
#define ONE        PAWL_SPAN_LITERAL("\0\0\0\1")    /* counter of both KDFs */
#define PURPOSE    PAWL_SPAN_LITERAL("DUPLICATE\0") /* with the zero that ends labels */

static void key_free_p(EVP_PKEY **k)
{
        EVP_PKEY_free(*k);
}

static void ctx_free_p(EVP_PKEY_CTX **c)
{
        EVP_PKEY_CTX_free(*c);
}

static void cipher_free_p(EVP_CIPHER_CTX **c)
{
        EVP_CIPHER_CTX_free(*c);
}

static void sensitive_wipe(TPM2B_SENSITIVE *s)
{
        pawl_wipe(s, sizeof(*s));
}

static void digest_wipe(pawl_digest *d)
{
        pawl_wipe(d, sizeof(*d));
}
#define pawl_autodigest pawl_cleanup(digest_wipe)

/* A coordinate may come without its leading zeros. */
static bool put_coordinate(const TPM2B_ECC_PARAMETER *from, uint8_t *to)
{
        if (from->size > COORDINATE)
                return false;
        pawl_copy(to + COORDINATE - from->size, from->buffer, from->size);
        return true;
}

static pawl_err derive(EVP_PKEY *own, EVP_PKEY *peer, pawl_secret *ret)
{
        pawl_cleanup(ctx_free_p) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
        size_t n = COORDINATE;

        PAWL_TRY(pawl_secret_new(COORDINATE, ret));
        return c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 &&
                               EVP_PKEY_derive(c, ret->data, &n) == 1 && n == COORDINATE
                       ? PAWL_OK
                       : PAWL_ERR_CRYPTO;
}

/* A key of one use, and what it has in common with the SRK. `own_point`, `peer_point`: POINT bytes.
 */
static pawl_err agree(const uint8_t *peer_point, uint8_t *own_point, pawl_secret *ret)
{
        pawl_cleanup(key_free_p) EVP_PKEY *own = EVP_EC_gen("P-256"), *peer = EVP_PKEY_new();
        unsigned char *point = NULL;
        size_t n;

        if (!own || !peer || EVP_PKEY_copy_parameters(peer, own) != 1 ||
                EVP_PKEY_set1_encoded_public_key(peer, peer_point, POINT) != 1)
                return PAWL_ERR_CRYPTO;
        n = EVP_PKEY_get1_encoded_public_key(own, &point);
        if (n == POINT)
                pawl_copy(own_point, point, POINT);
        OPENSSL_free(point);
        return n == POINT ? derive(own, peer, ret) : PAWL_ERR_CRYPTO;
}

/* KDFe: H(counter || Z || label || x of the key of one use || x of the SRK). */
static pawl_err make_seed(
        const TPMS_ECC_POINT *srk, pawl_digest *ret_seed, TPM2B_ENCRYPTED_SECRET *ret)
{
        pawl_autosecret pawl_secret z = { 0 };
        uint8_t peer[POINT] = { 4 }, own[POINT];
        TPMS_ECC_POINT p = { .x.size = COORDINATE, .y.size = COORDINATE };
        pawl_span parts[5] = { ONE, PAWL_SPAN_NULL, PURPOSE, pawl_span_of(own + 1, COORDINATE),
                pawl_span_of(peer + 1, COORDINATE) };
        size_t off = 0;

        if (!put_coordinate(&srk->x, peer + 1) || !put_coordinate(&srk->y, peer + 1 + COORDINATE))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(agree(peer, own, &z));
        parts[1] = pawl_secret_span(&z);
        PAWL_TRY(pawl_openssl_hasher.hash(NULL, PAWL_ALG_SHA256, parts, 5, 0, ret_seed));
        pawl_copy(p.x.buffer, own + 1, COORDINATE);
        pawl_copy(p.y.buffer, own + 1 + COORDINATE, COORDINATE);
        if (Tss2_MU_TPMS_ECC_POINT_Marshal(&p, ret->secret, sizeof(ret->secret), &off) !=
                TSS2_RC_SUCCESS)
                return PAWL_ERR_INTERNAL;
        ret->size = (UINT16)off;
        return PAWL_OK;
}

/* KDFa: HMAC(seed, counter || label || context || bits), of which the caller takes what he needs.
 */
static pawl_err kdfa(const pawl_digest *seed, pawl_span label, pawl_span context, uint8_t bytes,
        pawl_digest *ret)
{
        uint8_t text[16 + PAWL_NAME_SIZE];
        pawl_writer w = pawl_writer_of(text, sizeof(text));

        PAWL_TRY(pawl_write_bytes(&w, ONE));
        PAWL_TRY(pawl_write_bytes(&w, label));
        PAWL_TRY(pawl_write_bytes(&w, context));
        PAWL_TRY(pawl_write_be32(&w, bytes * 8u));
        return pawl_hmac(PAWL_ALG_SHA256, pawl_digest_span(seed), pawl_span_of(text, w.len), ret);
}

static pawl_err encrypt(const uint8_t *key, const pawl_secret *plain, uint8_t *ret)
{
        static const uint8_t iv[AES_KEY] = { 0 };
        pawl_cleanup(cipher_free_p) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n = 0;

        return c && EVP_EncryptInit_ex(c, EVP_aes_128_cfb128(), NULL, key, iv) == 1 &&
                               EVP_EncryptUpdate(c, ret, &n, plain->data, (int)plain->len) == 1 &&
                               (size_t)n == plain->len
                       ? PAWL_OK
                       : PAWL_ERR_CRYPTO;
}

/* TPM2B_DIGEST outer || encrypted, where outer = HMAC(encrypted || name). */
static pawl_err wrap(
        const pawl_digest *seed, pawl_span name, const pawl_secret *sensitive, TPM2B_PRIVATE *ret)
{
        pawl_autodigest pawl_digest key = { 0 };
        uint8_t encrypted[sizeof(TPM2B_SENSITIVE) + PAWL_NAME_SIZE];
        pawl_writer covered = { encrypted, sizeof(encrypted), sensitive->len };
        pawl_writer w = pawl_writer_of(ret->buffer, sizeof(ret->buffer));
        pawl_digest outer;

        PAWL_TRY(kdfa(seed, PAWL_SPAN_LITERAL("STORAGE\0"), name, AES_KEY, &key));
        PAWL_TRY(encrypt(key.bytes, sensitive, encrypted));
        PAWL_TRY(pawl_write_bytes(&covered, name));
        PAWL_TRY(kdfa(
                seed, PAWL_SPAN_LITERAL("INTEGRITY\0"), PAWL_SPAN_NULL, PAWL_SHA256_SIZE, &key));
        PAWL_TRY(pawl_hmac(PAWL_ALG_SHA256, pawl_digest_span(&key),
                pawl_span_of(encrypted, covered.len), &outer));
        PAWL_TRY(pawl_write_be16(&w, PAWL_SHA256_SIZE));
        PAWL_TRY(pawl_write_bytes(&w, pawl_digest_span(&outer)));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(encrypted, sensitive->len)));
        ret->size = (UINT16)w.len;
        return PAWL_OK;
}

/* The private area as the TPM keeps it, and its link to the public one: unique = H(seedValue ||
 * data). */
static pawl_err make_sensitive(pawl_span secret, TPM2B_DIGEST *ret_unique, pawl_secret *ret)
{
        pawl_cleanup(sensitive_wipe)
                TPM2B_SENSITIVE s = { .sensitiveArea.sensitiveType = TPM2_ALG_KEYEDHASH };
        pawl_autosecret pawl_secret blind = { 0 };
        pawl_span parts[2];
        pawl_digest unique;
        size_t off = 0;

        PAWL_TRY(pawl_secret_random(PAWL_SHA256_SIZE, &blind));
        parts[0] = pawl_secret_span(&blind);
        parts[1] = secret;
        PAWL_TRY(pawl_openssl_hasher.hash(NULL, PAWL_ALG_SHA256, parts, 2, 0, &unique));
        ret_unique->size = PAWL_SHA256_SIZE;
        pawl_copy(ret_unique->buffer, unique.bytes, PAWL_SHA256_SIZE);
        s.sensitiveArea.seedValue.size = PAWL_SHA256_SIZE;
        pawl_copy(s.sensitiveArea.seedValue.buffer, blind.data, blind.len);
        s.sensitiveArea.sensitive.bits.size = (UINT16)secret.len;
        pawl_copy(s.sensitiveArea.sensitive.bits.buffer, secret.data, secret.len);
        PAWL_TRY(pawl_secret_new(sizeof(s), ret));
        if (Tss2_MU_TPM2B_SENSITIVE_Marshal(&s, ret->data, ret->len, &off) != TSS2_RC_SUCCESS)
                return PAWL_ERR_INTERNAL;
        pawl_secret_truncate(ret, off);
        return PAWL_OK;
}

static pawl_err name_of(const TPM2B_PUBLIC *public, uint8_t name[PAWL_NAME_SIZE])
{
        uint8_t area[sizeof(TPM2B_PUBLIC)];
        size_t len = 0;
        pawl_digest h;

        if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, area, sizeof(area), &len) !=
                TSS2_RC_SUCCESS)
                return PAWL_ERR_INTERNAL;
        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, pawl_span_of(area, len), &h));
        name[0] = TPM2_ALG_SHA256 >> 8;
        name[1] = TPM2_ALG_SHA256 & 0xff;
        pawl_copy(name + 2, h.bytes, PAWL_SHA256_SIZE);
        return PAWL_OK;
}

static pawl_err make(const TPMS_ECC_POINT *srk, const pawl_policy_digest *policy, pawl_span secret,
        pawl_seal_blob *b)
{
        pawl_autosecret pawl_secret sensitive = { 0 };
        pawl_autodigest pawl_digest seed = { 0 };
        TPMT_PUBLIC *p = &b->public.publicArea;
        uint8_t name[PAWL_NAME_SIZE];

        p->type = TPM2_ALG_KEYEDHASH;
        p->nameAlg = TPM2_ALG_SHA256;
        p->objectAttributes = TPMA_OBJECT_NODA;
        p->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
        p->authPolicy.size = PAWL_SHA256_SIZE;
        pawl_copy(p->authPolicy.buffer, policy->bytes, PAWL_SHA256_SIZE);
        PAWL_TRY(make_sensitive(secret, &p->unique.keyedHash, &sensitive));
        PAWL_TRY(name_of(&b->public, name));
        PAWL_TRY(make_seed(srk, &seed, &b->seed));
        return wrap(&seed, pawl_span_of(name, sizeof(name)), &sensitive, &b->private);
}

pawl_err pawl_seal_elsewhere(pawl_span srk_public, const pawl_seal_policy *p, pawl_span secret,
        pawl_buffer *ret_blob, pawl_policy_digest *ret_policy, pawl_diag *d)
{
        pawl_seal_blob b = { 0 };
        TPM2B_PUBLIC srk = { 0 };
        pawl_err err;
        size_t off = 0;

        if (p->has_pin || secret.len != PAWL_SEAL_SECRET_SIZE)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "sealing without the TPM: only a secret without PIN");
        if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(srk_public.data, srk_public.len, &off, &srk) !=
                        TSS2_RC_SUCCESS ||
                srk.publicArea.type != TPM2_ALG_ECC ||
                srk.publicArea.parameters.eccDetail.curveID != TPM2_ECC_NIST_P256)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "sealing without the TPM: its storage root key is not one of P-256");
        PAWL_TRY(pawl_seal_policy_digest(p, ret_policy, d));
        err = make(&srk.publicArea.unique.ecc, ret_policy, secret, &b);
        if (err != PAWL_OK)
                return pawl_fail(d, err, "sealing without the TPM: the encryption failed");
        return pawl_seal_blob_write(&b, ret_blob, d);
}

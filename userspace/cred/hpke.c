/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/hpke.h"

#include <openssl/evp.h>

#include "userspace/host/hash.h"

#define SIZE PAWL_HPKE_KEY_SIZE

/* Section 4.1 (KEM) and 5.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export only. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0xff, 0xff };
#define KEM   pawl_span_of(kem_suite, sizeof(kem_suite))
#define SUITE pawl_span_of(suite, sizeof(suite))

static void pkey_free_p(EVP_PKEY **k)
{
        EVP_PKEY_free(*k);
}
#define autopkey pawl_cleanup(pkey_free_p)

static void pkey_ctx_free_p(EVP_PKEY_CTX **c)
{
        EVP_PKEY_CTX_free(*c);
}
#define autoctx pawl_cleanup(pkey_ctx_free_p)

/* Everything that is derived has the size of one hash, so that one HMAC is all of HKDF-Expand.
 * `text` is the whole message. */
static pawl_err hmac(pawl_span key, const pawl_writer *text, pawl_secret *ret)
{
        static const uint8_t empty = 0;
        pawl_digest h;
        pawl_err err;

        PAWL_TRY(pawl_hmac(PAWL_ALG_SHA256, key.len > 0 ? key : pawl_span_of(&empty, 0),
                pawl_written(text), &h));
        err = pawl_secret_dup(pawl_digest_span(&h), ret);
        pawl_wipe(&h, sizeof(h));
        return err;
}

static pawl_err put_label(pawl_writer *w, pawl_span suite_id, const char *label)
{
        PAWL_TRY(pawl_write_str(w, "HPKE-v1"));
        PAWL_TRY(pawl_write_bytes(w, suite_id));
        return pawl_write_str(w, label);
}

static pawl_err extract(
        pawl_span suite_id, pawl_span salt, const char *label, pawl_span ikm, pawl_secret *ret)
{
        pawl_autosecret pawl_secret text = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_secret_new(64 + ikm.len, &text));
        w = pawl_writer_of(text.data, text.len);
        PAWL_TRY(put_label(&w, suite_id, label));
        PAWL_TRY(pawl_write_bytes(&w, ikm));
        return hmac(salt, &w, ret);
}

static pawl_err expand(
        pawl_span suite_id, pawl_span prk, const char *label, pawl_span info, pawl_secret *ret)
{
        pawl_autosecret pawl_secret text = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_secret_new(64 + info.len, &text));
        w = pawl_writer_of(text.data, text.len);
        PAWL_TRY(pawl_write_be16(&w, SIZE));
        PAWL_TRY(put_label(&w, suite_id, label));
        PAWL_TRY(pawl_write_bytes(&w, info));
        PAWL_TRY(pawl_write_u8(&w, 1)); /* the counter of HKDF-Expand */
        return hmac(prk, &w, ret);
}

static pawl_err derive(EVP_PKEY *own, pawl_span peer, pawl_secret *ret)
{
        autopkey EVP_PKEY *other = EVP_PKEY_new_raw_public_key(
                EVP_PKEY_X25519, NULL, peer.data, peer.len);
        autoctx EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
        pawl_autosecret pawl_secret dh = { 0 };
        size_t n = SIZE;

        PAWL_TRY(pawl_secret_new(SIZE, &dh));
        /* refuses the all-zero result of a point of small order */
        if (!other || !c || EVP_PKEY_derive_init(c) != 1 ||
                EVP_PKEY_derive_set_peer(c, other) != 1 || EVP_PKEY_derive(c, dh.data, &n) != 1 ||
                n != SIZE)
                return PAWL_ERR_CRYPTO;
        *ret = dh;
        dh = (pawl_secret){ 0 };
        return PAWL_OK;
}

/* Section 4.1, ExtractAndExpand. */
static pawl_err shared_secret(pawl_span dh, pawl_span enc, pawl_span public, pawl_secret *ret)
{
        pawl_autosecret pawl_secret prk = { 0 };
        uint8_t context[2 * SIZE];
        pawl_writer w = pawl_writer_of(context, sizeof(context));

        PAWL_TRY(pawl_write_bytes(&w, enc));
        PAWL_TRY(pawl_write_bytes(&w, public));
        PAWL_TRY(extract(KEM, PAWL_SPAN_NULL, "eae_prk", dh, &prk));
        return expand(KEM, pawl_secret_span(&prk), "shared_secret", pawl_written(&w), ret);
}

/* Section 5.1, KeySchedule of mode_base, and 5.3, Export with an empty context. */
static pawl_err export_key(pawl_span shared, pawl_span info, pawl_secret *ret)
{
        pawl_autosecret pawl_secret psk = { 0 }, h = { 0 }, secret = { 0 }, exporter = { 0 };
        uint8_t context[1 + 2 * SIZE];
        pawl_writer w = pawl_writer_of(context, sizeof(context));

        PAWL_TRY(extract(SUITE, PAWL_SPAN_NULL, "psk_id_hash", PAWL_SPAN_NULL, &psk));
        PAWL_TRY(extract(SUITE, PAWL_SPAN_NULL, "info_hash", info, &h));
        PAWL_TRY(pawl_write_u8(&w, 0)); /* mode_base */
        PAWL_TRY(pawl_write_bytes(&w, pawl_secret_span(&psk)));
        PAWL_TRY(pawl_write_bytes(&w, pawl_secret_span(&h)));
        PAWL_TRY(extract(SUITE, shared, "secret", PAWL_SPAN_NULL, &secret));
        PAWL_TRY(expand(SUITE, pawl_secret_span(&secret), "exp", pawl_written(&w), &exporter));
        return expand(SUITE, pawl_secret_span(&exporter), "sec", PAWL_SPAN_NULL, ret);
}

static pawl_err finish(EVP_PKEY *own, pawl_span peer, pawl_span enc, pawl_span public,
        pawl_span info, pawl_secret *ret)
{
        pawl_autosecret pawl_secret dh = { 0 }, shared = { 0 };

        PAWL_TRY(derive(own, peer, &dh));
        PAWL_TRY(shared_secret(pawl_secret_span(&dh), enc, public, &shared));
        return export_key(pawl_secret_span(&shared), info, ret);
}

static pawl_err public_of(EVP_PKEY *k, uint8_t ret[static SIZE])
{
        size_t n = SIZE;

        return EVP_PKEY_get_raw_public_key(k, ret, &n) == 1 && n == SIZE ? PAWL_OK
                                                                         : PAWL_ERR_CRYPTO;
}

pawl_err pawl_hpke_generate(pawl_secret *ret_private, uint8_t ret_public[static SIZE])
{
        autopkey EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
        pawl_autosecret pawl_secret private = { 0 };
        size_t n = SIZE;

        if (!k)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(pawl_secret_new(SIZE, &private));
        if (EVP_PKEY_get_raw_private_key(k, private.data, &n) != 1 || n != SIZE)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(public_of(k, ret_public));
        *ret_private = private;
        private = (pawl_secret){ 0 };
        return PAWL_OK;
}

pawl_err pawl_hpke_send(
        pawl_span public, pawl_span info, uint8_t ret_enc[static SIZE], pawl_secret *ret_key)
{
        autopkey EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

        if (!k || public.len != SIZE)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(public_of(k, ret_enc));
        return finish(k, public, pawl_span_of(ret_enc, SIZE), public, info, ret_key);
}

pawl_err pawl_hpke_receive(pawl_span private, pawl_span enc, pawl_span info, pawl_secret *ret_key)
{
        autopkey EVP_PKEY *k = private.len == SIZE ? EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519,
                                                             NULL, private.data, private.len)
                                                   : NULL;
        uint8_t public[SIZE];

        if (!k || enc.len != SIZE)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(public_of(k, public));
        return finish(k, enc, enc, pawl_span_of(public, SIZE), info, ret_key);
}

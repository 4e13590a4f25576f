/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/crypt.h"

#include <limits.h>
#include <openssl/evp.h>

#include "userspace/host/hash.h"

static void cipher_free_p(EVP_CIPHER_CTX **c)
{
        EVP_CIPHER_CTX_free(*c);
}
#define autocipher pawl_cleanup(cipher_free_p)

static pawl_err take_digest(pawl_digest *h, pawl_secret *ret)
{
        pawl_err err = pawl_secret_dup(pawl_digest_span(h), ret);

        pawl_wipe(h, sizeof(*h));
        return err;
}

pawl_err pawl_cred_data_key(
        pawl_span host, pawl_span tpm, const pawl_cred_scope *scope, pawl_secret *ret)
{
        const pawl_span parts[] = { host, tpm };
        pawl_autosecret pawl_secret plain = { 0 };
        pawl_digest h;

        PAWL_TRY(pawl_openssl_hasher.hash(pawl_openssl_hasher.ctx, PAWL_ALG_SHA256, parts,
                sizeof(parts) / sizeof(parts[0]), /* n_zeros= */ 0, &h));
        PAWL_TRY(take_digest(&h, &plain));
        if (scope)
                return pawl_cred_scope_bind(scope, pawl_secret_span(&plain), ret);
        *ret = plain;
        plain = (pawl_secret){ 0 };
        return PAWL_OK;
}

static bool feed(EVP_CIPHER_CTX *c, pawl_span in, uint8_t *out)
{
        int n = 0;

        return in.len <= INT_MAX &&
               (in.len == 0 || EVP_CipherUpdate(c, out, &n, in.data, (int)in.len) == 1);
}

static bool start(EVP_CIPHER_CTX *c, pawl_span key, const pawl_cred_envelope *e, bool is_encrypting)
{
        return c && key.len == PAWL_CRED_KEY_SIZE && e->iv.len == PAWL_CRED_IV_SIZE &&
               EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key.data, e->iv.data, is_encrypting) ==
                       1;
}

pawl_err pawl_cred_encrypt(
        pawl_span key, pawl_cred_envelope e, pawl_span plaintext, pawl_buffer *ret)
{
        autocipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        pawl_autosecret pawl_secret iv = { 0 };
        pawl_autobuffer pawl_buffer header = { 0 }, out = { 0 };
        pawl_writer w;
        uint8_t *text;
        int n = 0;

        PAWL_TRY(pawl_secret_random(PAWL_CRED_IV_SIZE, &iv));
        e.iv = pawl_secret_span(&iv);
        PAWL_TRY(pawl_cred_envelope_header(&e, &header));
        PAWL_TRY(pawl_buffer_new(header.len + plaintext.len + PAWL_CRED_TAG_SIZE, &out));
        w = pawl_writer_of(out.data, out.len);
        PAWL_TRY(pawl_write_bytes(&w, pawl_buffer_span(&header)));
        text = out.data + w.len;
        if (!start(c, key, &e, true) || !feed(c, pawl_buffer_span(&header), NULL) ||
                !feed(c, plaintext, text) || EVP_CipherFinal_ex(c, text + plaintext.len, &n) != 1 ||
                EVP_CIPHER_CTX_ctrl(
                        c, EVP_CTRL_AEAD_GET_TAG, PAWL_CRED_TAG_SIZE, text + plaintext.len) != 1)
                return PAWL_ERR_CRYPTO;
        *ret = out;
        out = (pawl_buffer){ 0 };
        return PAWL_OK;
}

/* OpenSSL gives the text out before it has seen the tag; nobody gets it before. */
pawl_err pawl_cred_decrypt(pawl_span key, const pawl_cred_envelope *e, pawl_secret *ret)
{
        autocipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        pawl_autosecret pawl_secret out = { 0 };
        uint8_t tag[PAWL_CRED_TAG_SIZE];
        int n = 0;

        PAWL_TRY(pawl_secret_new(e->ciphertext.len, &out));
        pawl_copy(tag, e->tag.data, sizeof(tag));
        if (!start(c, key, e, false) || !feed(c, e->header, NULL) ||
                !feed(c, e->ciphertext, out.data) ||
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1)
                return PAWL_ERR_CRYPTO;
        if (EVP_CipherFinal_ex(c, out.data + out.len, &n) != 1)
                return PAWL_ERR_KEY;
        *ret = out;
        out = (pawl_secret){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "userspace/host/file.h"
#include "userspace/host/hash.h"

#define KEY_FILE_MAX (64u << 10) /* bytes */

static void bio_free_p(BIO **b)
{
        (void)BIO_free(*b);
}
#define autobio pawl_cleanup(bio_free_p)

/* Instead of OpenSSL's own prompt on the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
        (void)buf;
        (void)size;
        (void)rwflag;
        (void)ctx;
        return -1;
}

static BIO *bio_of(pawl_span s)
{
        return s.len > INT_MAX ? NULL : BIO_new_mem_buf(s.data, (int)s.len);
}

pawl_err pawl_key_load_private(const char *path, EVP_PKEY **ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret pem = { 0 };
        autobio BIO *bio = NULL;
        EVP_PKEY *key;

        PAWL_TRY(pawl_file_read_secret(path, KEY_FILE_MAX, /* strip_newline= */ false, &pem, d));
        bio = bio_of(pawl_secret_span(&pem));
        key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
        ERR_clear_error();
        if (!key)
                return pawl_fail(
                        d, PAWL_ERR_KEY, "%s: not a private key in PEM without a passphrase", path);
        *ret = key;
        return PAWL_OK;
}

pawl_err pawl_key_parse_public(pawl_span pem, const char *name, EVP_PKEY **ret, pawl_diag *d)
{
        autobio BIO *bio = bio_of(pem);
        EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL) : NULL;

        ERR_clear_error();
        if (!key)
                return pawl_fail(d, PAWL_ERR_KEY, "%s: not a public key in PEM", name);
        *ret = key;
        return PAWL_OK;
}

pawl_err pawl_key_load_public(const char *path, EVP_PKEY **ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer pem = { 0 };

        PAWL_TRY(pawl_file_read(path, KEY_FILE_MAX, &pem, d));
        return pawl_key_parse_public(pawl_buffer_span(&pem), path, ret, d);
}

pawl_err pawl_key_load_certificate(const char *path, X509 **ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer file = { 0 };
        autobio BIO *bio = NULL;
        X509 *certificate;

        PAWL_TRY(pawl_file_read(path, KEY_FILE_MAX, &file, d));
        bio = bio_of(pawl_buffer_span(&file));
        certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
        if (bio && !certificate && BIO_reset(bio) == 1)
                certificate = d2i_X509_bio(bio, NULL);
        ERR_clear_error();
        if (!certificate)
                return pawl_fail(
                        d, PAWL_ERR_FORMAT, "%s: not an X.509 certificate in PEM or DER", path);
        *ret = certificate;
        return PAWL_OK;
}

pawl_err pawl_key_public_pem(EVP_PKEY *key, pawl_buffer *ret)
{
        autobio BIO *bio = BIO_new(BIO_s_mem());
        char *data = NULL;
        long n;

        if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1)
                return PAWL_ERR_CRYPTO;
        n = BIO_get_mem_data(bio, &data);
        return n > 0 ? pawl_buffer_dup(pawl_span_of(data, (size_t)n), ret) : PAWL_ERR_CRYPTO;
}

static pawl_err take_der(unsigned char *der, int n, pawl_buffer *ret)
{
        pawl_err err = n > 0 ? pawl_buffer_dup(pawl_span_of(der, (size_t)n), ret) : PAWL_ERR_CRYPTO;

        OPENSSL_free(der);
        return err;
}

pawl_err pawl_key_fingerprint(EVP_PKEY *key, pawl_digest *ret)
{
        pawl_autobuffer pawl_buffer der = { 0 };
        unsigned char *out = NULL;
        int n;

        if (EVP_PKEY_base_id(key) != EVP_PKEY_RSA)
                return PAWL_ERR_UNSUPPORTED;
        /* for an RSA key this is the PKCS#1 RSAPublicKey, not SubjectPublicKeyInfo */
        n = i2d_PublicKey(key, &out);
        PAWL_TRY(take_der(out, n, &der));
        return pawl_hash(PAWL_ALG_SHA256, pawl_buffer_span(&der), ret);
}

pawl_err pawl_certificate_der(X509 *certificate, pawl_buffer *ret)
{
        unsigned char *out = NULL;
        int n = i2d_X509(certificate, &out);

        return take_der(out, n, ret);
}

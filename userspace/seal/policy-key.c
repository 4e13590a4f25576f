/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/policy-key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "userspace/host/cleanup.h"
#include "userspace/host/hash.h"

static void pkey_free_p(EVP_PKEY **k)
{
        EVP_PKEY_free(*k);
}

static void bio_free_p(BIO **b)
{
        BIO_free_all(*b);
}

static void bn_free_p(BIGNUM **b)
{
        BN_free(*b);
}

static void der_free_p(unsigned char **p)
{
        OPENSSL_free(*p);
}

static pawl_err take_numbers(EVP_PKEY *key, pawl_policy_key *k)
{
        pawl_cleanup(bn_free_p) BIGNUM *n = NULL, *e = NULL;
        int len;

        if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
                return PAWL_ERR_CRYPTO;
        len = BN_num_bytes(n);
        if (BN_num_bits(n) % 1024 != 0 || len < 256 || len > (int)sizeof(k->modulus) ||
                BN_num_bits(e) > 32)
                return PAWL_ERR_UNSUPPORTED;
        k->modulus_len = (size_t)len;
        k->exponent = (uint32_t)BN_get_word(e);
        return BN_bn2bin(n, k->modulus) == len ? PAWL_OK : PAWL_ERR_CRYPTO;
}

static pawl_err take_fingerprint(EVP_PKEY *key, pawl_policy_key *k)
{
        pawl_cleanup(der_free_p) unsigned char *der = NULL;
        int len = i2d_PublicKey(key, &der);

        if (len <= 0)
                return PAWL_ERR_CRYPTO;
        return pawl_hash(PAWL_ALG_SHA256, pawl_span_of(der, (size_t)len), &k->fingerprint);
}

static pawl_err take(EVP_PKEY *key, pawl_policy_key *k)
{
        PAWL_TRY(take_numbers(key, k));
        PAWL_TRY(take_fingerprint(key, k));
        return pawl_policy_rsa_name(&pawl_openssl_hasher, pawl_span_of(k->modulus, k->modulus_len),
                k->exponent, k->name);
}

pawl_err pawl_policy_key_parse(pawl_span pem, pawl_policy_key *ret, pawl_diag *d)
{
        pawl_cleanup(bio_free_p) BIO *bio = NULL;
        pawl_cleanup(pkey_free_p) EVP_PKEY *key = NULL;
        pawl_policy_key k = { 0 };
        pawl_err err;

        if (pem.len == 0 || pem.len > PAWL_POLICY_KEY_PEM_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "policy's public key: too large, or empty");
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
        if (!key)
                return pawl_fail(d, PAWL_ERR_FORMAT, "policy's public key: not a PEM public key");
        if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "policy's public key: not RSA; sign the image with an RSA key");
        err = take(key, &k);
        if (err != PAWL_OK)
                return pawl_fail(
                        d, err, "policy's public key: not an RSA key of 2048, 3072 or 4096 bits");
        *ret = k;
        return PAWL_OK;
}

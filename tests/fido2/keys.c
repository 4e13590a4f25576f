/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fido2/keys.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

static bool coordinate(EVP_PKEY *key, const char *name, uint8_t ret[static 32])
{
        BIGNUM *n = NULL;
        bool ok = EVP_PKEY_get_bn_param(key, name, &n) == 1 && BN_bn2binpad(n, ret, 32) == 32;

        BN_free(n);
        return ok;
}

bool keys_public(EVP_PKEY *key, uint8_t ret_x[static 32], uint8_t ret_y[static 32])
{
        return coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, ret_x) &&
               coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, ret_y);
}

static EVP_PKEY *peer_of(pawl_span x, pawl_span y)
{
        uint8_t point[65] = { 4 };
        char group[] = "prime256v1";
        OSSL_PARAM params[] = {
                OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
                OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
                OSSL_PARAM_END,
        };
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        EVP_PKEY *key = NULL;

        if (x.len != 32 || y.len != 32)
                return NULL;
        pawl_copy(point + 1, x.data, 32);
        pawl_copy(point + 33, y.data, 32);
        if (!c || EVP_PKEY_fromdata_init(c) != 1 ||
                EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                key = NULL;
        EVP_PKEY_CTX_free(c);
        return key;
}

bool keys_agree(EVP_PKEY *own, pawl_span x, pawl_span y, uint8_t ret[static 32])
{
        EVP_PKEY *peer = peer_of(x, y);
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
        uint8_t shared[32];
        size_t len = sizeof(shared);
        bool ok = peer && c && EVP_PKEY_derive_init(c) == 1 &&
                  EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, shared, &len) == 1 &&
                  len == 32;

        EVP_PKEY_CTX_free(c);
        EVP_PKEY_free(peer);
        return ok && keys_sha256(pawl_span_of(shared, 32), ret);
}

bool keys_aes(const uint8_t key[static 32], bool is_encrypting, pawl_span in, uint8_t *ret)
{
        static const uint8_t iv[16] = { 0 };
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n = 0;
        bool ok = c && in.len % 16 == 0 &&
                  EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, key, iv, is_encrypting) == 1 &&
                  EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
                  EVP_CipherUpdate(c, ret, &n, in.data, (int)in.len) == 1 && n == (int)in.len;

        EVP_CIPHER_CTX_free(c);
        return ok;
}

bool keys_hmac(const uint8_t key[static 32], pawl_span data, uint8_t ret[static 32])
{
        return HMAC(EVP_sha256(), key, 32, data.data, data.len, ret, NULL) != NULL;
}

bool keys_sign(EVP_PKEY *key, pawl_span a, pawl_span b, uint8_t *ret, size_t *len)
{
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        bool ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
                  EVP_DigestSignUpdate(c, a.data, a.len) == 1 &&
                  EVP_DigestSignUpdate(c, b.data, b.len) == 1 &&
                  EVP_DigestSignFinal(c, ret, len) == 1;

        EVP_MD_CTX_free(c);
        return ok;
}

bool keys_sha256(pawl_span data, uint8_t ret[static 32])
{
        return SHA256(data.data, data.len, ret) != NULL;
}

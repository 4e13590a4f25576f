/* SPDX-License-Identifier: BSD-2-Clause */
/* The public half of a token's key, from a public key object or a certificate, for OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "userspace/token/pkcs11-token.h"

static pawl_err pkey_from(const char *algorithm, OSSL_PARAM *params, EVP_PKEY **ret)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
        bool is_ok = ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
                     EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_PUBLIC_KEY, params) == 1;

        EVP_PKEY_CTX_free(ctx);
        return is_ok ? PAWL_OK : PAWL_ERR_CRYPTO;
}

static pawl_err rsa_from(pawl_span modulus, pawl_span exponent, EVP_PKEY **ret)
{
        BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
        BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
        OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
        OSSL_PARAM *params = NULL;
        pawl_err err;

        if (n && e && b && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1)
                params = OSSL_PARAM_BLD_to_param(b);
        err = pkey_from("RSA", params, ret);
        OSSL_PARAM_free(params);
        OSSL_PARAM_BLD_free(b);
        BN_free(n);
        BN_free(e);
        return err;
}

/* CKA_EC_PARAMS is DER of a named curve; CKA_EC_POINT the point inside an OCTET STRING. */
static pawl_err ec_from(pawl_span params_der, pawl_span point_der, EVP_PKEY **ret)
{
        const unsigned char *at = params_der.data, *point_at = point_der.data;
        EC_GROUP *group = d2i_ECPKParameters(NULL, &at, (long)params_der.len);
        ASN1_OCTET_STRING *point = d2i_ASN1_OCTET_STRING(NULL, &point_at, (long)point_der.len);
        const char *name = group ? OSSL_EC_curve_nid2name(EC_GROUP_get_curve_name(group)) : NULL;
        pawl_err err = PAWL_ERR_UNSUPPORTED;

        if (name && point) {
                OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
                                                OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
                        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                (void *)ASN1_STRING_get0_data(point),
                                (size_t)ASN1_STRING_length(point)),
                        OSSL_PARAM_construct_end() };

                err = pkey_from("EC", params, ret);
        }
        ASN1_OCTET_STRING_free(point);
        EC_GROUP_free(group);
        return err;
}

static pawl_err read_public(pawl_p11 *p, CK_OBJECT_HANDLE o, EVP_PKEY **ret)
{
        pawl_autosecret pawl_secret a = { 0 }, b = { 0 };
        CK_KEY_TYPE type = 0;

        PAWL_TRY(pawl_p11_key_type(p, o, &type, NULL));
        if (type == CKK_RSA) {
                PAWL_TRY(pawl_p11_value(p, o, CKA_MODULUS, &a));
                PAWL_TRY(pawl_p11_value(p, o, CKA_PUBLIC_EXPONENT, &b));
                return rsa_from(pawl_secret_span(&a), pawl_secret_span(&b), ret);
        }
        if (type != CKK_EC)
                return PAWL_ERR_UNSUPPORTED;
        PAWL_TRY(pawl_p11_value(p, o, CKA_EC_PARAMS, &a));
        PAWL_TRY(pawl_p11_value(p, o, CKA_EC_POINT, &b));
        return ec_from(pawl_secret_span(&a), pawl_secret_span(&b), ret);
}

static pawl_err read_certificate(pawl_p11 *p, CK_OBJECT_HANDLE o, EVP_PKEY **ret)
{
        pawl_autosecret pawl_secret der = { 0 };
        const unsigned char *at;
        X509 *x = NULL;

        PAWL_TRY(pawl_p11_value(p, o, CKA_VALUE, &der));
        at = der.data;
        x = d2i_X509(NULL, &at, (long)der.len);
        *ret = x ? X509_get_pubkey(x) : NULL;
        X509_free(x);
        return *ret ? PAWL_OK : PAWL_ERR_FORMAT;
}

pawl_err pawl_p11_public_key(
        pawl_p11 *p, CK_OBJECT_HANDLE private_key, EVP_PKEY **ret, pawl_diag *d)
{
        static const CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY, CKO_CERTIFICATE };
        pawl_autosecret pawl_secret id = { 0 };

        if (pawl_p11_value(p, private_key, CKA_ID, &id) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: its key has no id, so its public half cannot be told",
                        p->name);
        for (size_t i = 0; i < 2; i++) {
                CK_OBJECT_HANDLE objects[PAWL_P11_OBJECTS_MAX];
                pawl_p11_match match = pawl_p11_match_id(classes[i], &id);
                size_t n = 0;

                PAWL_TRY(pawl_p11_find(p, &match, objects, &n, d));
                for (size_t k = 0; k < n; k++)
                        if ((i == 0 ? read_public(p, objects[k], ret)
                                    : read_certificate(p, objects[k], ret)) == PAWL_OK)
                                return PAWL_OK;
        }
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "PKCS#11 %s: no RSA or EC public key or certificate with the id of its key; write "
                "one to the token",
                p->name);
}

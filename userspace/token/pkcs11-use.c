/* SPDX-License-Identifier: BSD-2-Clause */
/* Decrypting with an RSA key, deriving with an EC key. */
#include <openssl/ec.h>

#include "userspace/token/pkcs11-token.h"

/* An answer to the data ("it does not decrypt") or a token that is gone. Tokens have many codes for
 * the first, CKR_GENERAL_ERROR among them. */
static pawl_err use_error(pawl_diag *d, CK_RV rv, const pawl_p11 *p)
{
        if (rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT ||
                rv == CKR_HOST_MEMORY || rv == CKR_DEVICE_MEMORY || rv == CKR_SESSION_CLOSED)
                return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "its key could not be used");
        return pawl_p11_fail(
                d, PAWL_ERR_KEY, rv, p, "its key does not fit what stands in the header");
}

static CK_MECHANISM rsa_mechanism(pawl_pkcs11_padding padding, CK_RSA_PKCS_OAEP_PARAMS *oaep)
{
        bool is_sha1 = padding == PAWL_PKCS11_OAEP_SHA1;

        if (padding == PAWL_PKCS11_UNSAID || padding == PAWL_PKCS11_PKCS1)
                return (CK_MECHANISM){ CKM_RSA_PKCS, NULL, 0 };
        *oaep = (CK_RSA_PKCS_OAEP_PARAMS){
                .hashAlg = is_sha1 ? CKM_SHA_1 : CKM_SHA256,
                .mgf = is_sha1 ? CKG_MGF1_SHA1 : CKG_MGF1_SHA256,
                .source = CKZ_DATA_SPECIFIED,
        };
        return (CK_MECHANISM){ CKM_RSA_PKCS_OAEP, oaep, sizeof(*oaep) };
}

static pawl_err decrypt(pawl_p11 *p, CK_OBJECT_HANDLE o, pawl_span key, pawl_pkcs11_padding padding,
        const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret s = { 0 };
        CK_RSA_PKCS_OAEP_PARAMS oaep = { 0 };
        CK_MECHANISM mechanism = rsa_mechanism(padding, &oaep);
        CK_ULONG n = key.len;
        CK_RV rv = p->slot.module->C_DecryptInit(p->session, &mechanism, o);

        if (rv != CKR_OK)
                return pawl_p11_fail(d, PAWL_ERR_UNSUPPORTED, rv, p,
                        "it cannot decrypt with the padding that is wanted");
        PAWL_TRY(pawl_p11_login_again(p, ask, o, d));
        PAWL_TRY(pawl_secret_new(key.len, &s)); /* a plain text is shorter */
        rv = p->slot.module->C_Decrypt(p->session, (unsigned char *)key.data, key.len, s.data, &n);
        if (rv != CKR_OK)
                return use_error(d, rv, p);
        if (n == 0 || n > s.len)
                return pawl_fail(d, PAWL_ERR_KEY, "PKCS#11 %s: it decrypts to nothing", p->name);
        pawl_secret_truncate(&s, n);
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

/* A point that is not on the key's curve would make a careless token tell bits of its key. */
static pawl_err check_point(pawl_p11 *p, CK_OBJECT_HANDLE o, pawl_span point, pawl_diag *d)
{
        pawl_autosecret pawl_secret der = { 0 };
        pawl_autopkey EVP_PKEY *public_key = NULL;
        const unsigned char *at;
        EC_GROUP *group = NULL;
        EC_POINT *on = NULL;
        bool is_ok;

        if (pawl_p11_value(p, o, CKA_EC_PARAMS, &der) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: it does not tell the curve of its key", p->name);
        at = der.data;
        group = d2i_ECPKParameters(NULL, &at, (long)der.len);
        on = group ? EC_POINT_new(group) : NULL;
        is_ok = on && point.len > 1 && point.data[0] == POINT_CONVERSION_UNCOMPRESSED &&
                EC_POINT_oct2point(group, on, point.data, point.len, NULL) == 1;
        EC_POINT_free(on);
        EC_GROUP_free(group);
        return is_ok ? PAWL_OK
                     : pawl_fail(d, PAWL_ERR_KEY,
                               "PKCS#11 %s: what stands in the header is no point of the curve of "
                               "its key",
                               p->name);
}

static pawl_err read_derived(
        pawl_p11 *p, CK_OBJECT_HANDLE derived, size_t len, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret s = { 0 };

        if (pawl_p11_value(p, derived, CKA_VALUE, &s) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: it does not give out what it derived", p->name);
        if (s.len != len)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: it derived %zu bytes, not the %zu of the curve", p->name,
                        s.len, len);
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

static pawl_err derive(pawl_p11 *p, CK_OBJECT_HANDLE o, pawl_span point, const pawl_ask *ask,
        pawl_secret *ret, pawl_diag *d)
{
        CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
        CK_OBJECT_CLASS class = CKO_SECRET_KEY;
        CK_KEY_TYPE type = CKK_GENERIC_SECRET;
        CK_ATTRIBUTE want[] = {
                {CKA_TOKEN,        &no,    sizeof(no)   },
                { CKA_CLASS,       &class, sizeof(class)},
                { CKA_KEY_TYPE,    &type,  sizeof(type) },
                { CKA_SENSITIVE,   &no,    sizeof(no)   },
                { CKA_EXTRACTABLE, &yes,   sizeof(yes)  }
        };
        CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL,
                .ulPublicDataLen = point.len,
                .pPublicData = (unsigned char *)point.data };
        CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
        CK_FUNCTION_LIST *m = p->slot.module;
        CK_OBJECT_HANDLE derived = 0;
        pawl_err err;
        CK_RV rv;

        PAWL_TRY(check_point(p, o, point, d));
        PAWL_TRY(pawl_p11_login_again(p, ask, o, d));
        rv = m->C_DeriveKey(
                p->session, &mechanism, o, want, sizeof(want) / sizeof(want[0]), &derived);
        if (rv != CKR_OK)
                return use_error(d, rv, p);
        err = read_derived(p, derived, (point.len - 1) / 2, ret, d);
        (void)m->C_DestroyObject(p->session, derived);
        return err;
}

/* The modulus says how long a cipher text is; what has another length is not asked about. */
static pawl_err check_length(pawl_p11 *p, CK_OBJECT_HANDLE o, pawl_span key, pawl_diag *d)
{
        pawl_autosecret pawl_secret modulus = { 0 };
        size_t len;

        if (pawl_p11_value(p, o, CKA_MODULUS, &modulus) != PAWL_OK)
                return PAWL_OK;
        for (len = modulus.len; len > 0 && modulus.data[modulus.len - len] == 0;)
                len--;
        if (len == key.len)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_KEY,
                "PKCS#11 %s: the header holds %zu encrypted bytes, its key wants %zu: another key",
                p->name, key.len, len);
}

pawl_err pawl_p11_use(pawl_p11 *p, CK_OBJECT_HANDLE private_key, pawl_span key,
        pawl_pkcs11_padding padding, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        CK_KEY_TYPE type = 0;

        if (key.len == 0 || key.len > PAWL_PKCS11_KEY_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "PKCS#11: %zu bytes of key, not 1 to %u",
                        key.len, PAWL_PKCS11_KEY_MAX);
        PAWL_TRY(pawl_p11_key_type(p, private_key, &type, d));
        if (type == CKK_EC)
                return derive(p, private_key, key, ask, ret, d);
        if (type != CKK_RSA)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: its key is neither RSA nor EC", p->name);
        PAWL_TRY(check_length(p, private_key, key, d));
        return decrypt(p, private_key, key, padding, ask, ret, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A new secret for a token: OpenSSL works with the public half, the token proves the private one.
 */
#include <openssl/rsa.h>
#include <string.h>

#include "userspace/token/pkcs11-token.h"

#define RSA_BITS_MIN 2048 /* NIST SP 800-131A */

static void ctx_free_p(EVP_PKEY_CTX **c)
{
        EVP_PKEY_CTX_free(*c);
}
#define autoctx pawl_cleanup(ctx_free_p)

static bool set_padding(EVP_PKEY_CTX *ctx, pawl_pkcs11_padding padding)
{
        const EVP_MD *md = padding == PAWL_PKCS11_OAEP_SHA256 ? EVP_sha256() : EVP_sha1();

        if (padding == PAWL_PKCS11_PKCS1)
                return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) > 0 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) > 0;
}

static pawl_err encrypt(
        EVP_PKEY *public_key, pawl_pkcs11_padding padding, const pawl_secret *s, pawl_buffer *ret)
{
        autoctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public_key, NULL);
        size_t n = (size_t)EVP_PKEY_get_size(public_key);

        PAWL_TRY(pawl_buffer_new(n, ret));
        if (!ctx || EVP_PKEY_encrypt_init(ctx) <= 0 || !set_padding(ctx, padding) ||
                EVP_PKEY_encrypt(ctx, ret->data, &n, s->data, s->len) <= 0 || n != ret->len)
                return PAWL_ERR_CRYPTO;
        return PAWL_OK;
}

/* Half as many bytes as the modulus, as systemd: they fit in each padding. */
static pawl_err make_rsa(EVP_PKEY *public_key, pawl_pkcs11_made *ret, pawl_diag *d)
{
        size_t len = (size_t)EVP_PKEY_get_bits(public_key) / 8 / 2;

        if (EVP_PKEY_get_bits(public_key) < RSA_BITS_MIN ||
                (size_t)EVP_PKEY_get_size(public_key) > PAWL_PKCS11_KEY_MAX)
                return pawl_fail(d, PAWL_ERR_REFUSED, "its RSA key has %d bits, not %d to %u",
                        EVP_PKEY_get_bits(public_key), RSA_BITS_MIN, 8 * PAWL_PKCS11_KEY_MAX);
        return pawl_secret_random(len, &ret->secret);
}

static pawl_err take_point(EVP_PKEY *own, pawl_buffer *ret)
{
        unsigned char *point = NULL;
        size_t n = EVP_PKEY_get1_encoded_public_key(own, &point);
        pawl_err err = n > 0 && n <= PAWL_PKCS11_KEY_MAX
                               ? pawl_buffer_dup(pawl_span_of(point, n), ret)
                               : PAWL_ERR_CRYPTO;

        OPENSSL_free(point);
        return err;
}

/* ECDH with a key of the same curve that lives as long as this function. */
static pawl_err make_ec(EVP_PKEY *public_key, pawl_pkcs11_made *ret)
{
        autoctx EVP_PKEY_CTX *generate = EVP_PKEY_CTX_new(public_key, NULL), *ctx = NULL;
        pawl_autopkey EVP_PKEY *own = NULL;
        size_t n = 0;

        if (!generate || EVP_PKEY_keygen_init(generate) <= 0 ||
                EVP_PKEY_keygen(generate, &own) <= 0)
                return PAWL_ERR_CRYPTO;
        ctx = EVP_PKEY_CTX_new(own, NULL);
        if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 ||
                EVP_PKEY_derive_set_peer(ctx, public_key) <= 0 ||
                EVP_PKEY_derive(ctx, NULL, &n) <= 0)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(pawl_secret_new(n, &ret->secret));
        if (EVP_PKEY_derive(ctx, ret->secret.data, &n) <= 0 || n != ret->secret.len)
                return PAWL_ERR_CRYPTO;
        return take_point(own, &ret->key);
}

static pawl_err prove(pawl_p11 *p, CK_OBJECT_HANDLE private_key, const pawl_pkcs11_made *made,
        const pawl_ask *ask, pawl_diag *d)
{
        pawl_autosecret pawl_secret again = { 0 };

        PAWL_TRY(pawl_p11_use(
                p, private_key, pawl_buffer_span(&made->key), made->padding, ask, &again, d));
        if (again.len != made->secret.len ||
                !pawl_equal_ct(again.data, made->secret.data, again.len))
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "PKCS#11 %s: its private key does not belong to its public one or to its "
                        "certificate",
                        p->name);
        return PAWL_OK;
}

static pawl_err try_padding(pawl_p11 *p, CK_OBJECT_HANDLE private_key, EVP_PKEY *public_key,
        const pawl_ask *ask, pawl_pkcs11_made *m, pawl_diag *d)
{
        pawl_buffer_done(&m->key);
        PAWL_TRY(encrypt(public_key, m->padding, &m->secret, &m->key));
        return prove(p, private_key, m, ask, d);
}

/* Tokens do not tell which hashes they can for OAEP, so each is tried. */
static pawl_err pad(pawl_p11 *p, CK_OBJECT_HANDLE private_key, EVP_PKEY *public_key,
        pawl_pkcs11_padding wanted, const pawl_ask *ask, pawl_pkcs11_made *m, pawl_diag *d)
{
        pawl_err err = PAWL_ERR_UNSUPPORTED;

        if (wanted != PAWL_PKCS11_UNSAID) {
                m->padding = wanted;
                return try_padding(p, private_key, public_key, ask, m, d);
        }
        for (m->padding = PAWL_PKCS11_OAEP_SHA256; m->padding != PAWL_PKCS11_UNSAID; m->padding--) {
                err = try_padding(p, private_key, public_key, ask, m, d);
                if (err != PAWL_ERR_UNSUPPORTED && err != PAWL_ERR_KEY)
                        return err;
        }
        return err;
}

static pawl_err make(pawl_p11 *p, CK_OBJECT_HANDLE private_key, pawl_pkcs11_padding wanted,
        const pawl_ask *ask, pawl_pkcs11_made *m, pawl_diag *d)
{
        pawl_autopkey EVP_PKEY *public_key = NULL;

        PAWL_TRY(pawl_p11_public_key(p, private_key, &public_key, d));
        if (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC) {
                if (wanted != PAWL_PKCS11_UNSAID)
                        return pawl_fail(
                                d, PAWL_ERR_USAGE, "PKCS#11 %s: an EC key has no padding", p->name);
                PAWL_TRY(make_ec(public_key, m));
                return prove(p, private_key, m, ask, d);
        }
        if (EVP_PKEY_get_base_id(public_key) != EVP_PKEY_RSA)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "PKCS#11 %s: its key is neither RSA nor EC", p->name);
        PAWL_TRY(make_rsa(public_key, m, d));
        return pad(p, private_key, public_key, wanted, ask, m, d);
}

/* "auto" becomes this token (label, serial, …) and the key's id; else the person's own words stay:
 * who leaves the serial out wants a twin of the token to open as well. */
static pawl_err name_key(pawl_p11 *p, CK_OBJECT_HANDLE private_key, bool is_auto, char **ret)
{
        CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
        CK_ATTRIBUTE type = { CKA_CLASS, &class, sizeof(class) };
        pawl_autosecret pawl_secret id = { 0 };
        CK_ATTRIBUTE key = { CKA_ID, NULL, 0 };

        if (is_auto)
                *p11_kit_uri_get_token_info(p->uri) = p->slot.info;
        PAWL_TRY(pawl_p11_value(p, private_key, CKA_ID, &id));
        key.pValue = id.data;
        key.ulValueLen = id.len;
        /* an id says all; a certificate's label need not be its key's */
        (void)p11_kit_uri_clear_attribute(p->uri, CKA_LABEL);
        if (p11_kit_uri_set_attribute(p->uri, &type) != P11_KIT_URI_OK ||
                p11_kit_uri_set_attribute(p->uri, &key) != P11_KIT_URI_OK ||
                p11_kit_uri_format(p->uri, P11_KIT_URI_FOR_ANY, ret) != P11_KIT_URI_OK)
                return PAWL_ERR_NO_MEMORY;
        return strlen(*ret) <= PAWL_PKCS11_URI_MAX ? PAWL_OK : PAWL_ERR_LIMIT;
}

/* The URI goes into the header, for everybody to read. */
static pawl_err refuse_query(const P11KitUri *uri, pawl_diag *d)
{
        if (p11_kit_uri_get_pin_value(uri) || p11_kit_uri_get_pin_source(uri) ||
                p11_kit_uri_get_module_name(uri) || p11_kit_uri_get_module_path(uri))
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the PKCS#11 URI goes into the volume's header, for everybody to read, "
                        "and must name no PIN and no module; leave out what follows '?'");
        return PAWL_OK;
}

pawl_err pawl_pkcs11_make(const char *uri, pawl_pkcs11_padding wanted, const pawl_ask *ask,
        pawl_pkcs11_made *ret, pawl_diag *d)
{
        pawl_autopkcs11made pawl_pkcs11_made m = { 0 };
        pawl_autop11 pawl_p11 p = { 0 };
        CK_OBJECT_HANDLE private_key = 0;

        PAWL_TRY(pawl_p11_open(uri, &p, d));
        PAWL_TRY(refuse_query(p.uri, d));
        PAWL_TRY(pawl_p11_login(&p, ask, d));
        PAWL_TRY(pawl_p11_private_key(&p, &private_key, d));
        PAWL_TRY(make(&p, private_key, wanted, ask, &m, d));
        PAWL_TRY(name_key(&p, private_key, strcmp(uri, "auto") == 0, &m.uri));
        *ret = m;
        m = (pawl_pkcs11_made){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and certificates in PEM (or DER, for certificates) files, as OpenSSL objects. */
#ifndef PAWL_UKI_KEY_H
#define PAWL_UKI_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/alg.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

static inline void pawl_pkey_free_p(EVP_PKEY **k)
{
        EVP_PKEY_free(*k);
}
#define pawl_autopkey pawl_cleanup(pawl_pkey_free_p)

static inline void pawl_x509_free_p(X509 **c)
{
        X509_free(*c);
}
#define pawl_autox509 pawl_cleanup(pawl_x509_free_p)

/* A key that is protected by a passphrase is refused: nothing here asks for one. */
PAWL_MUST_CHECK pawl_err pawl_key_load_private(const char *path, EVP_PKEY **ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_key_load_public(const char *path, EVP_PKEY **ret, pawl_diag *d);
/* From PEM text; `name` for messages. */
PAWL_MUST_CHECK pawl_err pawl_key_parse_public(
        pawl_span pem, const char *name, EVP_PKEY **ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_key_load_certificate(const char *path, X509 **ret, pawl_diag *d);

/* The public half as PEM (SubjectPublicKeyInfo), for `.pcrpkey`. */
PAWL_MUST_CHECK pawl_err pawl_key_public_pem(EVP_PKEY *key, pawl_buffer *ret);
/* SHA-256 of the PKCS#1 RSAPublicKey: how `.pcrsig` names a key. UNSUPPORTED unless it is RSA. */
PAWL_MUST_CHECK pawl_err pawl_key_fingerprint(EVP_PKEY *key, pawl_digest *ret);
PAWL_MUST_CHECK pawl_err pawl_certificate_der(X509 *certificate, pawl_buffer *ret);

#endif

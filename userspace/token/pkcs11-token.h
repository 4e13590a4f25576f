/* SPDX-License-Identifier: BSD-2-Clause */
/* One token in use: found by its URI, a read-only session, a login, its objects. For the files
 * pkcs11*.c only. */
#ifndef PAWL_TOKEN_PKCS11_TOKEN_H
#define PAWL_TOKEN_PKCS11_TOKEN_H

#include <openssl/evp.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "userspace/token/pkcs11.h"

#define PAWL_P11_TOKENS_MAX  16u
#define PAWL_P11_OBJECTS_MAX 16u
#define PAWL_P11_MATCH_MAX   8u          /* attributes of one search */
#define PAWL_P11_VALUE_MAX   (16u << 10) /* bytes of an attribute: a certificate */

typedef struct pawl_p11_slot {
        CK_FUNCTION_LIST *module;
        CK_SLOT_ID id;
        CK_TOKEN_INFO info;
} pawl_p11_slot;

typedef struct pawl_p11 {
        CK_FUNCTION_LIST **modules; /* those of p11-kit */
        CK_FUNCTION_LIST *only[2];  /* or the one of PAWL_PKCS11_MODULE, and NULL */
        P11KitUri *uri;
        pawl_p11_slot slot;
        CK_SESSION_HANDLE session;
        bool has_session;
        char name[160];  /* "token LABEL (serial SERIAL)" */
        pawl_secret pin; /* for keys that want it before each use */
} pawl_p11;

/* Finds the one token of `uri` ("auto" as pawl_pkcs11_make) and opens a session. */
PAWL_MUST_CHECK pawl_err pawl_p11_open(const char *uri, pawl_p11 *ret, pawl_diag *d);
void pawl_p11_close(pawl_p11 *p);
#define pawl_autop11 pawl_cleanup(pawl_p11_close)
PAWL_MUST_CHECK pawl_err pawl_p11_login(pawl_p11 *p, const pawl_ask *ask, pawl_diag *d);
/* The PIN again, as CKA_ALWAYS_AUTHENTICATE wants it between the start of an operation and its use.
 */
PAWL_MUST_CHECK pawl_err pawl_p11_login_again(
        pawl_p11 *p, const pawl_ask *ask, CK_OBJECT_HANDLE key, pawl_diag *d);
/* What the token answered, in words, behind the text. */
PAWL_MUST_CHECK pawl_err pawl_p11_fail(
        pawl_diag *d, pawl_err err, CK_RV rv, const pawl_p11 *p, const char *what);

/* --- objects --- */

/* What an object must have. The values are borrowed. */
typedef struct pawl_p11_match {
        CK_ATTRIBUTE rows[PAWL_P11_MATCH_MAX];
        size_t n;
        CK_OBJECT_CLASS class; /* rows[0] points here where a class is wanted */
} pawl_p11_match;
/* `class` and everything of the URI but its own class. */
PAWL_MUST_CHECK pawl_err pawl_p11_match_uri(
        const pawl_p11 *p, CK_OBJECT_CLASS class, pawl_p11_match *ret, pawl_diag *d);
/* `class` with a CKA_ID, which is what ties a key's halves and its certificate together. */
pawl_p11_match pawl_p11_match_id(CK_OBJECT_CLASS class, const pawl_secret *id);
PAWL_MUST_CHECK pawl_err pawl_p11_find(pawl_p11 *p, pawl_p11_match *match,
        CK_OBJECT_HANDLE ret_objects[static PAWL_P11_OBJECTS_MAX], size_t *ret_n, pawl_diag *d);
/* An attribute's bytes: NOT_FOUND if the object has it not. */
PAWL_MUST_CHECK pawl_err pawl_p11_value(
        pawl_p11 *p, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type, pawl_secret *ret);
bool pawl_p11_is(pawl_p11 *p, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type);
/* RSA, EC, …; UNSUPPORTED if the token does not say. */
PAWL_MUST_CHECK pawl_err pawl_p11_key_type(
        pawl_p11 *p, CK_OBJECT_HANDLE o, CK_KEY_TYPE *ret, pawl_diag *d);
/* The one private key of the URI that can decrypt or derive; DUPLICATE, NOT_FOUND. */
PAWL_MUST_CHECK pawl_err pawl_p11_private_key(pawl_p11 *p, CK_OBJECT_HANDLE *ret, pawl_diag *d);
/* The public half of a private key: a public key or an X.509 certificate with the same CKA_ID. */
PAWL_MUST_CHECK pawl_err pawl_p11_public_key(
        pawl_p11 *p, CK_OBJECT_HANDLE private_key, EVP_PKEY **ret, pawl_diag *d);

/* --- using the private key --- */

PAWL_MUST_CHECK pawl_err pawl_p11_use(pawl_p11 *p, CK_OBJECT_HANDLE private_key, pawl_span key,
        pawl_pkcs11_padding padding, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d);

static inline void pawl_pkey_free_p(EVP_PKEY **k)
{
        EVP_PKEY_free(*k);
}
#define pawl_autopkey pawl_cleanup(pawl_pkey_free_p)

#endif

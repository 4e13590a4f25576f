/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret from a PKCS#11 token, as systemd uses it: RSA decrypts a random key that the header
 * holds; EC derives one by ECDH from an ephemeral public point. Tokens are found through p11-kit's
 * configured modules (PAWL_PKCS11_MODULE in the environment: that library instead). A URI may come
 * from a LUKS2 header, so from the attacker: it only selects among the tokens that are there. Its
 * module-path, module-name, pin-source and pin-value are never followed. PKCS#11 v2.40, RFC 7512.
 */
#ifndef PAWL_TOKEN_PKCS11_H
#define PAWL_TOKEN_PKCS11_H

#include "userspace/host/ask.h"

#define PAWL_PKCS11_URI_MAX 1024u /* bytes */
#define PAWL_PKCS11_KEY_MAX 1024u /* bytes: RSA with 8192 bits */

/* How the secret was encrypted to an RSA key; EC has none. */
typedef enum pawl_pkcs11_padding {
        PAWL_PKCS11_UNSAID, /* EC, or RSA by systemd before 261: PKCS#1 v1.5 */
        PAWL_PKCS11_PKCS1,
        PAWL_PKCS11_OAEP_SHA1,
        PAWL_PKCS11_OAEP_SHA256,
} pawl_pkcs11_padding;

/* The secret (raw: its base64 text is the passphrase) that the token of `uri` makes of `key`. `ask`
 * (NULL: nobody) is asked for the PIN, at most three times and never twice with the same one.
 * NOT_FOUND: no such token is plugged in; KEY: a wrong PIN, or a key that does not fit; DENIED: the
 * PIN is locked; DUPLICATE: the URI names several tokens or keys; UNSUPPORTED without p11-kit. */
PAWL_MUST_CHECK pawl_err pawl_pkcs11_secret(const char *uri, pawl_span key,
        pawl_pkcs11_padding padding, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d);

/* A new secret for a token, not in a header yet. */
typedef struct pawl_pkcs11_made {
        char *uri; /* of the private key */
        pawl_buffer key;
        pawl_pkcs11_padding padding;
        pawl_secret secret;
} pawl_pkcs11_made;
void pawl_pkcs11_made_done(pawl_pkcs11_made *m);
#define pawl_autopkcs11made pawl_cleanup(pawl_pkcs11_made_done)

/* For the key of `uri` ("auto": of the only token with a PIN and one usable key), whose public half
 * is on the token as a certificate or as it is. `wanted`: the padding for RSA; UNSAID: the best
 * that the token can (OAEP with SHA-256, SHA-1, then PKCS#1 v1.5). The private key is used once, so
 * what is returned has opened. Errors as pawl_pkcs11_secret. */
PAWL_MUST_CHECK pawl_err pawl_pkcs11_make(const char *uri, pawl_pkcs11_padding wanted,
        const pawl_ask *ask, pawl_pkcs11_made *ret, pawl_diag *d);

bool pawl_pkcs11_is_built_in(void);

#endif

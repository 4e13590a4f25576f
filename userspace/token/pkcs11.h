/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret from a PKCS#11 token, as systemd uses it: RSA decrypts a random key that the header
 * holds; EC derives one by ECDH from an ephemeral public point. */
#ifndef PAWL_TOKEN_PKCS11_H
#define PAWL_TOKEN_PKCS11_H

#define PAWL_PKCS11_URI_MAX 1024u /* bytes */
#define PAWL_PKCS11_KEY_MAX 1024u /* bytes: RSA with 8192 bits */

/* How the secret was encrypted to an RSA key; EC has none. */
typedef enum pawl_pkcs11_padding {
        PAWL_PKCS11_UNSAID, /* EC, or RSA by systemd before 261: PKCS#1 v1.5 */
        PAWL_PKCS11_PKCS1,
        PAWL_PKCS11_OAEP_SHA1,
        PAWL_PKCS11_OAEP_SHA256,
} pawl_pkcs11_padding;

#endif

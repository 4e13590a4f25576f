/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret from a FIDO2 token (CTAP2, extension hmac-secret), as systemd uses it: the token's HMAC
 * over a salt of 32 bytes, its base64 text being the passphrase of a keyslot. */
#ifndef PAWL_TOKEN_FIDO2_H
#define PAWL_TOKEN_FIDO2_H

#define PAWL_FIDO2_RP             "io.systemd.cryptsetup" /* where a LUKS2 token names none */
#define PAWL_FIDO2_RP_MAX         255u                    /* bytes */
#define PAWL_FIDO2_CREDENTIAL_MAX 1024u                   /* bytes of a credential's id */
#define PAWL_FIDO2_SALT_SIZE      32u

/* Whether a token has to be given a PIN, a touch, a finger. */
typedef enum pawl_fido2_need {
        PAWL_FIDO2_UNSAID, /* tokens by systemd 248: what the device asks for; a finger never */
        PAWL_FIDO2_NO,
        PAWL_FIDO2_YES,
} pawl_fido2_need;

#endif

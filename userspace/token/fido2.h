/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret from a FIDO2 token (CTAP2, extension hmac-secret), as systemd uses it: the token's HMAC
 * over a salt of 32 bytes, its base64 text being the passphrase of a keyslot. Which token a
 * credential belongs to is found without bothering a person where the token allows it. */
#ifndef PAWL_TOKEN_FIDO2_H
#define PAWL_TOKEN_FIDO2_H

#include "userspace/host/ask.h"

#define PAWL_FIDO2_RP             "io.systemd.cryptsetup" /* where a LUKS2 token names none */
#define PAWL_FIDO2_RP_MAX         255u                    /* bytes */
#define PAWL_FIDO2_CREDENTIAL_MAX 1024u                   /* bytes of a credential's id */
#define PAWL_FIDO2_SALT_SIZE      32u
#define PAWL_FIDO2_TIMEOUT_MS     30000u /* for a touch, where the caller has no better idea */

/* Whether a token has to be given a PIN, a touch, a finger. */
typedef enum pawl_fido2_need {
        PAWL_FIDO2_UNSAID, /* tokens by systemd 248: what the device asks for; a finger never */
        PAWL_FIDO2_NO,
        PAWL_FIDO2_YES,
} pawl_fido2_need;

/* One enrolled credential; borrowed. It comes from a LUKS2 header, so from the attacker: it can
 * only select among the tokens that are there, and what a wrong salt yields opens no keyslot. */
typedef struct pawl_fido2_key {
        pawl_span credential, salt;
        const char *rp;
        pawl_fido2_need pin, presence, verification;
} pawl_fido2_key;

/* The secret (32 raw bytes) of `k` from the token at `path` (NULL: the first that has the
 * credential). NOT_FOUND: none that is plugged in has it; TIMEOUT: not touched within `timeout_ms`;
 * KEY: wrong PIN and no more asked for; DENIED: the token's PIN is blocked; CANCELLED; UNSUPPORTED
 * without libfido2. */
PAWL_MUST_CHECK pawl_err pawl_fido2_secret(const pawl_fido2_key *k, const char *path,
        unsigned timeout_ms, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d);

typedef enum pawl_fido2_algorithm {
        PAWL_FIDO2_ES256,
        PAWL_FIDO2_RS256,
        PAWL_FIDO2_EDDSA,
} pawl_fido2_algorithm;

/* What a new credential shall demand. */
typedef struct pawl_fido2_wish {
        const char *path; /* NULL: the only token that is plugged in */
        const char *user; /* shown by tokens with a display; NULL: the volume has no name */
        bool pin, presence, verification;
        pawl_fido2_algorithm algorithm;
} pawl_fido2_wish;

typedef struct pawl_fido2_made {
        pawl_buffer credential, salt;
        pawl_fido2_need pin, presence, verification;
        /* The PIN was wished for, and the token gives the same secret without it, as those of CTAP
         * 2.0 may: the PIN is then asked for by honest programs only. */
        bool is_pin_idle;
        pawl_secret secret;
} pawl_fido2_made;
void pawl_fido2_made_done(pawl_fido2_made *m);
#define pawl_autofido2made pawl_cleanup(pawl_fido2_made_done)

/* Makes a credential that is not kept on the token, and uses it twice: what is returned has opened.
 * With a PIN it is then asked once without.
 * NOT_FOUND, DUPLICATE (several tokens and no path), UNSUPPORTED for a token without hmac-secret or
 * without what is wished; else as pawl_fido2_secret. */
PAWL_MUST_CHECK pawl_err pawl_fido2_make(const pawl_fido2_wish *w, unsigned timeout_ms,
        const pawl_ask *ask, pawl_fido2_made *ret, pawl_diag *d);

/* How many tokens are plugged in, of any kind. */
size_t pawl_fido2_count(void);
bool pawl_fido2_is_built_in(void);

#endif

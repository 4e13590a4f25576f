/* SPDX-License-Identifier: BSD-2-Clause */
/* A FIDO2 token that tests talk to: CTAP 2.0 with ES256, client PIN (protocol 1) and hmac-secret.
 * What it has to remember stands in a folder: `pin` (the PIN itself), `retries`, and for each
 * credential its key and secrets. Whether somebody touches it says the file `touch` there;
 * with a file `one-secret` it gives the same secret with and without PIN. */
#ifndef PAWL_TESTS_FIDO2_AUTHENTICATOR_H
#define PAWL_TESTS_FIDO2_AUTHENTICATOR_H

#include <openssl/evp.h>

#include "core/span.h"

#define FIDO2_MESSAGE_MAX 2048

typedef struct authenticator {
        const char *folder;
        EVP_PKEY *agreement;
        uint8_t pin_token[32];
        unsigned n_wrong; /* PINs in a row, since it was plugged in */
} authenticator;

bool authenticator_start(authenticator *a, const char *folder);
void authenticator_end(authenticator *a);
/* Whether this request waits for a touch. */
bool authenticator_wants_touch(pawl_span request);
bool authenticator_is_touched(const authenticator *a);
/* Carries out a CTAP2 request: the response, whose first byte is the status. */
void authenticator_run(authenticator *a, pawl_span request, pawl_writer *response);

/* CTAP status bytes */
enum {
        CTAP_OK = 0,
        CTAP_INVALID_COMMAND = 0x01,
        CTAP_INVALID_CBOR = 0x12,
        CTAP_UNSUPPORTED_ALGORITHM = 0x26,
        CTAP_KEEPALIVE_CANCEL = 0x2d,
        CTAP_NO_CREDENTIALS = 0x2e,
        CTAP_USER_ACTION_TIMEOUT = 0x2f,
        CTAP_PIN_INVALID = 0x31,
        CTAP_PIN_BLOCKED = 0x32,
        CTAP_PIN_AUTH_INVALID = 0x33,
        CTAP_PIN_AUTH_BLOCKED = 0x34,
        CTAP_PIN_NOT_SET = 0x35,
        CTAP_PIN_REQUIRED = 0x36,
        CTAP_OTHER = 0x7f,
};

#endif

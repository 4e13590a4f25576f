/* SPDX-License-Identifier: BSD-2-Clause */
/* What the token of the tests remembers, as files in its folder. */
#ifndef PAWL_TESTS_FIDO2_STORE_H
#define PAWL_TESTS_FIDO2_STORE_H

#include <openssl/evp.h>

#include "core/span.h"

#define STORE_ID_SIZE 32

typedef struct credential {
        uint8_t id[STORE_ID_SIZE];
        EVP_PKEY *key;
        uint8_t secrets[64]; /* of hmac-secret: with user verification, and without */
} credential;

bool store_has(const char *folder, const char *name);
/* The text of a file without its line end, at most `size` - 1 bytes; false without one. */
bool store_get(const char *folder, const char *name, char *ret, size_t size);
bool store_put(const char *folder, const char *name, pawl_span content);
bool store_make(const char *folder, credential *ret);
bool store_find(const char *folder, pawl_span id, credential *ret);

#endif

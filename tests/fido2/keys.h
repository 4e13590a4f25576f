/* SPDX-License-Identifier: BSD-2-Clause */
/* P-256, AES and HMAC as CTAP2 uses them, through OpenSSL. */
#ifndef PAWL_TESTS_FIDO2_KEYS_H
#define PAWL_TESTS_FIDO2_KEYS_H

#include <openssl/evp.h>

#include "core/span.h"

bool keys_public(EVP_PKEY *key, uint8_t ret_x[static 32], uint8_t ret_y[static 32]);
/* SHA-256 of the x-coordinate that `own` shares with the point. */
bool keys_agree(EVP_PKEY *own, pawl_span x, pawl_span y, uint8_t ret[static 32]);
/* AES-256-CBC without padding, IV zero; `n` is a multiple of 16. */
bool keys_aes(const uint8_t key[static 32], bool is_encrypting, pawl_span in, uint8_t *ret);
bool keys_hmac(const uint8_t key[static 32], pawl_span data, uint8_t ret[static 32]);
bool keys_sign(EVP_PKEY *key, pawl_span a, pawl_span b, uint8_t *ret, size_t *len);
bool keys_sha256(pawl_span data, uint8_t ret[static 32]);

#endif

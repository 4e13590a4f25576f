/* SPDX-License-Identifier: BSD-2-Clause */
/* Hybrid public key encryption, RFC 9180: base mode with DHKEM(X25519, HKDF-SHA256) and
 * HKDF-SHA256, used for its export interface only (section 5.3, AEAD id 0xffff): both sides get the
 * same secret, which is a key for something else. Own code because OpenSSL 3.0 has none; the
 * primitives are OpenSSL's. */
#ifndef PAWL_CRED_HPKE_H
#define PAWL_CRED_HPKE_H

#include "userspace/host/buffer.h"

#define PAWL_HPKE_KEY_SIZE 32 /* bytes of a public, a private and an exported key */

/* A new key pair. */
PAWL_MUST_CHECK pawl_err pawl_hpke_generate(
        pawl_secret *ret_private, uint8_t ret_public[static PAWL_HPKE_KEY_SIZE]);

/* For the owner of `public`: `ret_enc` is what it needs to get the same `ret_key`. CRYPTO for a
 * public key that makes every secret the same (section 7.1.4). */
PAWL_MUST_CHECK pawl_err pawl_hpke_send(pawl_span public, pawl_span info,
        uint8_t ret_enc[static PAWL_HPKE_KEY_SIZE], pawl_secret *ret_key);
PAWL_MUST_CHECK pawl_err pawl_hpke_receive(
        pawl_span private, pawl_span enc, pawl_span info, pawl_secret *ret_key);

#endif

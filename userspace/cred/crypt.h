/* SPDX-License-Identifier: BSD-2-Clause */
/* The encryption of a credential, and the key for it. */
#ifndef PAWL_CRED_CRYPT_H
#define PAWL_CRED_CRYPT_H

#include "userspace/cred/envelope.h"
#include "userspace/cred/scope.h"

/* From the parts that take part: SHA-256(host || tpm), either empty where it does not; with a scope
 * bound to its user. `ret`: PAWL_CRED_KEY_SIZE bytes. */
PAWL_MUST_CHECK pawl_err pawl_cred_data_key(
        pawl_span host, pawl_span tpm, const pawl_cred_scope *scope, pawl_secret *ret);

/* Fills in a new IV, and gives the whole credential: header, ciphertext, tag. `e` has all that the
 * header says. */
PAWL_MUST_CHECK pawl_err pawl_cred_encrypt(
        pawl_span key, pawl_cred_envelope e, pawl_span plaintext, pawl_buffer *ret);
/* KEY if it was not this key, or any bit is another. */
PAWL_MUST_CHECK pawl_err pawl_cred_decrypt(
        pawl_span key, const pawl_cred_envelope *e, pawl_secret *ret);

#endif

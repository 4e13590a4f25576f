/* SPDX-License-Identifier: BSD-2-Clause */
/* What a PIN becomes before it reaches a TPM object, in systemd's two derivations: "direct"
 * (PBKDF2, the PIN is the object's authValue) and Argon2id (half of the result is the authValue,
 * the other half goes into the passphrase: who breaks the TPM still has to guess). */
#ifndef PAWL_TOKEN_PIN_H
#define PAWL_TOKEN_PIN_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

/* A reader refuses less than this: an attacker who rewrites the header could otherwise have the PIN
 * tried cheaply. And more than the upper limits, which would only stop the boot. */
#define PAWL_PIN_MEMORY_MIN     ((uint64_t)64 << 20) /* bytes */
#define PAWL_PIN_MEMORY_MAX     ((uint64_t)4 << 30)
#define PAWL_PIN_ITERATIONS_MAX 1000u
#define PAWL_PIN_LANES_MAX      64u

/* authValue of the object; trailing zero bytes are cut off, as a TPM does. */
PAWL_MUST_CHECK pawl_err pawl_pin_direct(pawl_span pin, pawl_span salt, pawl_secret *ret_auth);
/* `memory` in bytes. REFUSED below or above the limits. `ret_lock`: 32 bytes for
 * pawl_pin_passphrase. */
PAWL_MUST_CHECK pawl_err pawl_pin_argon2(pawl_span pin, pawl_span salt, uint64_t memory,
        uint32_t iterations, uint32_t lanes, pawl_secret *ret_auth, pawl_secret *ret_lock,
        pawl_diag *d);
/* The 32 bytes whose base64 text is the passphrase, from the unsealed secret and `lock`. */
PAWL_MUST_CHECK pawl_err pawl_pin_unlock(pawl_span lock, pawl_span unsealed, pawl_secret *ret);

#endif

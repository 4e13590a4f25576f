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
#define PAWL_PIN_MEMORY_MIN ((uint64_t)64 << 20) /* bytes */
/* memory times iterations: RFC 9106, 4, second recommended option */
#define PAWL_PIN_WORK_MIN       ((uint64_t)192 << 20)
#define PAWL_PIN_MEMORY_MAX     ((uint64_t)4 << 30)
#define PAWL_PIN_ITERATIONS_MAX 1000u
#define PAWL_PIN_LANES_MAX      64u
/* What a new PIN is made to cost where it is enrolled. The initrd of the same machine opens it. */
#define PAWL_PIN_SECONDS        2.0
#define PAWL_PIN_MEMORY_NEW_MAX ((uint64_t)1 << 30)

typedef struct pawl_pin_cost {
        uint64_t memory; /* bytes */
        uint32_t iterations, lanes;
} pawl_pin_cost;
/* REFUSED below or above the limits. */
PAWL_MUST_CHECK pawl_err pawl_pin_check_cost(const pawl_pin_cost *c, pawl_diag *d);
/* About PAWL_PIN_SECONDS on this machine, in at most half of its memory. Takes some seconds. */
PAWL_MUST_CHECK pawl_err pawl_pin_measure_cost(pawl_pin_cost *ret, pawl_diag *d);

/* authValue of the object; trailing zero bytes are cut off, as a TPM does. Unsalted: as systemd 251
 * and 252 enrolled, SHA-256 of the PIN itself. */
PAWL_MUST_CHECK pawl_err pawl_pin_unsalted(pawl_span pin, pawl_secret *ret_auth);
PAWL_MUST_CHECK pawl_err pawl_pin_direct(pawl_span pin, pawl_span salt, pawl_secret *ret_auth);
/* `memory` in bytes. REFUSED below or above the limits. `ret_lock`: 32 bytes for
 * pawl_pin_passphrase. */
PAWL_MUST_CHECK pawl_err pawl_pin_argon2(pawl_span pin, pawl_span salt, uint64_t memory,
        uint32_t iterations, uint32_t lanes, pawl_secret *ret_auth, pawl_secret *ret_lock,
        pawl_diag *d);
/* The 32 bytes whose base64 text is the passphrase, from the unsealed secret and `lock`. */
PAWL_MUST_CHECK pawl_err pawl_pin_unlock(pawl_span lock, pawl_span unsealed, pawl_secret *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/tpm2-secret.h"

#include "userspace/token/pin.h"

pawl_err pawl_tpm2_stretch(const pawl_token_tpm2 *t, pawl_span pin, pawl_secret *ret_auth,
        pawl_secret *ret_lock, pawl_diag *d)
{
        if (!t->has_pin)
                return PAWL_OK;
        if (pin.len == 0)
                return pawl_fail(d, PAWL_ERR_KEY, "it wants a PIN and none was given");
        if (t->argon2_memory_bytes != 0)
                return pawl_pin_argon2(pin, pawl_buffer_span(&t->salt), t->argon2_memory_bytes,
                        t->argon2_iterations, t->argon2_lanes, ret_auth, ret_lock, d);
        if (t->salt.len == 0)
                return pawl_pin_unsalted(pin, ret_auth);
        return pawl_pin_direct(pin, pawl_buffer_span(&t->salt), ret_auth);
}

pawl_err pawl_tpm2_passphrase(
        const pawl_secret *unsealed, const pawl_secret *lock, pawl_secret *ret)
{
        pawl_autosecret pawl_secret key = { 0 };

        if (lock->len == 0)
                return pawl_base64_encode(pawl_secret_span(unsealed), ret);
        PAWL_TRY(pawl_pin_unlock(pawl_secret_span(lock), pawl_secret_span(unsealed), &key));
        return pawl_base64_encode(pawl_secret_span(&key), ret);
}

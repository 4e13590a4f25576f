/* SPDX-License-Identifier: BSD-2-Clause */
/* How the PIN of a TPM2 token goes into its object and into the passphrase of its keyslots: one
 * place for enrolling and for opening. */
#ifndef PAWL_LUKS_TPM2_SECRET_H
#define PAWL_LUKS_TPM2_SECRET_H

#include "userspace/luks/token.h"

/* `ret_auth`: the object's authValue; `ret_lock`: with Argon2id the half that goes into the
 * passphrase, else empty. Both stay empty without PIN. KEY if the token wants one and none is
 * given.
 */
PAWL_MUST_CHECK pawl_err pawl_tpm2_stretch(const pawl_token_tpm2 *t, pawl_span pin,
        pawl_secret *ret_auth, pawl_secret *ret_lock, pawl_diag *d);
/* The passphrase from what was unsealed. */
PAWL_MUST_CHECK pawl_err pawl_tpm2_passphrase(
        const pawl_secret *unsealed, const pawl_secret *lock, pawl_secret *ret);

#endif

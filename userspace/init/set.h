/* SPDX-License-Identifier: BSD-2-Clause */
/* The volumes in use, as one set that one sealed secret opens: all of them or none. A volume that
 * wants another secret may be an attacker's, put beside the genuine ones. */
#ifndef PAWL_INIT_SET_H
#define PAWL_INIT_SET_H

#include "userspace/init/boot.h"
#include "userspace/seal/boot-policy.h"

/* An encrypted volume that is not new. */
bool pawl_set_has(const pawl_boot_volume *v);

/* Unseals by each token of `first` that has exactly the policy `bp`, until one opens, and opens all
 * with that secret; it stays in `b->set`. `pin`: len 0 without. MISMATCH if no token has the policy
 * (nothing is told then), NOT_FOUND without any TPM2 token, KEY for a wrong PIN, and as
 * pawl_token_unseal. After a failure some volumes may be unlocked: pawl_set_lock. */
PAWL_MUST_CHECK pawl_err pawl_set_open(pawl_boot *b, const pawl_boot_volume *first,
        const pawl_boot_policy *bp, pawl_span pin, pawl_diag *d);
/* After a secret came out of the object of `t`: leaving is confirmed with the key that it came
 * through, as the one that the TPM named at first was not proven to be its own. */
PAWL_MUST_CHECK pawl_err pawl_set_pin_srk(pawl_boot *b, const pawl_token_tpm2 *t, pawl_diag *d);
/* Forgets the secret, and the keys of what is unlocked. */
PAWL_MUST_CHECK pawl_err pawl_set_lock(pawl_boot *b, pawl_diag *d);

#endif

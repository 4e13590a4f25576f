/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy that a credential in systemd's format is sealed to, and the store's. */
#ifndef PAWL_PAWL_CRED_POLICY_H
#define PAWL_PAWL_CRED_POLICY_H

#include "userspace/cred/store-key.h"
#include "userspace/seal/boot-policy.h"

typedef struct pawl_cred_policy_args {
        const char *profile, *pcrs, *public_key, *public_key_pcrs, *signature;
        const char *firmware_log, *user_log; /* for the store */
        bool accept_foreign_authority;
} pawl_cred_policy_args;

typedef struct pawl_cred_policy_choice {
        pawl_seal_policy policy; /* borrows */
        pawl_buffer public_key_pem;
} pawl_cred_policy_choice;
void pawl_cred_policy_done(pawl_cred_policy_choice *c);
#define pawl_autocredpolicy pawl_cleanup(pawl_cred_policy_done)

/* For systemd's format. `is_signed`: with a public key, `--tpm2-public-key=` or the running
 * image's. Literal PCRs get their given value, or the one that `t` says now; `t` NULL: all have to
 * be given. Profiles with a reference are refused (USAGE): the format has no place for it. */
PAWL_MUST_CHECK pawl_err pawl_cred_policy_choose(pawl_tpm *t, const pawl_cred_policy_args *a,
        bool is_signed, pawl_cred_policy_choice *ret, pawl_diag *d);

/* Whether what is sealed to the running image's key would open: it has signatures without
 * reference. */
bool pawl_cred_image_signs(const char *public_key, const char *signature);

/* The pair that is sealed to; where there is none yet, one is made for the profile (default
 * "services"), and `ret_is_new` set. */
PAWL_MUST_CHECK pawl_err pawl_cred_store_setup(const char *folder, const char *tpm,
        const pawl_cred_policy_args *a, pawl_store_public *ret, bool *ret_is_new, pawl_diag *d);
/* A new pair beside the others, not the current one yet. */
PAWL_MUST_CHECK pawl_err pawl_cred_store_new(const char *folder, pawl_tpm *t,
        const pawl_cred_policy_args *a, pawl_store_public *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy that `pawl disk enroll --tpm2` seals to: a named profile, or one put together on the
 * command line as with systemd-cryptenroll. */
#ifndef PAWL_PAWL_ENROLL_POLICY_H
#define PAWL_PAWL_ENROLL_POLICY_H

#include "userspace/seal/boot-policy.h"

typedef struct pawl_enroll_options {
        const char *profile; /* NULL: signed-os, unless `pcrs` or `ref` make an own policy */
        const char *pcrs;    /* --tpm2-pcrs; NULL: not given */
        const char *ref;     /* --tpm2-public-key-policyref */
        const char *public_key_pcrs; /* --tpm2-public-key-pcrs; NULL: 11 */
        pawl_boot_policy_options boot;
} pawl_enroll_options;

typedef struct pawl_enroll_policy {
        pawl_profile profile;  /* as loaded, or as put together */
        pawl_boot_policy boot; /* borrows `profile` */
        bool is_own;
} pawl_enroll_policy;
void pawl_enroll_policy_done(pawl_enroll_policy *p);
#define pawl_autoenrollpolicy pawl_cleanup(pawl_enroll_policy_done)

/* `t` NULL: for another machine, an own policy whose values are all given (USAGE). `ret` must stay
 * where it is: its policy borrows from it. For a named profile as pawl_boot_policy_for_enrolment.
 * An own policy demands nothing of the machine; PCRs without a given value get the one at the
 * moment of opening, from the verified log. */
PAWL_MUST_CHECK pawl_err pawl_enroll_policy_make(
        pawl_tpm *t, const pawl_enroll_options *o, pawl_enroll_policy *ret, pawl_diag *d);

#endif

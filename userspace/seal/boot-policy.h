/* SPDX-License-Identifier: BSD-2-Clause */
/* What a named policy means on this machine: the PCR values at the moment of opening, taken from
 * the event log (never read from the TPM after the fact: PCR 15 already holds volume keys by then),
 * the running image's public key, and whether the machine is one where the policy holds at all. */
#ifndef PAWL_SEAL_BOOT_POLICY_H
#define PAWL_SEAL_BOOT_POLICY_H

#include "userspace/log/log.h"
#include "userspace/seal/profile.h"

typedef struct pawl_boot_policy_options {
        const char *firmware_log, *user_log; /* NULL: the live ones */
        const char *public_key;              /* PEM file; NULL: the running image's */
        const char *signature;               /* JSON file; NULL: the running image's */
        bool accept_foreign_authority;
        /* Another initrd opens: systemd's, 261 or later, which measures before it does. */
        bool for_systemd;
        /* Not volumes in the initrd are opened, but credentials after it: PCR 11 and 15 as they are
         * once leave-initrd is measured. */
        bool for_services;
        /* Nothing is opened, but the TPM is cleared, by a factory reset in the initrd: PCR 11 as it
         * is once factory-reset is measured. */
        bool for_reset;
} pawl_boot_policy_options;

typedef struct pawl_boot_policy {
        pawl_seal_policy policy; /* borrows the buffers below and the profile */
        pawl_buffer public_key_pem;
        pawl_buffer signature_json; /* empty where nothing is signed */
        pawl_buffer evidence; /* of enrolling: userspace/log/evidence.h for the literal PCRs; empty
                                 without any */
        bool is_now; /* the machine is in the state of opening now: what is sealed can be proven */
} pawl_boot_policy;
void pawl_boot_policy_done(pawl_boot_policy *p);
/* The running image's public key and PCR signatures, as it carries them, or from the file `path`.
 * REFUSED if the image has none. */
PAWL_MUST_CHECK pawl_err pawl_image_public_key(
        const char *path, pawl_buffer *ret_pem, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_image_signatures(
        const char *path, pawl_buffer *ret_json, pawl_diag *d);

#define pawl_autobootpolicy pawl_cleanup(pawl_boot_policy_done)

/* For enrolling. Refuses, with the reason and the next step, where the policy would not hold:
 * Secure Boot off or in setup mode, an empty bank, an image or option ROM vouched for by somebody
 * else, a log that differs from the TPM in a PCR that is bound, no public key in the running image,
 * no signature for the opening state (such a token would never open). */
PAWL_MUST_CHECK pawl_err pawl_boot_policy_for_enrolment(pawl_tpm *t, const pawl_profile *profile,
        const pawl_boot_policy_options *o, pawl_boot_policy *ret, pawl_diag *d);

/* For opening in the initrd, where the profile comes from the measured image: what a token has to
 * demand. Costs no TPM command. The log is not proven here, and need not be: a token counts only if
 * its policy equals this one, and the TPM releases it only if its PCRs are what that policy says.
 */
PAWL_MUST_CHECK pawl_err pawl_boot_policy_demanded(const pawl_profile *profile, pawl_alg bank,
        const pawl_boot_policy_options *o, pawl_boot_policy *ret, pawl_diag *d);

#endif

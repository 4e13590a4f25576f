/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "core/phase.h"
#include "userspace/host/output.h"
#include "userspace/pawl/lockout.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"
#include "userspace/seal/boot-policy.h"
#include "userspace/seal/clear.h"

#define TRIES      32
#define INTERVAL_S 600
#define RECOVERY_S 1000
#define PCR_SECURE 7
#define PCR_KERNEL 11

typedef struct setup_args {
        const char *tpm;
        pawl_boot_policy_options boot;
} setup_args;

static const pawl_option options[] = {
        PAWL_TEXT("tpm", setup_args, tpm),
        PAWL_TEXT("tpm2-public-key", setup_args, boot.public_key),
        PAWL_TEXT("tpm2-signature", setup_args, boot.signature),
        PAWL_TEXT("firmware-log", setup_args, boot.firmware_log),
        PAWL_TEXT("user-log", setup_args, boot.user_log),
        PAWL_FLAG("accept-foreign-authority", setup_args, boot.accept_foreign_authority),
};

/* What a reset of this machine's images will be able to satisfy: checked here, as nobody will be
 * there to be told. */
static pawl_err clear_policy(
        pawl_tpm *t, const setup_args *a, pawl_policy_digest *ret, pawl_diag *d)
{
        const pawl_profile reset = { .name = "factory-reset",
                .signed_mask = 1u << PCR_KERNEL,
                .literal_mask = 1u << PCR_SECURE,
                .ref = PAWL_REF_FACTORY_RESET,
                .needs_secure_boot = true };
        pawl_boot_policy_options o = a->boot;
        pawl_autobootpolicy pawl_boot_policy p = { 0 };

        o.for_reset = true;
        PAWL_TRY(pawl_fail_prefix(d, pawl_boot_policy_for_enrolment(t, &reset, &o, &p, d),
                "the policy that lets a factory reset clear the TPM"));
        return pawl_clear_policy_digest(p.policy.public_key_pem, &p.policy.literal, ret, d);
}

static pawl_err set_lockout(pawl_tpm *t, const pawl_tpm_srk *srk, const setup_args *a, pawl_diag *d)
{
        pawl_autosecret pawl_secret auth = { 0 };
        pawl_policy_digest policy;

        PAWL_TRY(clear_policy(t, a, &policy, d));
        PAWL_TRY(pawl_lockout_setup(&auth, d));
        PAWL_TRY(pawl_tpm_set_tries(t, PAWL_SPAN_NULL, TRIES, INTERVAL_S, RECOVERY_S, d));
        PAWL_TRY(pawl_tpm_set_lockout(t, srk, pawl_secret_span(&auth), &policy, d));
        (void)puts("lockout authorisation: set; a signed factory reset can clear the TPM");
        return PAWL_OK;
}

static pawl_err setup(const void *args, pawl_diag *d)
{
        const setup_args *a = args;
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_tpm_info info;
        bool is_new = false;

        PAWL_TRY(pawl_tpm_open(a->tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_tpm_get_lockout(t, &info, d));
        PAWL_TRY(pawl_tpm_srk_setup(t, &srk, &is_new, d));
        (void)printf("storage root key: %s\n", is_new ? "made" : "is there");
        if (!info.lockout_auth_set)
                return set_lockout(t, srk, a, d);
        (void)puts("lockout authorisation: is set already, and stays");
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        setup_args a = { 0 };

        return pawl_options_run(&pawl_verb_tpm_setup, argc, argv, options,
                sizeof(options) / sizeof(options[0]), &a, setup);
}

const pawl_verb pawl_verb_tpm_setup = {
        .noun = "tpm",
        .verb = "setup",
        .args = "[OPTIONS]",
        .summary = "make the TPM's storage root key and guard its counter of wrong PINs",
        .help = "  --tpm2-public-key=FILE --tpm2-signature=FILE  default: the running image's\n"
                "  --firmware-log=FILE --user-log=FILE --accept-foreign-authority  as with\n"
                "                 'pawl disk enroll'\n"
                "  --tpm=SPEC\n"
                "\n"
                "Sets a random lockout authorisation, kept in /var/lib/pawl/lockout-auth, 32 "
                "tries\n"
                "of which one is given back every 10 min, and a policy by which the factory reset\n"
                "of a signed image may clear the TPM. What is set already stays.\n"
                "Example: pawl tpm setup\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/lockout.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/tpm-victims.h"
#include "userspace/pawl/verbs.h"
#include "userspace/tpm/tpm.h"

typedef struct clear_args {
        const char *tpm, *auth_file;
        bool is_yes;
} clear_args;

static const pawl_option options[] = {
        PAWL_TEXT("tpm", clear_args, tpm),
        PAWL_TEXT("lockout-auth-file", clear_args, auth_file),
        PAWL_FLAG("yes", clear_args, is_yes),
};

/* An authorisation is never guessed: a wrong one locks the right one out. */
static pawl_err get_auth(
        const clear_args *a, const pawl_tpm_info *info, pawl_secret *ret, pawl_diag *d)
{
        pawl_err err;

        if (info->disable_clear)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "clearing is disabled in this TPM; only the firmware's setup can do it");
        if (!info->lockout_auth_set)
                return PAWL_OK;
        err = pawl_lockout_read(a->auth_file, ret, d);
        if (err != PAWL_ERR_NOT_FOUND || a->auth_file)
                return err;
        return pawl_fail(d, err,
                "the TPM has a lockout authorisation that is not kept here; say "
                "--lockout-auth-file=, use 'pawl reset request', or the firmware's setup");
}

static pawl_err clear(const void *args, pawl_diag *d)
{
        const clear_args *a = args;
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosecret pawl_secret auth = { 0 };
        pawl_tpm_info info;
        bool is_there = false;

        PAWL_TRY(pawl_tpm_open(a->tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_tpm_get_lockout(t, &info, d));
        PAWL_TRY(get_auth(a, &info, &auth, d));
        pawl_tpm_victims_print();
        (void)fflush(stdout);
        if (!a->is_yes &&
                !pawl_prompt_word(
                        "Nothing that was sealed to this TPM will open any more. Type 'yes':",
                        "yes", &is_there))
                return pawl_fail(
                        d, PAWL_ERR_CANCELLED, "nothing was changed; without a terminal say --yes");
        PAWL_TRY(pawl_tpm_clear(t, pawl_secret_span(&auth), d));
        (void)puts("cleared");
        return a->auth_file ? PAWL_OK : pawl_lockout_forget(d);
}

static int run(int argc, char **argv)
{
        clear_args a = { 0 };

        return pawl_options_run(&pawl_verb_tpm_clear, argc, argv, options,
                sizeof(options) / sizeof(options[0]), &a, clear);
}

const pawl_verb pawl_verb_tpm_clear = {
        .noun = "tpm",
        .verb = "clear",
        .args = "[OPTIONS]",
        .summary = "make the TPM forget everything that was sealed to it",
        .help = "  --lockout-auth-file=FILE  default: what 'pawl tpm setup' kept; none where none\n"
                "                            is set\n"
                "  --yes                     do not ask\n"
                "  --tpm=SPEC\n"
                "\n"
                "Names every volume of any disk that the TPM opens, other systems' too: "
                "afterwards\n"
                "they open with their recovery keys only. Nothing on the disks is changed.\n"
                "Example: pawl tpm clear\n",
        .run = run,
};

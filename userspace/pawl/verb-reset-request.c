/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/reset.h"
#include "userspace/pawl/verbs.h"
#include "userspace/seal/measure.h"

#define LOG_LOCK_MS 1000

typedef struct request_args {
        bool no_reboot, keep_tpm, is_yes;
        const char *os_release, *tpm;
} request_args;

static const pawl_option options[] = {
        PAWL_FLAG("no-reboot", request_args, no_reboot),
        PAWL_FLAG("keep-tpm", request_args, keep_tpm),
        PAWL_FLAG("yes", request_args, is_yes),
        PAWL_TEXT("os-release", request_args, os_release),
        PAWL_TEXT("tpm", request_args, tpm),
};

/* Nothing of this boot opens anything sealed any more. Without a TPM there is nothing to tell. */
static pawl_err measure(const request_args *a, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_measurer m = { .lock_ms = LOG_LOCK_MS };
        bool is_measured = false;
        pawl_err err = pawl_tpm_open(a->tpm, PAWL_TPM_DEADLINE_MS, &t, d);

        if (err == PAWL_ERR_TPM_ABSENT)
                return PAWL_OK;
        PAWL_TRY(err);
        if (pawl_tpm_srk_find(t, &srk, NULL) != PAWL_OK)
                srk = NULL;
        m.tpm = t;
        m.srk = srk;
        return pawl_measure_phase(&m, PAWL_PHASE_FACTORY_RESET, /* again= */ true, &is_measured, d);
}

/* How a system without systemd is told to go down is its init's affair: SIGINT to init is what
 * ctrl-alt-delete means to every one of them. */
static pawl_err restart(pawl_diag *d)
{
        sync();
        if (kill(1, SIGINT) < 0)
                return pawl_fail_errno(d, errno,
                        "init cannot be told to restart the machine; "
                        "restart it by hand");
        return PAWL_OK;
}

static pawl_err request(const void *args, pawl_diag *d)
{
        const request_args *a = args;
        const pawl_reset_journal j = { .keeps_tpm = a->keep_tpm };
        pawl_reset_os os = { 0 };
        bool is_there = false;

        PAWL_TRY(pawl_reset_own_os(a->os_release, &os, d));
        if (!a->is_yes &&
                !pawl_prompt_word("All data of this machine's owner will be destroyed. Type 'yes':",
                        "yes", &is_there))
                return pawl_fail(d, PAWL_ERR_CANCELLED,
                        "nothing was asked for; without a terminal say --yes");
        if (a->keep_tpm)
                PAWL_TRY(pawl_reset_journal_write(&j, d));
        else
                PAWL_TRY(pawl_reset_journal_delete(d));
        PAWL_TRY(pawl_reset_request_write(&os, d));
        if (a->no_reboot) {
                pawl_say("the next boot resets the machine; 'pawl reset cancel' takes it back");
                return PAWL_OK;
        }
        if (measure(a, d) != PAWL_OK)
                pawl_say("the TPM was not told: %s", pawl_diag_text(d));
        return restart(d);
}

static int run(int argc, char **argv)
{
        request_args a = { 0 };

        return pawl_options_run(&pawl_verb_reset_request, argc, argv, options,
                sizeof(options) / sizeof(options[0]), &a, request);
}

const pawl_verb pawl_verb_reset_request = {
        .noun = "reset",
        .verb = "request",
        .args = "[OPTIONS]",
        .summary = "give the machine back as it came: destroys the owner's data at the next boot",
        .help = "  --no-reboot        only ask; the next boot does it, and 'cancel' takes it back\n"
                "  --keep-tpm         do not clear the TPM\n"
                "  --yes              do not ask\n"
                "  --os-release=FILE  which OS asks (default: the running image's)\n"
                "  --tpm=SPEC\n"
                "\n"
                "All partitions whose definition says FactoryReset=yes are erased and made anew,\n"
                "and the TPM is cleared, in the initrd of the next boot and without a person.\n"
                "'pawl reset status' says what that would be.\n"
                "Example: pawl reset request --no-reboot\n",
        .run = run,
};

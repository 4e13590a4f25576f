/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "userspace/host/output.h"
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

static bool is_sure(void)
{
        pawl_autofclose FILE *tty = fopen("/dev/tty", "r+");
        char line[16] = "";

        return tty &&
               fputs("All data of this machine's owner will be destroyed. Type 'yes': ", tty) >=
                       0 &&
               fflush(tty) == 0 && fgets(line, sizeof(line), tty) &&
               pawl_span_equal(pawl_span_str(line), PAWL_SPAN_LITERAL("yes\n"));
}

static pawl_err request(const request_args *a, pawl_diag *d)
{
        const pawl_reset_journal j = { .keeps_tpm = a->keep_tpm };
        pawl_reset_os os = { 0 };

        PAWL_TRY(pawl_reset_own_os(a->os_release, &os, d));
        if (!a->is_yes && !is_sure())
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
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (first != argc)
                return pawl_verb_usage(&pawl_verb_reset_request, "no words are wanted");
        err = request(&a, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
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

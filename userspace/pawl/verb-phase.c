/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/host/efi-var.h"
#include "userspace/host/output.h"
#include "userspace/pawl/verbs.h"
#include "userspace/seal/measure.h"

#define LOCK_MS 10000u

extern const pawl_verb pawl_verb_phase;

typedef struct options {
        const char *tpm, *user_log;
        bool again, force;
} options;

/* The stub sets this variable only if every section went to PCR 11. */
static bool is_measured_boot(void)
{
        pawl_autofree char *pcr = NULL;

        return pawl_efi_var_text("StubPcrKernelImage", PAWL_EFI_LOADER_GUID, &pcr, NULL) ==
                       PAWL_OK &&
               strcmp(pcr, "11") == 0;
}

/* Without a storage root key the TPM's answer cannot be authenticated: said, but no reason to leave
 * the fuse unblown. */
static pawl_err find_srk(pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_err err = pawl_tpm_srk_find(t, ret, d);

        if (err != PAWL_ERR_NOT_FOUND && err != PAWL_ERR_UNSUPPORTED)
                return err;
        pawl_say("%s; the measurement is made, but an attacker on the TPM's bus could forge its "
                 "confirmation",
                pawl_diag_text(d));
        return PAWL_OK;
}

static pawl_err measure(const options *o, pawl_phase phase, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        bool is_measured;

        PAWL_TRY(pawl_tpm_open(o->tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(find_srk(t, &srk, d));
        const pawl_measurer m = {
                .tpm = t, .srk = srk, .log_path = o->user_log, .lock_ms = LOCK_MS
        };
        return pawl_measure_phase(&m, phase, o->again, &is_measured, d);
}

static int parse(int argc, char **argv, options *o)
{
        static const struct option longs[] = {
                {"tpm",       required_argument, NULL, 't'},
                { "user-log", required_argument, NULL, 'l'},
                { "again",    no_argument,       NULL, 'a'},
                { "force",    no_argument,       NULL, 'f'},
                { NULL,       0,                 NULL, 0  },
        };
        int c;

        opterr = 0;
        while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
                if (c == 't')
                        o->tpm = optarg;
                else if (c == 'l')
                        o->user_log = optarg;
                else if (c == 'a')
                        o->again = true;
                else if (c == 'f')
                        o->force = true;
                else
                        return pawl_verb_usage(
                                &pawl_verb_phase, "unknown option, or one without its value");
        return argc == optind + 1 ? PAWL_EXIT_YES
                                  : pawl_verb_usage(&pawl_verb_phase, "one word is needed");
}

static int run(int argc, char **argv)
{
        options o = { 0 };
        pawl_diag d = { 0 };
        pawl_phase phase;
        pawl_err err;
        int status = parse(argc, argv, &o);

        if (status != PAWL_EXIT_YES)
                return status;
        if (pawl_phase_from_word(pawl_span_str(argv[optind]), &phase) != PAWL_OK)
                return pawl_verb_usage(&pawl_verb_phase, "\"%s\" is no phase", argv[optind]);
        if (!o.force && !is_measured_boot()) {
                pawl_say("phase %s: nothing was done: no stub measured this boot, so PCR 11 means "
                         "nothing; start a unified kernel image, or use --force",
                        argv[optind]);
                return PAWL_EXIT_NO;
        }
        err = measure(&o, phase, &d);
        if (err == PAWL_OK)
                return PAWL_EXIT_YES;
        status = pawl_verb_fail(&d, err);
        return err == PAWL_ERR_REFUSED ? PAWL_EXIT_NO : status;
}

const pawl_verb pawl_verb_phase = {
        "phase",
        NULL,
        "[--again] [--force] [--tpm=TPM] [--user-log=FILE] WORD",
        "Measure that the boot reached a phase, which closes what earlier phases could open",
        "WORD: enter-initrd, leave-initrd, sysinit, ready, shutdown, final, factory-reset\n"
        "\n"
        "  --again          also if the log of this boot has the word already\n"
        "  --force          also if no stub measured this boot\n"
        "  --tpm=TPM        auto, a device, or a TCTI such as swtpm:path=SOCKET\n"
        "  --user-log=FILE  instead of /run/log/systemd/tpm2-measure.log\n"
        "\n"
        "Example: pawl phase ready\n",
        run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"
#include "userspace/report/page.h"

typedef struct args {
        pawl_boot_places from;
        const char *html, *pcrs, *compare, *tpm;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("html", args, html),
        PAWL_TEXT("firmware-log", args, from.firmware_log),
        PAWL_TEXT("user-log", args, from.user_log),
        PAWL_TEXT("pcrs", args, pcrs),
        PAWL_TEXT("compare", args, compare),
        PAWL_TEXT("tpm2-signature", args, from.signature),
        PAWL_TEXT("tpm", args, tpm),
};

typedef struct job {
        const args *a;
        pawl_boot_state state;
        pawl_logs before;
        pawl_pcr_values values;
        pawl_tpm *t;
        pawl_diag no_tpm; /* why it could not be asked */
        pawl_boot_report report;
        pawl_disk disks[PAWL_PAGE_VOLUMES_MAX];
        pawl_diag troubles[PAWL_PAGE_VOLUMES_MAX];
        pawl_page_volume volumes[PAWL_PAGE_VOLUMES_MAX];
        pawl_page page;
} job;

static void job_free_p(job **p)
{
        job *j = *p;

        if (!j)
                return;
        for (size_t i = 0; i < PAWL_PAGE_VOLUMES_MAX; i++)
                pawl_disk_done(&j->disks[i]);
        pawl_boot_report_done(&j->report);
        pawl_boot_state_done(&j->state);
        pawl_logs_done(&j->before);
        pawl_tpm_close_p(&j->t);
        free(j);
}

/* --- the values --- */

/* One reading serves the comparison and the tokens: PCR 11 may go on between two. */
static pawl_err ask_tpm(job *j, pawl_diag *d)
{
        uint32_t banks = 0;

        PAWL_TRY(pawl_tpm_open(j->a->tpm, PAWL_TPM_DEADLINE_MS, &j->t, d));
        PAWL_TRY(pawl_boot_state_ask(&j->state, j->t, d));
        PAWL_TRY(pawl_tpm_banks(j->t, &banks, d));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_boot_facts facts;

                if (!(banks >> a & 1))
                        continue;
                PAWL_TRY(pawl_boot_state_facts(&j->state, a, &facts, d));
                j->values.sets[a] = *facts.pcrs;
        }
        j->values.banks = banks;
        return PAWL_OK;
}

/* Without a TPM there is still a page: what the log says, and that nothing proves it. */
static pawl_err read_values(job *j, pawl_diag *d)
{
        j->page.values = &j->values;
        j->page.values_from = j->a->pcrs ? j->a->pcrs : "the TPM";
        if (j->a->pcrs)
                return pawl_pcr_values_read(j->a->pcrs, &j->values, d);
        if (ask_tpm(j, &j->no_tpm) == PAWL_OK) {
                j->page.has_tpm = true;
                return PAWL_OK;
        }
        j->values = (pawl_pcr_values){ 0 };
        j->page.trouble = pawl_diag_text(&j->no_tpm);
        return PAWL_OK;
}

/* --- the volumes --- */

static pawl_err add_volume(job *j, const char *device, const char *label, pawl_diag *d)
{
        pawl_disk *k = &j->disks[j->page.n_volumes];
        pawl_page_volume *v = &j->volumes[j->page.n_volumes];

        *v = (pawl_page_volume){ .device = device, .label = label };
        PAWL_TRY(pawl_disk_open(device, k, d));
        v->label = pawl_volume_label(k->volume);
        v->tokens = k->tokens;
        v->n_tokens = k->n_tokens;
        v->lone_keyslots = pawl_volume_keyslots(k->volume) & ~pawl_disk_token_slots(k);
        j->page.n_volumes++;
        return PAWL_OK;
}

/* A volume of the list may have gone since; one that somebody names must be there. */
static pawl_err volumes_of_this_boot(job *j, pawl_diag *d)
{
        pawl_err err = pawl_boot_report_read(&j->report, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK; /* not started by pawl-init */
        PAWL_TRY(err);
        for (unsigned i = 0; i < j->report.n && j->page.n_volumes < PAWL_PAGE_VOLUMES_MAX; i++) {
                const pawl_report_volume *v = &j->report.volumes[i];
                pawl_diag *why = &j->troubles[j->page.n_volumes];

                if (add_volume(j, v->device, v->label, why) != PAWL_OK)
                        j->volumes[j->page.n_volumes++].trouble = pawl_diag_text(why);
        }
        return PAWL_OK;
}

static pawl_err take_volumes(job *j, char **devices, int n, pawl_diag *d)
{
        j->page.volumes = j->volumes;
        if (n > (int)PAWL_PAGE_VOLUMES_MAX)
                return pawl_fail(d, PAWL_ERR_USAGE, "more than %u volumes", PAWL_PAGE_VOLUMES_MAX);
        for (int i = 0; i < n; i++)
                PAWL_TRY(add_volume(j, devices[i], NULL, d));
        /* values from a file are another machine's, or another time's */
        return n == 0 && !j->a->pcrs ? volumes_of_this_boot(j, d) : PAWL_OK;
}

/* --- the page --- */

static pawl_err write_page(job *j, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer html = { 0 };

        j->page.state = &j->state;
        j->page.now = time(NULL);
        j->page.version = PAWL_VERSION;
        j->page.log_from = j->a->from.firmware_log ? j->a->from.firmware_log : j->a->from.user_log;
        PAWL_TRY(pawl_page_write(&j->page, &html, d));
        /* as readable as the log itself is: it names what the machine runs */
        return pawl_file_write(j->a->html, pawl_buffer_span(&html), 0600, d);
}

static pawl_err report(job *j, char **devices, int n, pawl_diag *d)
{
        PAWL_TRY(pawl_boot_state_read(&j->a->from, &j->state, d));
        if (j->a->compare) {
                PAWL_TRY(pawl_logs_load(j->a->compare, NULL, &j->before, d));
                j->page.before = &j->before;
                j->page.before_from = j->a->compare;
        }
        PAWL_TRY(read_values(j, d));
        PAWL_TRY(take_volumes(j, devices, n, d));
        return write_page(j, d);
}

static int status_of(const job *j)
{
        switch (pawl_proofs_all(&j->page.proofs)) {
        case PAWL_PROOF_YES:
                return PAWL_EXIT_YES;
        case PAWL_PROOF_NO:
                return PAWL_EXIT_NO;
        case PAWL_PROOF_UNKNOWN:
        case PAWL_PROOF_MAX_:
                break;
        }
        pawl_say("%s: written, and not all of it is proven%s%s", j->a->html,
                j->page.trouble ? ": " : "", j->page.trouble ? j->page.trouble : "");
        return PAWL_EXIT_UNSURE;
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_cleanup(job_free_p) job *j = calloc(1, sizeof(*j));
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_log_report, "a wrong option");
        if (!a.html)
                return pawl_verb_usage(&pawl_verb_log_report, "--html=FILE is wanted");
        if (!j)
                return pawl_verb_fail(&d, PAWL_ERR_NO_MEMORY);
        j->a = &a;
        err = report(j, argv + first, argc - first, &d);
        return err == PAWL_OK ? status_of(j) : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_log_report = {
        .noun = "log",
        .verb = "report",
        .args = "--html=FILE [OPTIONS] [DEVICE…]",
        .summary = "write the chain, its secrets and every event as one HTML page",
        .help = "  --html=FILE            where to (\"-\": standard output)\n"
                "  --firmware-log=FILE    a TCG event log instead of this machine's\n"
                "  --user-log=FILE        a log of userspace's measurements (JSON-SEQ)\n"
                "  --pcrs=FILE            PCR values (output of tpm2_pcrread, or JSON) instead of\n"
                "                         those of the TPM, which is then not asked\n"
                "  --compare=FILE         say what differs from this older firmware log\n"
                "  --tpm2-signature=FILE  PCR signatures of the image (JSON)\n"
                "  --tpm=TPM              auto, a device, or a TCTI such as swtpm:path=SOCK\n"
                "\n"
                "Without DEVICE: the volumes of this boot. The page needs no network and no\n"
                "scripts, and names what the machine runs: only its owner may read it (0600).\n"
                "Exit status: 0 written and everything proven, 1 written and log and TPM\n"
                "disagree, 2 written and something unproven, or not written.\n"
                "Example: pawl log report --html=boot.html /dev/vda3\n",
        .run = run,
};

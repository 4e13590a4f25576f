/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/luks/boot-state.h"
#include "userspace/luks/prospect.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/forecast-inputs.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        pawl_boot_places from;
        pawl_forecast_args next;
        const char *tpm;
        bool is_json;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("esp", args, next.start.esp),
        PAWL_TEXT("with-uki", args, next.start.uki),
        PAWL_TEXT("with-loader", args, next.start.loader),
        PAWL_TEXT("with-db", args, next.db),
        PAWL_TEXT("with-dbx", args, next.dbx),
        PAWL_FLAG("without-secure-boot", args, next.without_secure_boot),
        PAWL_TEXT("firmware-log", args, from.firmware_log),
        PAWL_TEXT("user-log", args, from.user_log),
        PAWL_TEXT("tpm2-signature", args, from.signature),
        PAWL_TEXT("tpm", args, tpm),
        PAWL_FLAG("json", args, is_json),
};

typedef struct job {
        const args *a;
        pawl_forecast_inputs inputs;
        pawl_boot_state now;
        pawl_tpm *t;
        uint32_t foretold; /* bit pawl_alg: `next[alg]` is there */
        pawl_forecast next[PAWL_ALG_MAX_];
        json_object *list; /* NULL: text */
        int status;
} job;

static void job_done(job *j)
{
        for (size_t i = 0; i < PAWL_ALG_MAX_; i++)
                pawl_forecast_done(&j->next[i]);
        pawl_forecast_inputs_done(&j->inputs);
        pawl_boot_state_done(&j->now);
        pawl_tpm_close_p(&j->t);
        pawl_json_put_p(&j->list);
}

static pawl_err start(job *j, pawl_diag *d)
{
        j->list = j->a->is_json ? json_object_new_array() : NULL;
        PAWL_TRY(pawl_boot_state_read(&j->a->from, &j->now, d));
        PAWL_TRY(pawl_forecast_inputs_read(&j->a->next, &j->inputs, d));
        PAWL_TRY(pawl_tpm_open(j->a->tpm, PAWL_TPM_DEADLINE_MS, &j->t, d));
        return pawl_boot_state_ask(&j->now, j->t, d);
}

/* --- one token --- */

/* The coming boot in one bank, told once: a large image is hashed for it. */
static pawl_err next_boot(job *j, const pawl_boot_facts *now, pawl_alg bank, pawl_diag *d)
{
        pawl_verified_log log;

        if (j->foretold >> bank & 1)
                return PAWL_OK;
        PAWL_TRY(pawl_logs_verify(now->logs, now->pcrs, 0, &log, d));
        PAWL_TRY(pawl_forecast_make(&log, &j->inputs.wish, &j->next[bank], d));
        j->foretold |= 1u << bank;
        return PAWL_OK;
}

static pawl_err foretell(job *j, const pawl_token *t, pawl_prospect *ret, pawl_diag *d)
{
        const pawl_alg bank = pawl_token_bank(&t->tpm2);
        pawl_boot_facts today, tomorrow;
        pawl_explanation now, next;

        PAWL_TRY(pawl_boot_state_facts(&j->now, bank, &today, d));
        PAWL_TRY(pawl_explain_token(t, &today, &now, d));
        if (now.answer == PAWL_ANSWER_UNSURE) {
                pawl_prospect_unsure(ret, now.reason, now.advice);
                return PAWL_OK;
        }
        PAWL_TRY(next_boot(j, &today, bank, d));
        tomorrow = (pawl_boot_facts){ .tpm = today.tpm,
                .logs = &j->next[bank].logs,
                .pcrs = &j->next[bank].pcrs,
                .signature_json = j->inputs.has_signature ? j->inputs.signature
                                                          : pawl_buffer_span(&j->now.signature) };
        PAWL_TRY(pawl_explain_token(t, &tomorrow, &next, d));
        pawl_prospect_judge(
                t->tpm2.pcr_mask | t->tpm2.public_key_mask, &j->next[bank], &now, &next, ret);
        return PAWL_OK;
}

/* --- one volume --- */

static pawl_err report(job *j, const char *device, const pawl_token *t, const pawl_prospect *p)
{
        json_object *o = j->list ? json_object_new_object() : NULL;

        if (!j->list) {
                (void)printf("%s, token %d: %s: %s\n", device, t->id, pawl_outlook_text(p->outlook),
                        p->reason);
                if (p->advice)
                        (void)printf("  next: %s\n", p->advice);
                return PAWL_OK;
        }
        if (!o || json_object_array_add(j->list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "device", device));
        PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(t->id)));
        PAWL_TRY(pawl_json_add_text(o, "forecast", pawl_outlook_text(p->outlook)));
        PAWL_TRY(pawl_json_add_text(o, "reason", p->reason));
        return p->advice ? pawl_json_add_text(o, "next", p->advice) : PAWL_OK;
}

static int status_of(pawl_outlook o)
{
        static const int statuses[] = {
                [PAWL_OUTLOOK_OPENS] = PAWL_EXIT_YES,
                [PAWL_OUTLOOK_STAYS_SHUT] = PAWL_EXIT_NO,
                [PAWL_OUTLOOK_UNSURE] = PAWL_EXIT_UNSURE,
        };

        return statuses[o];
}

static int better(int a, int b)
{
        return a == PAWL_EXIT_YES || b == PAWL_EXIT_YES         ? PAWL_EXIT_YES
               : a == PAWL_EXIT_UNSURE || b == PAWL_EXIT_UNSURE ? PAWL_EXIT_UNSURE
                                                                : PAWL_EXIT_NO;
}

/* One token that opens it is enough; one volume that does not open is enough for a no. */
static pawl_err volume(job *j, const char *device, pawl_diag *d)
{
        pawl_autodisk pawl_disk k = { 0 };
        int status = PAWL_EXIT_NO;
        bool has_any = false;

        PAWL_TRY(pawl_disk_open(device, &k, d));
        for (size_t i = 0; i < k.n_tokens; i++) {
                pawl_prospect p = { .outlook = PAWL_OUTLOOK_UNSURE };

                if (k.tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                has_any = true;
                PAWL_TRY(foretell(j, &k.tokens[i], &p, d));
                PAWL_TRY(report(j, device, &k.tokens[i], &p));
                status = better(status, status_of(p.outlook));
        }
        if (!has_any)
                pawl_say("%s: no TPM2 token: a person opens it, whatever is booted", device);
        else if (status == PAWL_EXIT_NO || j->status == PAWL_EXIT_YES)
                j->status = status;
        return PAWL_OK;
}

static pawl_err volumes_of_this_boot(job *j, pawl_diag *d)
{
        pawl_autobootreport pawl_boot_report r = { 0 };
        pawl_err err = pawl_boot_report_read(&r, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "name the volumes: this system was not started by pawl-init, which keeps a "
                        "list of them");
        PAWL_TRY(err);
        for (unsigned i = 0; i < r.n; i++)
                PAWL_TRY(volume(j, r.volumes[i].device, d));
        return PAWL_OK;
}

static pawl_err forecast(job *j, char **devices, int n, pawl_diag *d)
{
        PAWL_TRY(start(j, d));
        pawl_forecast_inputs_tell(&j->a->next, &j->inputs);
        if (n == 0)
                PAWL_TRY(volumes_of_this_boot(j, d));
        for (int i = 0; i < n; i++)
                PAWL_TRY(volume(j, devices[i], d));
        return j->list ? pawl_json_print(j->list) : PAWL_OK;
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_cleanup(job_done) job j = { .a = &a, .status = PAWL_EXIT_YES };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_forecast, "a wrong option");
        err = forecast(&j, argv + first, argc - first, &d);
        return err == PAWL_OK ? j.status : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_forecast = {
        .noun = "forecast",
        .args = "[OPTIONS] [DEVICE…]",
        .summary = "say whether volumes will open by their TPM at the next boot",
        .help = "  --esp=FOLDER             the boot partition (/efi, /boot or /boot/efi)\n"
                "  --with-uki=FILE          another image will be started\n"
                "  --with-loader=FILE       the loader will be this one\n"
                "  --with-dbx=FILE          an update of the revocation list, as fwupd applies it\n"
                "  --with-db=FILE           the same for the list of trusted signers\n"
                "  --without-secure-boot    Secure Boot will be switched off\n"
                "  --firmware-log=FILE --user-log=FILE  instead of this boot's\n"
                "  --tpm2-signature=FILE    PCR signatures of the image that runs (JSON)\n"
                "  --tpm=DEVICE             /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                   print JSON\n"
                "\n"
                "From this boot's proven event log, the boot partition and the variables as they\n"
                "are now. Without DEVICE: the volumes of this boot. What depends on the firmware\n"
                "is told as such. Exit status: 0 all will open, 1 one will not, 2 cannot tell.\n"
                "Example: pawl forecast --with-uki=/efi/EFI/Linux/new.efi /dev/vda3\n",
        .run = run,
};

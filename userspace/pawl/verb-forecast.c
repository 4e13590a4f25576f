/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/efi-var.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/log/forecast.h"
#include "userspace/luks/boot-state.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"
#include "userspace/uki/image.h"

typedef struct args {
        pawl_boot_places from;
        const char *uki, *db, *dbx, *tpm;
        bool without_secure_boot, is_json;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("with-uki", args, uki),
        PAWL_TEXT("with-db", args, db),
        PAWL_TEXT("with-dbx", args, dbx),
        PAWL_FLAG("without-secure-boot", args, without_secure_boot),
        PAWL_TEXT("firmware-log", args, from.firmware_log),
        PAWL_TEXT("user-log", args, from.user_log),
        PAWL_TEXT("tpm2-signature", args, from.signature),
        PAWL_TEXT("tpm", args, tpm),
        PAWL_FLAG("json", args, is_json),
};

typedef struct job {
        const args *a;
        pawl_image image;
        pawl_buffer variables[PAWL_FORECAST_VARIABLE_MAX_];
        pawl_forecast_wish wish;
        pawl_boot_state now;
        pawl_tpm *t;
        pawl_span next_signature; /* of the image that will be started */
        uint32_t foretold;        /* bit pawl_alg: `next[alg]` is there */
        pawl_forecast next[PAWL_ALG_MAX_];
        json_object *list; /* NULL: text */
        int status;
} job;

static void job_done(job *j)
{
        pawl_image_done(&j->image);
        for (size_t i = 0; i < PAWL_FORECAST_VARIABLE_MAX_; i++)
                pawl_buffer_done(&j->variables[i]);
        for (size_t i = 0; i < PAWL_ALG_MAX_; i++)
                pawl_forecast_done(&j->next[i]);
        pawl_boot_state_done(&j->now);
        pawl_tpm_close_p(&j->t);
        pawl_json_put_p(&j->list);
}

/* --- what will be another one --- */

/* An update as firmware vendors and fwupd ship it has a signature in front: UEFI 2.10, 8.2.2,
 * EFI_VARIABLE_AUTHENTICATION_2. */
#define TIME_SIZE          16u
#define CERTIFICATE_TYPE   0x0ef1u
#define CERTIFICATE_HEADER 8u

static pawl_span without_signature(pawl_span file)
{
        pawl_reader r = pawl_reader_of(file);
        pawl_span rest;
        uint32_t len = 0;
        uint16_t revision = 0, type = 0;

        if (pawl_read_skip(&r, TIME_SIZE) != PAWL_OK || pawl_read_le32(&r, &len) != PAWL_OK ||
                pawl_read_le16(&r, &revision) != PAWL_OK || pawl_read_le16(&r, &type) != PAWL_OK ||
                revision != 0x0200 || type != CERTIFICATE_TYPE || len < CERTIFICATE_HEADER ||
                pawl_span_slice(file, TIME_SIZE + len, file.len - TIME_SIZE - len, &rest) !=
                        PAWL_OK)
                return file;
        return rest;
}

static pawl_err take_update(job *j, pawl_forecast_variable v, const char *path, pawl_diag *d)
{
        if (!path)
                return PAWL_OK;
        pawl_buffer_done(&j->variables[v]);
        PAWL_TRY(pawl_file_read(path, PAWL_EFI_VAR_SIZE_MAX, &j->variables[v], d));
        j->wish.variables[v].data = without_signature(pawl_buffer_span(&j->variables[v]));
        j->wish.variables[v].is_update = j->wish.variables[v].is_given = true;
        return PAWL_OK;
}

/* As they are now: they may have been changed since this boot measured them. */
static pawl_err take_variables(job *j, pawl_diag *d)
{
        for (unsigned i = 0; i < PAWL_FORECAST_VARIABLE_MAX_; i++) {
                char guid[PAWL_GUID_TEXT_SIZE];
                pawl_err err;

                pawl_guid_text(pawl_forecast_variable_guid(i), guid);
                err = pawl_efi_var_read(
                        pawl_forecast_variable_name(i), guid, &j->variables[i], NULL, d);
                if (err == PAWL_ERR_NOT_FOUND)
                        continue; /* or the logs are another machine's */
                PAWL_TRY(err);
                j->wish.variables[i].data = pawl_buffer_span(&j->variables[i]);
                j->wish.variables[i].is_given = true;
        }
        PAWL_TRY(take_update(j, PAWL_FORECAST_DB, j->a->db, d));
        return take_update(j, PAWL_FORECAST_DBX, j->a->dbx, d);
}

static pawl_err take_image(job *j, pawl_diag *d)
{
        pawl_uki uki;

        j->next_signature = pawl_buffer_span(&j->now.signature);
        if (!j->a->uki)
                return PAWL_OK;
        PAWL_TRY(pawl_image_open(j->a->uki, &j->image, d));
        PAWL_TRY(pawl_image_read_uki(&j->image, /* profile= */ 0, &uki, d));
        j->next_signature = uki.has[PAWL_UKI_PCRSIG] ? uki.content[PAWL_UKI_PCRSIG]
                                                     : PAWL_SPAN_NULL;
        j->wish.uki = &j->image.pe;
        return PAWL_OK;
}

static pawl_err start(job *j, pawl_diag *d)
{
        j->wish.without_secure_boot = j->a->without_secure_boot;
        j->list = j->a->is_json ? json_object_new_array() : NULL;
        PAWL_TRY(pawl_boot_state_read(&j->a->from, &j->now, d));
        PAWL_TRY(take_image(j, d));
        PAWL_TRY(take_variables(j, d));
        PAWL_TRY(pawl_tpm_open(j->a->tpm, PAWL_TPM_DEADLINE_MS, &j->t, d));
        return pawl_boot_state_ask(&j->now, j->t, d);
}

/* --- one token --- */

typedef struct prospect {
        int status; /* PAWL_EXIT_YES, NO, UNSURE */
        char reason[768];
        const char *advice;
} prospect;

static void unsure(prospect *p, const char *reason, const char *advice)
{
        p->status = PAWL_EXIT_UNSURE;
        p->advice = advice;
        (void)snprintf(p->reason, sizeof(p->reason), "%s", reason);
}

/* A PCR that is told for certain and that differs is enough for a no. */
static bool is_certain_no(const pawl_forecast *f, const pawl_explanation *e)
{
        const uint32_t loose = f->unknown | f->differ;

        if (e->answer == PAWL_ANSWER_OTHER_TPM || e->answer == PAWL_ANSWER_LOCKED_OUT)
                return true;
        if (e->answer == PAWL_ANSWER_SIGNATURE)
                return !(f->unknown >> PAWL_PCR_KERNEL_BOOT & 1);
        for (size_t i = 0; e->answer == PAWL_ANSWER_PCRS && i < e->n_changes; i++)
                if (!(loose >> e->changes[i].pcr & 1))
                        return true;
        return false;
}

static void say_no(prospect *p, const pawl_explanation *e)
{
        int n = snprintf(
                p->reason, sizeof(p->reason), "%s: %s", pawl_answer_text(e->answer), e->reason);

        p->status = PAWL_EXIT_NO;
        p->advice = e->advice;
        for (size_t i = 0; i < e->n_changes && n > 0 && (size_t)n < sizeof(p->reason); i++)
                n += snprintf(p->reason + n, sizeof(p->reason) - (size_t)n, "; PCR %u: %s",
                        e->changes[i].pcr, e->changes[i].meaning);
}

/* The first PCR that it hangs on and that cannot be told. */
static bool tell_unknown(const pawl_forecast *f, uint32_t bound, prospect *p)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(bound & (f->unknown | f->differ) & 1u << i))
                        continue;
                unsure(p, "", NULL);
                (void)snprintf(p->reason, sizeof(p->reason), "PCR %u: %s", i,
                        f->unknown >> i & 1 ? f->why[i]
                                            : "it will differ, and what it will be depends on the "
                                              "firmware");
                return true;
        }
        return false;
}

/* `now`, `next`: the answers for this boot and for the coming one. */
static void judge(const pawl_token *t, const pawl_forecast *f, const pawl_explanation *now,
        const pawl_explanation *next, prospect *p)
{
        const uint32_t bound = t->tpm2.pcr_mask | t->tpm2.public_key_mask;
        /* what opens now and is bound to what will differ does not open then */
        const bool is_lost = now->answer == PAWL_ANSWER_OPENS && (bound & f->differ) != 0;

        if (next->answer == PAWL_ANSWER_UNSURE) {
                unsure(p, next->reason, NULL);
        } else if (is_lost || is_certain_no(f, next)) {
                say_no(p, next);
        } else if (!tell_unknown(f, bound, p)) {
                if (next->answer != PAWL_ANSWER_OPENS) {
                        say_no(p, next);
                        return;
                }
                p->status = PAWL_EXIT_YES;
                (void)snprintf(p->reason, sizeof(p->reason), "%s", next->reason);
        }
}

/* The coming boot in one bank, told once: a large image is hashed for it. */
static pawl_err next_boot(job *j, const pawl_boot_facts *now, pawl_alg bank, pawl_diag *d)
{
        pawl_verified_log log;

        if (j->foretold >> bank & 1)
                return PAWL_OK;
        PAWL_TRY(pawl_logs_verify(now->logs, now->pcrs, 0, &log, d));
        PAWL_TRY(pawl_forecast_make(&log, &j->wish, &j->next[bank], d));
        j->foretold |= 1u << bank;
        return PAWL_OK;
}

static pawl_err foretell(job *j, const pawl_token *t, prospect *ret, pawl_diag *d)
{
        const pawl_alg bank = pawl_token_bank(&t->tpm2);
        pawl_boot_facts today, tomorrow;
        pawl_explanation now, next;

        PAWL_TRY(pawl_boot_state_facts(&j->now, bank, &today, d));
        PAWL_TRY(pawl_explain_token(t, &today, &now, d));
        if (now.answer == PAWL_ANSWER_UNSURE) {
                unsure(ret, now.reason, now.advice);
                return PAWL_OK;
        }
        PAWL_TRY(next_boot(j, &today, bank, d));
        tomorrow = (pawl_boot_facts){ .tpm = today.tpm,
                .logs = &j->next[bank].logs,
                .pcrs = &j->next[bank].pcrs,
                .signature_json = j->next_signature };
        PAWL_TRY(pawl_explain_token(t, &tomorrow, &next, d));
        judge(t, &j->next[bank], &now, &next, ret);
        return PAWL_OK;
}

/* --- one volume --- */

static const char *const words[] = { "will open", "will NOT open", "cannot tell" };

static pawl_err report(job *j, const char *device, const pawl_token *t, const prospect *p)
{
        json_object *o = j->list ? json_object_new_object() : NULL;

        if (!j->list) {
                (void)printf("%s, token %d: %s: %s\n", device, t->id, words[p->status], p->reason);
                if (p->advice)
                        (void)printf("  next: %s\n", p->advice);
                return PAWL_OK;
        }
        if (!o || json_object_array_add(j->list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "device", device));
        PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(t->id)));
        PAWL_TRY(pawl_json_add_text(o, "forecast", words[p->status]));
        PAWL_TRY(pawl_json_add_text(o, "reason", p->reason));
        return p->advice ? pawl_json_add_text(o, "next", p->advice) : PAWL_OK;
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
                prospect p = { .status = PAWL_EXIT_UNSURE };

                if (k.tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                has_any = true;
                PAWL_TRY(foretell(j, &k.tokens[i], &p, d));
                PAWL_TRY(report(j, device, &k.tokens[i], &p));
                status = better(status, p.status);
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
        if (!j->a->uki)
                pawl_say("this is for the image that runs now; for another one say --with-uki=");
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
        .help = "  --with-uki=FILE          another image will be started\n"
                "  --with-dbx=FILE          an update of the revocation list, as fwupd applies it\n"
                "  --with-db=FILE           the same for the list of trusted signers\n"
                "  --without-secure-boot    Secure Boot will be switched off\n"
                "  --firmware-log=FILE --user-log=FILE  instead of this boot's\n"
                "  --tpm2-signature=FILE    PCR signatures of the image that runs (JSON)\n"
                "  --tpm=DEVICE             /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                   print JSON\n"
                "\n"
                "From this boot's proven event log and the Secure Boot variables as they are now.\n"
                "Without DEVICE: the volumes of this boot. What depends on the firmware is told\n"
                "as such. Exit status: 0 all will open, 1 one will not, 2 cannot tell.\n"
                "Example: pawl forecast --with-uki=/efi/EFI/Linux/new.efi /dev/vda3\n",
        .run = run,
};

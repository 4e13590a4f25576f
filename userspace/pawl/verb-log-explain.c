/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/log/describe.h"
#include "userspace/log/pcr-purpose.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/pcr-list.h"
#include "userspace/pawl/pcr-values.h"
#include "userspace/pawl/verbs.h"
#include "userspace/report/proof.h"

typedef struct args {
        const char *firmware_log, *user_log, *pcrs, *tpm, *only;
        bool is_json;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("firmware-log", args, firmware_log),
        PAWL_TEXT("user-log", args, user_log),
        PAWL_TEXT("pcrs", args, pcrs),
        PAWL_TEXT("tpm", args, tpm),
        PAWL_TEXT("pcr", args, only),
        PAWL_FLAG("json", args, is_json),
};

/* One event that extended a PCR, in the order of the logs. */
typedef struct item {
        unsigned pcr;
        char type[PAWL_TYPE_TEXT_SIZE];
        char *text; /* owned */
} item;

typedef struct job {
        const args *a;
        uint32_t only; /* PCRs to be shown */
        pawl_logs logs;
        pawl_proofs proofs;
        item *items;
        size_t n, cap;
        json_object *list; /* NULL: text */
} job;

static void job_done(job *j)
{
        for (size_t i = 0; i < j->n; i++)
                free(j->items[i].text);
        free(j->items);
        pawl_logs_done(&j->logs);
        pawl_json_put_p(&j->list);
}

/* --- gathering --- */

static bool is_shown(const job *j, uint32_t pcr)
{
        return pcr < PAWL_PCR_COUNT && (j->only >> pcr & 1);
}

static pawl_err add_item(job *j, unsigned pcr, const char *type, const char *text)
{
        item *more;

        if (j->n == j->cap) {
                j->cap = j->cap ? 2 * j->cap : 256;
                more = realloc(j->items, j->cap * sizeof(*more));
                if (!more)
                        return PAWL_ERR_NO_MEMORY;
                j->items = more;
        }
        j->items[j->n] = (item){ .pcr = pcr, .text = strdup(text) };
        if (!j->items[j->n].text)
                return PAWL_ERR_NO_MEMORY;
        (void)snprintf(j->items[j->n].type, PAWL_TYPE_TEXT_SIZE, "%s", type);
        pawl_text_sanitize(j->items[j->n].type);
        j->n++;
        return PAWL_OK;
}

static pawl_err gather_firmware(job *j)
{
        pawl_log_cursor c = pawl_eventlog_start(&j->logs.firmware);
        char type[PAWL_TYPE_TEXT_SIZE], text[PAWL_DESCRIPTION_SIZE];
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(&j->logs.firmware, &c, &ev, NULL)) == PAWL_OK) {
                if (ev.type == PAWL_EV_NO_ACTION || !is_shown(j, ev.pcr))
                        continue;
                pawl_event_type_text(ev.type, type);
                pawl_event_describe(&ev, text);
                PAWL_TRY(add_item(j, ev.pcr, type, text));
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static pawl_err gather(job *j)
{
        char text[PAWL_DESCRIPTION_SIZE];

        if (j->logs.has_firmware)
                PAWL_TRY(gather_firmware(j));
        for (size_t i = 0; i < j->logs.user.n_events; i++) {
                const pawl_user_event *ev = &j->logs.user.events[i];

                if (ev->is_nv || !is_shown(j, ev->pcr))
                        continue;
                pawl_user_event_describe(ev, text);
                PAWL_TRY(add_item(j, ev->pcr, ev->type, text));
        }
        return PAWL_OK;
}

/* --- telling --- */

static const char *const verdicts[] = {
        [PAWL_PROOF_UNKNOWN] = "there is no value to hold it against",
        [PAWL_PROOF_NO] = "NOT PROVEN: the log does not lead to this PCR's value, and may be a lie",
        [PAWL_PROOF_YES] = "proven: the log leads to this PCR's value",
};

/* The place behind the last of the same text that follow `i` in that PCR. */
static size_t count_same(const job *j, size_t i, size_t *ret_n)
{
        size_t next = i + 1;

        *ret_n = 1;
        for (; next < j->n; next++) {
                if (j->items[next].pcr != j->items[i].pcr)
                        continue;
                if (strcmp(j->items[next].text, j->items[i].text) != 0 ||
                        strcmp(j->items[next].type, j->items[i].type) != 0)
                        break;
                (*ret_n)++;
        }
        return next;
}

static void print_pcr(const job *j, unsigned pcr)
{
        const pawl_pcr_purpose *p = pawl_pcr_purpose_of(pcr);
        size_t n, n_events = 0;

        (void)printf(
                "PCR %u, %s. %s\n  %s\n", pcr, p->name, p->text, verdicts[j->proofs.pcrs[pcr]]);
        for (size_t i = 0; i < j->n;) {
                const item *it = &j->items[i];

                if (it->pcr != pcr) {
                        i++;
                        continue;
                }
                i = count_same(j, i, &n);
                (void)printf("    %s", it->text[0] ? it->text : it->type);
                (void)printf(n > 1 ? ", %zu times\n" : "\n", n);
                n_events += n;
        }
        if (n_events == 0)
                (void)printf("    nothing was measured\n");
}

static pawl_err add_events(const job *j, unsigned pcr, json_object *list)
{
        for (size_t i = 0; i < j->n; i++) {
                json_object *o;

                if (j->items[i].pcr != pcr)
                        continue;
                o = json_object_new_object();
                if (!o || json_object_array_add(list, o) != 0)
                        return PAWL_ERR_NO_MEMORY;
                PAWL_TRY(pawl_json_add_text(o, "type", j->items[i].type));
                PAWL_TRY(pawl_json_add_text(o, "description", j->items[i].text));
        }
        return PAWL_OK;
}

static pawl_err add_pcr(job *j, unsigned pcr)
{
        const pawl_pcr_purpose *p = pawl_pcr_purpose_of(pcr);
        json_object *o = json_object_new_object(), *events = json_object_new_array();

        if (!o || json_object_array_add(j->list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "events", events));
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_uint64(pcr)));
        PAWL_TRY(pawl_json_add_text(o, "name", p->name));
        PAWL_TRY(pawl_json_add_text(o, "purpose", p->text));
        PAWL_TRY(pawl_json_add_text(o, "proof", pawl_proof_text(j->proofs.pcrs[pcr])));
        return add_events(j, pcr, events);
}

/* What was asked for; else what the logs speak of, and what is not as they say. */
static bool is_told(const job *j, unsigned pcr)
{
        return is_shown(j, pcr) && (j->a->only || (j->proofs.touched >> pcr & 1) ||
                                           j->proofs.pcrs[pcr] == PAWL_PROOF_NO);
}

static pawl_err tell(job *j)
{
        bool is_first = true;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!is_told(j, i))
                        continue;
                if (j->list)
                        PAWL_TRY(add_pcr(j, i));
                else
                        (void)fputs(is_first ? "" : "\n", stdout), print_pcr(j, i);
                is_first = false;
        }
        return j->list ? pawl_json_print(j->list) : PAWL_OK;
}

/* Without a TPM the log can still be read, and nothing proves it. */
static pawl_err read_values(const args *a, pawl_pcr_values *ret, pawl_diag *d)
{
        pawl_err err = pawl_pcr_values_get(a->pcrs, a->tpm, ret, d);

        if (err == PAWL_OK || a->pcrs)
                return err;
        pawl_say("nothing proves this log: %s", pawl_diag_text(d));
        return PAWL_OK;
}

static pawl_err choose_pcrs(job *j, pawl_diag *d)
{
        pawl_pcr_list l = { 0 };

        j->only = (1u << PAWL_PCR_COUNT) - 1;
        if (!j->a->only)
                return PAWL_OK;
        PAWL_TRY(pawl_fail_prefix(d, pawl_pcr_list_parse(j->a->only, &l, d), "--pcr="));
        j->only = l.mask;
        return PAWL_OK;
}

static pawl_err explain(job *j, pawl_diag *d)
{
        pawl_pcr_values values = { 0 };

        j->list = j->a->is_json ? json_object_new_array() : NULL;
        PAWL_TRY(choose_pcrs(j, d));
        PAWL_TRY(pawl_logs_load(j->a->firmware_log, j->a->user_log, &j->logs, d));
        PAWL_TRY(read_values(j->a, &values, d));
        pawl_proofs_make(&j->logs, &values, &j->proofs);
        if (j->proofs.trouble[0])
                pawl_say("%s", j->proofs.trouble);
        PAWL_TRY(gather(j));
        return tell(j);
}

static int run(int argc, char **argv)
{
        static const int statuses[] = {
                [PAWL_PROOF_YES] = PAWL_EXIT_YES,
                [PAWL_PROOF_NO] = PAWL_EXIT_NO,
                [PAWL_PROOF_UNKNOWN] = PAWL_EXIT_UNSURE,
        };
        args a = { 0 };
        pawl_cleanup(job_done) job j = { .a = &a };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_log_explain, "a wrong option");
        if (first < argc)
                return pawl_verb_usage(&pawl_verb_log_explain, "takes no arguments");
        err = explain(&j, &d);
        return err == PAWL_OK ? statuses[pawl_proofs_all(&j.proofs)] : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_log_explain = {
        .noun = "log",
        .verb = "explain",
        .args = "[OPTIONS]",
        .summary = "say PCR by PCR what was measured, what for, and whether it is proven",
        .help = "  --pcr=LIST           only these: 7+11, secure-boot-policy\n"
                "  --firmware-log=FILE  a TCG event log instead of this machine's\n"
                "  --user-log=FILE      a log of userspace's measurements (JSON-SEQ)\n"
                "  --pcrs=FILE          PCR values (output of tpm2_pcrread, or JSON) instead of\n"
                "                       those of the TPM\n"
                "  --tpm=TPM            auto, a device, or a TCTI such as swtpm:path=SOCK\n"
                "  --json               print JSON\n"
                "\nStatus 0: the log is proven; 1: some PCR is not what it says; 2: nothing to "
                "hold\n"
                "it against.\n"
                "\nExample: pawl log explain --pcr=7\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/log/explain.h"
#include "userspace/log/pcr-purpose.h"
#include "userspace/pawl/log-compare.h"
#include "userspace/pawl/log-input.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/pcr-list.h"
#include "userspace/pawl/verbs.h"

#define ALL_PCRS   0xffffffu
#define BANKS_SIZE 64 /* bytes of the names of all banks */

typedef struct explain_args {
        const char *firmware_log, *user_log, *pcrs, *tpm, *pcr;
        bool is_json;
} explain_args;

static const pawl_option options[] = {
        PAWL_TEXT("firmware-log", explain_args, firmware_log),
        PAWL_TEXT("user-log", explain_args, user_log),
        PAWL_TEXT("pcrs", explain_args, pcrs),
        PAWL_TEXT("tpm", explain_args, tpm),
        PAWL_TEXT("pcr", explain_args, pcr),
        PAWL_FLAG("json", explain_args, is_json),
};

/* Bit `pawl_alg` of the banks in which a PCR agrees with the log, or does not. */
typedef struct proof {
        uint32_t agrees[PAWL_PCR_COUNT], differs[PAWL_PCR_COUNT];
} proof;

typedef enum answer {
        ANSWER_UNSURE, /* nothing to compare with */
        ANSWER_PROVEN,
        ANSWER_DIFFERS,
} answer;

static answer answer_of(const proof *p, unsigned pcr)
{
        if (p->differs[pcr] != 0)
                return ANSWER_DIFFERS;
        return p->agrees[pcr] != 0 ? ANSWER_PROVEN : ANSWER_UNSURE;
}

static pawl_err take_comparison(void *ctx, const pawl_log_comparison *c)
{
        proof *p = ctx;

        (c->agrees ? p->agrees : p->differs)[c->pcr] |= 1u << c->log->alg;
        return PAWL_OK;
}

/* Values of this machine's TPM prove nothing about a log from a file, unless somebody says so. */
static pawl_err compare(const explain_args *a, const pawl_logs *l, proof *ret, pawl_diag *d)
{
        const bool is_live = !a->firmware_log && !a->user_log;
        pawl_pcr_values v = { 0 };
        pawl_diag why = { 0 };

        if (!a->pcrs && !a->tpm && !is_live)
                return PAWL_OK;
        if (a->pcrs || a->tpm)
                PAWL_TRY(pawl_log_input_values(a->pcrs, a->tpm, &v, d));
        else if (pawl_log_input_values(NULL, NULL, &v, &why) != PAWL_OK) {
                pawl_say("%s", pawl_diag_text(&why));
                return PAWL_OK;
        }
        return pawl_log_compare(l, &v, take_comparison, ret, d);
}

static void bank_names(uint32_t banks, char ret[static BANKS_SIZE])
{
        size_t n = 0;

        ret[0] = '\0';
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_ && n < BANKS_SIZE; a++)
                if (banks >> a & 1)
                        n += (size_t)snprintf(ret + n, BANKS_SIZE - n, "%s%s", n > 0 ? ", " : "",
                                pawl_alg_info_of(a)->name);
}

/* What is told: of the PCRs that were asked for, or else of those that were extended. */
static bool is_told(const explain_args *a, uint32_t mask, const pawl_log_explanation *e,
        const proof *p, unsigned pcr)
{
        if (!(mask >> pcr & 1))
                return false;
        return a->pcr || e->pcrs[pcr].n_lines > 0 || answer_of(p, pcr) == ANSWER_DIFFERS;
}

/* Where a log extends a PCR of which nothing is known, the log is not proven. */
static answer answer_of_all(const pawl_log_explanation *e, const proof *p, uint32_t mask)
{
        answer all = ANSWER_UNSURE;
        bool is_open = false;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                const answer one = mask >> i & 1 ? answer_of(p, i) : ANSWER_UNSURE;

                if (one == ANSWER_DIFFERS)
                        return ANSWER_DIFFERS;
                if (one == ANSWER_PROVEN)
                        all = ANSWER_PROVEN;
                else
                        is_open |= e->pcrs[i].n_events > 0;
        }
        return is_open ? ANSWER_UNSURE : all;
}

static void print_answer(const proof *p, unsigned pcr)
{
        char banks[BANKS_SIZE];

        switch (answer_of(p, pcr)) {
        case ANSWER_PROVEN:
                bank_names(p->agrees[pcr], banks);
                (void)printf("  proven: the log leads to the PCR's value (%s)\n", banks);
                break;
        case ANSWER_DIFFERS:
                bank_names(p->differs[pcr], banks);
                (void)printf("  NOT TRUE: the log does not lead to the PCR's value (%s)\n", banks);
                break;
        case ANSWER_UNSURE:
                (void)printf("  not proven: there is no value of this PCR to compare with\n");
                break;
        }
}

static void print_pcr(const pawl_explained_pcr *x, const proof *p, unsigned pcr)
{
        static const char marks[] = {
                [PAWL_WORDS_LABEL] = '~', [PAWL_WORDS_MEASURED] = ' ', [PAWL_WORDS_FALSE] = '!'
        };
        const pawl_pcr_purpose *purpose = pawl_pcr_purpose_of(pcr);

        (void)printf(
                "PCR %u, %s: %s Extended by %s\n", pcr, purpose->name, purpose->text, purpose->who);
        print_answer(p, pcr);
        for (size_t i = 0; i < x->n_lines; i++)
                (void)printf("  %c %s\n", marks[x->lines[i].worth], x->lines[i].text);
        if (x->n_untold > 0)
                (void)printf("  ~ (%zu more; see 'pawl log show')\n", x->n_untold);
        if (x->n_lines == 0)
                (void)printf("    (the log has no event of it)\n");
        (void)printf("\n");
}

static pawl_err print_text(
        const explain_args *a, uint32_t mask, const pawl_log_explanation *e, const proof *p)
{
        static const char *const ends[] = {
                [ANSWER_UNSURE] = ("Nothing of the log is proven unless said so above: PCR values "
                                   "are missing (see --pcrs=)."),
                [ANSWER_PROVEN] = "The log is proven: it leads to the PCR values.",
                [ANSWER_DIFFERS] = "The log is NOT TRUE: it does not lead to the PCR values.",
        };

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (is_told(a, mask, e, p, i))
                        print_pcr(&e->pcrs[i], p, i);
        (void)printf(
                "~ is a label, wholly or in part: something else was measured, and anyone could "
                "have\n  changed the words.\n! should have been measured as it reads, and was "
                "not.\n%s\n",
                ends[answer_of_all(e, p, mask)]);
        return fflush(stdout) == 0 ? PAWL_OK : PAWL_ERR_IO;
}

static const char *word_of(answer a)
{
        static const char *const words[] = {
                [ANSWER_UNSURE] = "unsure", [ANSWER_PROVEN] = "proven", [ANSWER_DIFFERS] = "differs"
        };

        return words[a];
}

static pawl_err add_lines(json_object *list, const pawl_explained_pcr *x)
{
        static const char *const worths[] = { [PAWL_WORDS_LABEL] = "label",
                [PAWL_WORDS_MEASURED] = "measured",
                [PAWL_WORDS_FALSE] = "false" };

        for (size_t i = 0; i < x->n_lines; i++) {
                json_object *o = json_object_new_object();

                if (!o || json_object_array_add(list, o) < 0)
                        return PAWL_ERR_NO_MEMORY;
                PAWL_TRY(pawl_json_add_text(o, "text", x->lines[i].text));
                PAWL_TRY(pawl_json_add_text(o, "words", worths[x->lines[i].worth]));
                PAWL_TRY(pawl_json_add(o, "events", json_object_new_uint64(x->lines[i].n_events)));
        }
        return PAWL_OK;
}

static pawl_err add_pcr(
        json_object *list, const pawl_explained_pcr *x, const proof *p, unsigned pcr)
{
        json_object *o = json_object_new_object(), *lines = json_object_new_array();
        char banks[BANKS_SIZE];

        if (!o || json_object_array_add(list, o) < 0 || pawl_json_add(o, "lines", lines) != PAWL_OK)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_uint64(pcr)));
        PAWL_TRY(pawl_json_add_text(o, "what", pawl_pcr_purpose_of(pcr)->name));
        PAWL_TRY(pawl_json_add_text(o, "who", pawl_pcr_purpose_of(pcr)->who));
        PAWL_TRY(pawl_json_add_text(o, "result", word_of(answer_of(p, pcr))));
        bank_names(p->differs[pcr] ? p->differs[pcr] : p->agrees[pcr], banks);
        PAWL_TRY(pawl_json_add_text(o, "banks", banks));
        PAWL_TRY(pawl_json_add(o, "events", json_object_new_uint64(x->n_events)));
        return add_lines(lines, x);
}

static pawl_err print_json(
        const explain_args *a, uint32_t mask, const pawl_log_explanation *e, const proof *p)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *list = json_object_new_array();

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "result", word_of(answer_of_all(e, p, mask))));
        PAWL_TRY(pawl_json_add(o, "pcrs", list));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (is_told(a, mask, e, p, i))
                        PAWL_TRY(add_pcr(list, &e->pcrs[i], p, i));
        return pawl_json_print(o);
}

static pawl_err explain(const explain_args *a, answer *ret, pawl_diag *d)
{
        pawl_autologexplanation pawl_log_explanation *e = NULL;
        pawl_autologs pawl_logs l = { 0 };
        pawl_pcr_list list = { .mask = ALL_PCRS };
        proof p = { 0 };

        if (a->pcr)
                PAWL_TRY(pawl_fail_prefix(d, pawl_pcr_list_parse(a->pcr, &list, d), "--pcr="));
        PAWL_TRY(pawl_log_input(a->firmware_log, a->user_log, &l, d));
        PAWL_TRY(compare(a, &l, &p, d));
        PAWL_TRY(pawl_log_explain(&l, list.mask, &e));
        PAWL_TRY((a->is_json ? print_json : print_text)(a, list.mask, e, &p));
        *ret = answer_of_all(e, &p, list.mask);
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        static const int statuses[] = { [ANSWER_UNSURE] = PAWL_EXIT_UNSURE,
                [ANSWER_PROVEN] = PAWL_EXIT_YES,
                [ANSWER_DIFFERS] = PAWL_EXIT_NO };
        explain_args a = { 0 };
        answer result = ANSWER_UNSURE;
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (first != argc)
                return pawl_verb_usage(&pawl_verb_log_explain, "no words are wanted");
        err = explain(&a, &result, &d);
        return err == PAWL_OK ? statuses[result] : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_log_explain = {
        .noun = "log",
        .verb = "explain",
        .args = "[OPTIONS]",
        .summary = "Say for a person what each PCR is made of, and whether that is proven",
        .help = "  --firmware-log=FILE  a TCG event log instead of this machine's\n"
                "  --user-log=FILE      a log of userspace's measurements (JSON-SEQ)\n"
                "  --pcrs=FILE          PCR values (output of tpm2_pcrread, or JSON) instead of\n"
                "                       those of the TPM\n"
                "  --tpm=TPM            auto, a device, or a TCTI such as swtpm:path=SOCK\n"
                "  --pcr=LIST           these only, such as 7+11\n"
                "  --json               as JSON\n"
                "\nFor each PCR: what it is for, who extends it, whether log and PCR agree, and "
                "its\n"
                "events in words. Long runs of one kind are abbreviated; 'pawl log show' has all.\n"
                "With a log from a file and no PCR values nothing is proven.\n"
                "\nStatus 0: the log is proven by the PCRs; 1: they disagree; 2: could not tell.\n"
                "\nExample: pawl log explain --pcr=4+7+11\n",
        .run = run,
};

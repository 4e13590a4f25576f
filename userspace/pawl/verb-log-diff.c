/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/log/change-words.h"
#include "userspace/log/describe.h"
#include "userspace/log/diff.h"
#include "userspace/log/log.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/pcr-list.h"
#include "userspace/pawl/verbs.h"

#define ALL_PCRS 0xffffffu

typedef struct diff_args {
        const char *pcrs;
        bool is_json;
} diff_args;

static const pawl_option options[] = {
        PAWL_TEXT("pcrs", diff_args, pcrs),
        PAWL_FLAG("json", diff_args, is_json),
};

typedef struct sink {
        pawl_table *table; /* or */
        json_object *list;
        size_t n;
} sink;

/* What a change is, in one word. */
static const char *word_of(const pawl_log_change *c)
{
        return !c->before ? "new" : !c->after ? "gone" : "changed";
}

typedef struct words {
        char type[PAWL_TYPE_TEXT_SIZE];
        char before[PAWL_DESCRIPTION_SIZE], after[PAWL_DESCRIPTION_SIZE];
        char what[PAWL_CHANGE_WORDS_SIZE]; /* of a list that changed; else empty */
} words;

static pawl_err describe(const pawl_log_change *c, words *ret)
{
        pawl_event_type_text(c->before ? c->before->type : c->after->type, ret->type);
        ret->before[0] = ret->after[0] = '\0';
        if (c->before)
                pawl_event_describe(c->before, ret->before);
        if (c->after)
                pawl_event_describe(c->after, ret->after);
        return pawl_change_words(c, ret->what);
}

static pawl_err add_json(json_object *list, const pawl_log_change *c, const words *w)
{
        json_object *o = json_object_new_object();

        if (!o || json_object_array_add(list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_int((int)c->pcr)));
        PAWL_TRY(pawl_json_add_text(o, "change", word_of(c)));
        PAWL_TRY(pawl_json_add_text(o, "type", w->type));
        if (w->what[0] != '\0')
                PAWL_TRY(pawl_json_add_text(o, "what", w->what));
        if (c->before)
                PAWL_TRY(pawl_json_add_text(o, "before", w->before));
        return c->after ? pawl_json_add_text(o, "after", w->after) : PAWL_OK;
}

static pawl_err take(void *ctx, const pawl_log_change *c)
{
        sink *s = ctx;
        char pcr[8];
        words w;
        const char *const cells[] = { pcr, word_of(c), w.what, w.before, w.after };

        s->n++;
        PAWL_TRY(describe(c, &w));
        (void)snprintf(pcr, sizeof(pcr), "%u", c->pcr);
        return s->list ? add_json(s->list, c, &w) : pawl_table_add(s->table, cells);
}

static pawl_err print(const pawl_logs *a, const pawl_logs *b, uint32_t mask, bool is_json,
        size_t *ret_n, pawl_diag *d)
{
        static const char *const columns[] = { "PCR", "CHANGE", "WHAT", "BEFORE", "AFTER", NULL };
        pawl_autojson json_object *list = is_json ? json_object_new_array() : NULL;
        pawl_autotable pawl_table *table = NULL;
        sink s = { .list = list };

        if (!is_json)
                PAWL_TRY(pawl_table_new(columns, &table));
        s.table = table;
        PAWL_TRY(pawl_eventlog_diff(&a->firmware, &b->firmware, mask, take, &s, d));
        *ret_n = s.n;
        if (is_json)
                return pawl_json_print(list);
        return s.n > 0 ? pawl_table_print(table) : PAWL_OK;
}

static pawl_err diff(
        const diff_args *args, const char *before, const char *after, size_t *ret_n, pawl_diag *d)
{
        pawl_autologs pawl_logs a = { 0 }, b = { 0 };
        pawl_pcr_list l = { .mask = ALL_PCRS };

        if (args->pcrs)
                PAWL_TRY(pawl_fail_prefix(d, pawl_pcr_list_parse(args->pcrs, &l, d), "--pcrs="));
        PAWL_TRY(pawl_logs_load(before, NULL, &a, d));
        PAWL_TRY(pawl_logs_load(after ? after : PAWL_FIRMWARE_LOG_PATH, NULL, &b, d));
        return print(&a, &b, l.mask, args->is_json, ret_n, d);
}

static int run(int argc, char **argv)
{
        diff_args a = { 0 };
        pawl_diag d = { 0 };
        size_t n = 0;
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (argc - first < 1 || argc - first > 2)
                return pawl_verb_usage(&pawl_verb_log_diff, "one or two logs are wanted");
        err = diff(&a, argv[first], argc - first == 2 ? argv[first + 1] : NULL, &n, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        return n == 0 ? PAWL_EXIT_YES : PAWL_EXIT_NO;
}

const pawl_verb pawl_verb_log_diff = {
        .noun = "log",
        .verb = "diff",
        .args = "[--pcrs=LIST] [--json] BEFORE [AFTER]",
        .summary = "say what the firmware measured differently in two boots",
        .help = "  --pcrs=LIST  these only, such as 7+12\n"
                "  --json       as JSON\n"
                "\n"
                "BEFORE and AFTER are firmware logs; without AFTER that of this boot. Events are\n"
                "aligned by their digests in each PCR. Neither log is proven here ('pawl log\n"
                "verify' does that): it helps to find a reason.\n"
                "Exit status: 0 no difference, 1 some, 2 could not tell.\n"
                "Example: pawl log diff --pcrs=7 yesterday.bin\n",
        .run = run,
};

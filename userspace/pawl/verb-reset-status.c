/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/reset.h"
#include "userspace/pawl/verbs.h"
#include "userspace/reset/erase.h"

typedef struct status_args {
        const char *os_release;
        bool is_json;
} status_args;

static const pawl_option options[] = {
        PAWL_TEXT("os-release", status_args, os_release),
        PAWL_FLAG("json", status_args, is_json),
};

typedef struct status {
        pawl_boot_report boot; /* what would be erased */
        pawl_reset_state state;
        pawl_reset_journal journal;
        bool has_begun;
} status;

static void status_done(status *s)
{
        pawl_boot_report_done(&s->boot);
}

static pawl_err look(const status_args *a, status *ret, pawl_diag *d)
{
        pawl_reset_os os;
        bool has_journal = false;

        PAWL_TRY(pawl_reset_own_os(a->os_release, &os, d));
        PAWL_TRY(pawl_reset_request_read(&os, &ret->state, d));
        PAWL_TRY(pawl_reset_journal_read(&has_journal, &ret->journal, d));
        if (pawl_boot_report_read(&ret->boot, NULL) != PAWL_OK)
                ret->boot.n = 0; /* another initrd started this system */
        ret->has_begun = ret->state == PAWL_RESET_ON && has_journal && ret->journal.furthest > 0;
        return PAWL_OK;
}

static void word(const status *s, char *ret, size_t size)
{
        if (s->has_begun)
                (void)snprintf(ret, size, "running: step %u of %d", s->journal.furthest + 1,
                        PAWL_RESET_STEPS);
        else
                (void)snprintf(ret, size, "%s", pawl_reset_state_name(s->state));
}

static uint64_t size_of(const pawl_report_volume *v)
{
        uint64_t size = 0;

        return pawl_erase_size(v->device, &size, NULL) == PAWL_OK ? size : 0;
}

static void print_text(const status *s, const char *text)
{
        (void)puts(text);
        for (unsigned i = 0; i < s->boot.n; i++)
                if (s->boot.volumes[i].is_factory_reset)
                        (void)printf("would erase %s '%s', %llu MiB\n", s->boot.volumes[i].device,
                                s->boot.volumes[i].label,
                                (unsigned long long)(size_of(&s->boot.volumes[i]) >> 20));
}

static pawl_err add_volumes(json_object *o, const status *s)
{
        json_object *list = json_object_new_array();

        PAWL_TRY(pawl_json_add(o, "wouldErase", list));
        for (unsigned i = 0; i < s->boot.n; i++) {
                const pawl_report_volume *v = &s->boot.volumes[i];
                json_object *row = json_object_new_object();

                if (!row || !v->is_factory_reset) {
                        (void)json_object_put(row);
                        continue;
                }
                if (json_object_array_add(list, row) != 0)
                        return PAWL_ERR_NO_MEMORY;
                PAWL_TRY(pawl_json_add_text(row, "device", v->device));
                PAWL_TRY(pawl_json_add_text(row, "label", v->label));
                PAWL_TRY(pawl_json_add(row, "size", json_object_new_uint64(size_of(v))));
        }
        return PAWL_OK;
}

static pawl_err print_json(const status *s, const char *text)
{
        pawl_autojson json_object *o = json_object_new_object();

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "status", text));
        PAWL_TRY(pawl_json_add(o, "keepsTpm", json_object_new_boolean(s->journal.keeps_tpm)));
        PAWL_TRY(add_volumes(o, s));
        if (s->has_begun)
                PAWL_TRY(pawl_json_add(
                        o, "completedStep", json_object_new_int((int)s->journal.furthest)));
        return pawl_json_print(o);
}

static int run(int argc, char **argv)
{
        status_args a = { 0 };
        pawl_cleanup(status_done) status s = { 0 };
        pawl_diag d = { 0 };
        char text[64];
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (first != argc)
                return pawl_verb_usage(&pawl_verb_reset_status, "no words are wanted");
        err = look(&a, &s, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        word(&s, text, sizeof(text));
        if (a.is_json)
                err = print_json(&s, text);
        else
                print_text(&s, text);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        return s.state == PAWL_RESET_PENDING || s.state == PAWL_RESET_ON ? PAWL_EXIT_YES
                                                                         : PAWL_EXIT_NO;
}

const pawl_verb pawl_verb_reset_status = {
        .noun = "reset",
        .verb = "status",
        .args = "[--json] [--os-release=FILE]",
        .summary = "say whether a factory reset is asked for, or under way",
        .help = "  --json             as JSON\n"
                "  --os-release=FILE  which OS this is (default: the running image's)\n"
                "\n"
                "off: nothing is asked for. pending: the next boot does it. on: this boot has to\n"
                "do it. running: it began. other: asked for by another OS of this machine, which\n"
                "this one ignores. Then what a reset would erase, with sizes.\n"
                "Exit status: 0 asked for, 1 not, 2 could not tell.\n"
                "Example: pawl reset status\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/cred/describe.h"
#include "userspace/cred/when.h"
#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred.h"
#include "userspace/pawl/verbs.h"

typedef struct inspect_args {
        pawl_cred_args common;
        bool is_json;
} inspect_args;

static const pawl_option options[] = {
        PAWL_CRED_OPTIONS(inspect_args, common),
        PAWL_FLAG("json", inspect_args, is_json),
};

/* What could be found out: name and times stand inside, so that they are known only where it opens
 * or opened but for a rule. */
typedef struct report {
        const pawl_cred_item *item;
        char *needs;
        bool is_read;
} report;

static void line(const char *what, const char *text)
{
        (void)printf("%-8s %s\n", what, text);
}

static void print_text(const report *r)
{
        const pawl_cred_item *c = r->item;
        const char *weak = pawl_cred_weakness(&c->envelope);
        char when[PAWL_WHEN_SIZE];

        line("kind", c->envelope.type->key);
        line("needs", r->needs);
        if (weak)
                line("weak", weak);
        if (r->is_read) {
                line("name", c->own_name[0] != '\0' ? c->own_name : "(good for every name)");
                line("sealed", pawl_when_text(c->timestamp, when));
                line("until", pawl_when_text(c->not_after, when));
        }
        line("opens", c->err == PAWL_OK ? "yes, now" : "no");
        if (c->err != PAWL_OK)
                line("why", pawl_diag_text(&c->why));
}

static pawl_err add_all(json_object *o, const report *r)
{
        const pawl_cred_item *c = r->item;
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(pawl_span_of(c->envelope.type->id, PAWL_CRED_ID_SIZE), &hex));
        PAWL_TRY(pawl_json_add_text(o, "kind", c->envelope.type->key));
        PAWL_TRY(pawl_json_add_text(o, "id", hex));
        PAWL_TRY(pawl_json_add_text(o, "needs", r->needs));
        PAWL_TRY(pawl_json_add_mask(o, "pcrs", (uint32_t)c->envelope.literal_mask));
        PAWL_TRY(pawl_json_add_mask(o, "signedPcrs", (uint32_t)c->envelope.signed_mask));
        if (pawl_cred_weakness(&c->envelope))
                PAWL_TRY(pawl_json_add_text(o, "weak", pawl_cred_weakness(&c->envelope)));
        if (r->is_read) {
                PAWL_TRY(pawl_json_add_text(o, "name", c->own_name));
                PAWL_TRY(pawl_json_add(o, "timestampUSec", json_object_new_uint64(c->timestamp)));
                if (c->not_after != PAWL_CRED_NEVER)
                        PAWL_TRY(pawl_json_add(
                                o, "notAfterUSec", json_object_new_uint64(c->not_after)));
        }
        PAWL_TRY(pawl_json_add(o, "opens", json_object_new_boolean(c->err == PAWL_OK)));
        return c->err == PAWL_OK ? PAWL_OK : pawl_json_add_text(o, "why", pawl_diag_text(&c->why));
}

static pawl_err print_json(const report *r)
{
        pawl_autojson json_object *o = json_object_new_object();

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(add_all(o, r));
        return pawl_json_print(o);
}

static pawl_err print(const pawl_cred_item *c, const char *store, bool is_json)
{
        pawl_autofree char *needs = NULL;
        report r = { .item = c };

        PAWL_TRY(pawl_cred_describe(&c->envelope, store, &needs));
        r.needs = needs;
        r.is_read = c->timestamp != 0 || c->not_after != 0;
        if (is_json)
                return print_json(&r);
        print_text(&r);
        return PAWL_OK;
}

/* `ret_err`: whether it opens. */
static pawl_err inspect(const inspect_args *a, const char *file, pawl_err *ret_err, pawl_diag *d)
{
        pawl_autocredfiles pawl_cred_files f = { 0 };
        pawl_cred_opening o = { 0 };
        pawl_cred_open_cost cost;

        PAWL_TRY(pawl_cred_opening_make(&a->common, &o, d));
        PAWL_TRY(pawl_cred_files_add(&f, file, d));
        if (f.items[0].err != PAWL_OK) {
                *d = f.items[0].why;
                return f.items[0].err;
        }
        f.items[0].name = f.items[0].other_name = NULL;
        PAWL_TRY(pawl_cred_open(&o.options, f.items, 1, &cost, d));
        *ret_err = f.items[0].err;
        return print(&f.items[0], o.store, a->is_json);
}

static int run(int argc, char **argv)
{
        inspect_args a = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err, opens = PAWL_OK;
        pawl_diag d = { 0 };

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (argc - first != 1)
                return pawl_verb_usage(&pawl_verb_cred_inspect, "one file is wanted");
        err = inspect(&a, argv[first], &opens, &d);
        return err == PAWL_OK ? pawl_cred_exit(opens) : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_cred_inspect = {
        .noun = "cred",
        .verb = "inspect",
        .args = "[OPTIONS] FILE",
        .summary = "say what a sealed credential needs, and whether that holds now",
        .help = "  --json              as JSON\n"
                "  --allow-null --authenticate --uid=USER --tpm2-signature=FILE\n"
                "  --host-key=FILE --store-keys=DIR --tpm=SPEC   as with 'pawl cred unseal'\n"
                "\n"
                "It is tried, so that the answer is true; the secret is not shown. The name "
                "stands\n"
                "inside and is known only where it opens.\n"
                "Exit status: 0 it opens now, 1 it does not and why, 2 could not tell.\n"
                "Example: pawl cred inspect /var/lib/pawl/credstore/db-password\n",
        .run = run,
};

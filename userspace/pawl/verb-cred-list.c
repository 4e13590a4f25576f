/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/cred/describe.h"
#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred-all.h"
#include "userspace/pawl/verbs.h"

typedef struct list_args {
        pawl_cred_args common;
        bool is_json;
} list_args;

static const pawl_option options[] = {
        PAWL_TEXT("store-keys", list_args, common.store),
        PAWL_FLAG("json", list_args, is_json),
};

static pawl_err print_table(const pawl_cred_files *f, const char *store)
{
        static const char *const columns[] = { "FILE", "KIND", "NEEDS", "WEAK", NULL };
        pawl_autotable pawl_table *table = NULL;

        PAWL_TRY(pawl_table_new(columns, &table));
        for (size_t i = 0; i < f->n; i++) {
                const pawl_cred_item *c = &f->items[i];
                const char *weak = c->err == PAWL_OK ? pawl_cred_weakness(&c->envelope) : NULL;
                pawl_autofree char *needs = NULL;
                const char *cells[] = { c->file, "-", pawl_diag_text(&c->why), "" };

                if (c->err == PAWL_OK) {
                        PAWL_TRY(pawl_cred_describe(&c->envelope, store, &needs));
                        cells[1] = c->envelope.type->key;
                        cells[2] = needs;
                        cells[3] = weak ? "yes" : "";
                }
                PAWL_TRY(pawl_table_add(table, cells));
        }
        return pawl_table_print(table);
}

static pawl_err add_row(json_object *list, const pawl_cred_item *c, const char *store)
{
        pawl_autofree char *needs = NULL;
        json_object *o = json_object_new_object();

        if (!o || json_object_array_add(list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "file", c->file));
        if (c->err != PAWL_OK)
                return pawl_json_add_text(o, "error", pawl_diag_text(&c->why));
        PAWL_TRY(pawl_cred_describe(&c->envelope, store, &needs));
        PAWL_TRY(pawl_json_add_text(o, "kind", c->envelope.type->key));
        PAWL_TRY(pawl_json_add_text(o, "needs", needs));
        if (pawl_cred_weakness(&c->envelope))
                PAWL_TRY(pawl_json_add_text(o, "weak", pawl_cred_weakness(&c->envelope)));
        return PAWL_OK;
}

static pawl_err print_json(const pawl_cred_files *f, const char *store)
{
        pawl_autojson json_object *list = json_object_new_array();

        if (!list)
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < f->n; i++)
                PAWL_TRY(add_row(list, &f->items[i], store));
        return pawl_json_print(list);
}

static int run(int argc, char **argv)
{
        pawl_autocredfiles pawl_cred_files f = { 0 };
        pawl_cred_opening o = { 0 };
        list_args a = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        int status = PAWL_EXIT_YES;
        pawl_diag d = { 0 };
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        err = pawl_cred_opening_make(&a.common, &o, &d);
        if (err == PAWL_OK)
                err = pawl_cred_gather(argc - first, argv + first, &f, &d);
        if (err == PAWL_OK)
                err = a.is_json ? print_json(&f, o.store) : print_table(&f, o.store);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        for (size_t i = 0; i < f.n; i++)
                if (f.items[i].err != PAWL_OK)
                        status = PAWL_EXIT_UNSURE;
        return status;
}

const pawl_verb pawl_verb_cred_list = {
        .noun = "cred",
        .verb = "list",
        .args = "[--json] [DIR...]",
        .summary = "show the sealed credentials of this machine and what they need",
        .help = "  --json            as JSON\n"
                "  --store-keys=DIR  where the store's key pairs are\n"
                "\n"
                "Without DIR: /etc/credstore.encrypted, /run/credstore.encrypted,\n"
                "/var/lib/pawl/credstore, /usr/lib/credstore.encrypted, and what lay on the boot\n"
                "partition (/run/credentials/@encrypted). Nothing is opened.\n"
                "Exit status: 2 if a file is no sealed credential.\n"
                "Example: pawl cred list /var/lib/pawl/credstore\n",
        .run = run,
};

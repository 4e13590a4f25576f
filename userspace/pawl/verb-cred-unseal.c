/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred-all.h"
#include "userspace/pawl/cred.h"
#include "userspace/pawl/verbs.h"

typedef struct unseal_args {
        pawl_cred_args common;
        pawl_cred_policy_args policy;
        const char *name, *output_dir;
        bool is_all;
} unseal_args;

static const pawl_option options[] = {
        PAWL_CRED_OPTIONS(unseal_args, common),
        PAWL_TEXT("name", unseal_args, name),
        PAWL_TEXT("output-dir", unseal_args, output_dir),
        PAWL_FLAG("all", unseal_args, is_all),
        PAWL_TEXT("tpm2-public-key", unseal_args, policy.public_key),
        PAWL_TEXT("firmware-log", unseal_args, common.firmware_log),
        PAWL_TEXT("user-log", unseal_args, common.user_log),
};

/* A given name has to be exactly that; an empty one is no question. */
static void take_name(const unseal_args *a, const char *in, pawl_cred_item *i)
{
        if (a->name) {
                i->name = a->name[0] != '\0' ? a->name : NULL;
                i->other_name = NULL;
        } else if (strcmp(in, "-") == 0)
                i->name = i->other_name = NULL;
}

static pawl_err unseal_one(const unseal_args *a, const char *in, const char *out, pawl_diag *d)
{
        pawl_autocredfiles pawl_cred_files f = { 0 };
        pawl_cred_opening o = { 0 };
        pawl_cred_open_cost cost;

        PAWL_TRY(pawl_cred_opening_make(&a->common, &o, d));
        PAWL_TRY(pawl_cred_files_add(&f, in, d));
        take_name(a, in, &f.items[0]);
        if (f.items[0].err == PAWL_OK)
                PAWL_TRY(pawl_cred_open(&o.options, f.items, 1, &cost, d));
        if (f.items[0].err != PAWL_OK) {
                *d = f.items[0].why;
                return f.items[0].err;
        }
        return pawl_file_write(out, pawl_secret_span(&f.items[0].secret), 0600, d);
}

static int run_one(const unseal_args *a, int n, char **words)
{
        pawl_diag d = { 0 };
        pawl_err err;

        if (n < 1 || n > 2 || a->output_dir)
                return pawl_verb_usage(&pawl_verb_cred_unseal,
                        "IN and OUT are wanted ('-': standard input, standard output), or --all");
        err = unseal_one(a, words[0], n == 2 ? words[1] : "-", &d);
        if (err == PAWL_OK)
                return PAWL_EXIT_YES;
        (void)pawl_verb_fail(&d, err);
        return pawl_cred_exit(err);
}

static int run(int argc, char **argv)
{
        unseal_args a = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (!a.is_all)
                return run_one(&a, argc - first, argv + first);
        if (a.name)
                return pawl_verb_usage(&pawl_verb_cred_unseal, "--all and --name= exclude each "
                                                               "other");
        return pawl_cred_unseal_all(&(pawl_cred_all){ .common = a.common,
                .policy = a.policy,
                .folders = argv + first,
                .n_folders = argc - first,
                .output = a.output_dir });
}

const pawl_verb pawl_verb_cred_unseal = {
        .noun = "cred",
        .verb = "unseal",
        .args = "[OPTIONS] IN [OUT] | --all [DIR...]",
        .summary = "open a sealed credential, or all of a store",
        .help = "  --name=N            the name that it must have (default: that of IN, also less\n"
                "                      .cred); empty: any\n"
                "  --all               all files of the folders (default: the credstores of the\n"
                "                      system), in one conversation with the TPM\n"
                "  --output-dir=DIR    where --all puts them (default: /run/pawl/credentials, in\n"
                "                      memory and for root only)\n"
                "  --authenticate      refuse what others than this machine could have sealed\n"
                "  --allow-null        take those with a key that everybody knows, in any case\n"
                "  --uid=USER          one for that user\n"
                "  --tpm2-signature=FILE --host-key=FILE --store-keys=DIR --tpm=SPEC\n"
                "  --tpm2-public-key=FILE  for a rotation; --firmware-log= --user-log=\n"
                "\n"
                "Exit status: 0 opened, 1 refused (which and why is said), 2 could not tell.\n"
                "Example: pawl cred unseal db-password.cred -\n",
        .run = run,
};

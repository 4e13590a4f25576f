/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cred/rotate.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred.h"
#include "userspace/pawl/verbs.h"

typedef struct rotate_args {
        const char *store, *profile;
        bool is_cancel;
} rotate_args;

static const pawl_option options[] = {
        PAWL_TEXT("store-keys", rotate_args, store),
        PAWL_TEXT("profile", rotate_args, profile),
        PAWL_FLAG("cancel", rotate_args, is_cancel),
};

/* They are read at the next boot, from wherever that stands. */
static pawl_err add_folder(pawl_rotate_request *r, const char *folder, pawl_diag *d)
{
        if (r->n_folders == PAWL_ROTATE_FOLDERS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "too many folders");
        r->folders[r->n_folders] = realpath(folder, NULL);
        if (!r->folders[r->n_folders])
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: there is no such folder", folder);
        r->n_folders++;
        return PAWL_OK;
}

static pawl_err request(
        const rotate_args *a, const char *store, int n, char **folders, pawl_diag *d)
{
        pawl_autorotaterequest pawl_rotate_request r = { 0 };
        pawl_store_public current;
        pawl_profile profile;

        if (a->is_cancel)
                return pawl_rotate_request_remove(store, d);
        PAWL_TRY(pawl_store_current_read(store, &current, d));
        if (a->profile) {
                PAWL_TRY(pawl_profile_load(NULL, a->profile, &profile, d));
                pawl_copy(r.profile, profile.name, strlen(profile.name) + 1);
        }
        for (int i = 0; i < n; i++)
                PAWL_TRY(add_folder(&r, folders[i], d));
        PAWL_TRY(pawl_rotate_request_write(store, &r, d));
        pawl_say("%s: the next 'pawl cred unseal --all' before the system is ready makes a new key "
                 "pair; until then nothing changes",
                store);
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        char buf[512];
        rotate_args a = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        err = request(&a, a.store ? a.store : pawl_store_folder(buf, sizeof(buf)), argc - first,
                argv + first, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_cred_rotate = {
        .noun = "cred",
        .verb = "rotate",
        .args = "[OPTIONS] [DIR...]",
        .summary = "give the store a new key pair at the next boot",
        .help = "  --profile=NAME    the policy of the new pair (default: services)\n"
                "  --store-keys=DIR  where the key pairs are\n"
                "  --cancel          leave it at the old one\n"
                "\n"
                "All store credentials in the stores of the system and in each DIR are sealed to "
                "the\n"
                "new pair, and the old one is removed: all of them, or nothing is changed. What "
                "lies\n"
                "elsewhere does not open any more.\n"
                "Example: pawl cred rotate\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs of `pawl cred` that open have in common. */
#ifndef PAWL_PAWL_CRED_H
#define PAWL_PAWL_CRED_H

#include "userspace/cred/open.h"
#include "userspace/pawl/options.h"

/* Where sealed credentials lie on a machine, in the order in which they count; the last is NULL. */
extern const char *const pawl_cred_places[];
/* Of them: what pawl-init found on the boot partition. */
#define PAWL_CRED_FOREIGN "/run/credentials/@encrypted"
/* What was opened at boot, for `pawl cred run`. */
#define PAWL_CRED_OPENED "/run/pawl/credentials"

/* As given. */
typedef struct pawl_cred_args {
        const char *tpm, *host_key, *signature, *uid, *store;
        const char *firmware_log, *user_log;
        bool allow_null, is_authenticated;
} pawl_cred_args;
#define PAWL_CRED_OPTIONS(type, m)                                                                 \
        PAWL_TEXT("tpm", type, m.tpm), PAWL_TEXT("host-key", type, m.host_key),                    \
                PAWL_TEXT("tpm2-signature", type, m.signature), PAWL_TEXT("uid", type, m.uid),     \
                PAWL_TEXT("store-keys", type, m.store),                                            \
                PAWL_FLAG("allow-null", type, m.allow_null),                                       \
                PAWL_FLAG("authenticate", type, m.is_authenticated)

/* What it makes of them. `options` borrows from the other fields, so it must stay where it is. */
typedef struct pawl_cred_opening {
        pawl_cred_open_options options;
        pawl_cred_scope scope;
        char store[512];
} pawl_cred_opening;
PAWL_MUST_CHECK pawl_err pawl_cred_opening_make(
        const pawl_cred_args *a, pawl_cred_opening *ret, pawl_diag *d);

/* A name of a file as that of a credential: without folders; `*ret_short` without ".cred" too, or
 * NULL. The second is kept in `buf`. */
void pawl_cred_names_of(const char *path, const char **ret_name, const char **ret_short,
        char buf[static PAWL_CRED_NAME_MAX]);

/* A number of credentials, each with memory for its names. */
typedef struct pawl_cred_files {
        pawl_cred_item *items;
        struct pawl_cred_file_names *names;
        size_t n;
} pawl_cred_files;
void pawl_cred_files_done(pawl_cred_files *f);
#define pawl_autocredfiles pawl_cleanup(pawl_cred_files_done)

/* Loads a file ("-": standard input). What is wrong with it is in the item's `err`; returned is
 * NO_MEMORY and LIMIT only. */
PAWL_MUST_CHECK pawl_err pawl_cred_files_add(pawl_cred_files *f, const char *path, pawl_diag *d);
/* All files of a folder, in the order of their names; NOT_FOUND if it is not there. Names with a
 * dot in front are left out. */
PAWL_MUST_CHECK pawl_err pawl_cred_files_add_folder(
        pawl_cred_files *f, const char *folder, pawl_diag *d);

/* NO for what was verified and refused, else UNSURE. */
int pawl_cred_exit(pawl_err err);

#endif

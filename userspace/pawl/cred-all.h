/* SPDX-License-Identifier: BSD-2-Clause */
/* `pawl cred unseal --all`: a whole store at once. */
#ifndef PAWL_PAWL_CRED_ALL_H
#define PAWL_PAWL_CRED_ALL_H

#include "userspace/pawl/cred-policy.h"
#include "userspace/pawl/cred.h"

typedef struct pawl_cred_all {
        pawl_cred_args common;
        pawl_cred_policy_args policy; /* of a new key pair, if one was asked for */
        char **folders;               /* none: those of the system */
        int n_folders;
        const char *output; /* NULL: the folder of `cred run` */
} pawl_cred_all;

/* Opens them in one conversation, and writes each that opens; what does not is told. Of two with
 * one name the first counts. Does a rotation that was asked for. Returns an exit status. */
int pawl_cred_unseal_all(const pawl_cred_all *a);

/* All sealed files of the folders; `n` 0: of those of the system that are there. */
PAWL_MUST_CHECK pawl_err pawl_cred_gather(int n, char **folders, pawl_cred_files *f, pawl_diag *d);

#endif

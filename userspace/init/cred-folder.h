/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder below /run/credentials: a memory file system of its own that is never swapped out, with
 * a read-only file for each credential. Where systemd has a folder for the same, it has this name.
 */
#ifndef PAWL_INIT_CRED_FOLDER_H
#define PAWL_INIT_CRED_FOLDER_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_CREDENTIALS_SIZE_MAX (1u << 20) /* bytes of all credentials of a folder */
#define PAWL_CREDENTIALS_MAX      256        /* of a folder */

typedef enum pawl_cred_kind {
        /* From the boot partition: whoever can write there made them, and they count only for what
         * their own seal says. */
        PAWL_CRED_ENCRYPTED,
        /* Plain, of the measured command line. */
        PAWL_CRED_SYSTEM,
        /* Plain, from the firmware or the host of a virtual machine. Nothing measured them: no
         * program of Pawl takes a secret or a decision from here. */
        PAWL_CRED_UNMEASURED,
        PAWL_CRED_KIND_MAX_,
} pawl_cred_kind;

typedef struct pawl_cred_folder {
        bool is_mounted;
        size_t n, size;  /* credentials, and their bytes together */
        size_t n_beyond; /* that a limit kept out */
} pawl_cred_folder;

/* "/run/credentials/@encrypted" */
const char *pawl_cred_folder_path(pawl_cred_kind kind);

/* Writes one, and makes the folder if it is the first. FORMAT for a name that is not valid, LIMIT,
 * EXISTS if there is one of that name: the first counts. */
PAWL_MUST_CHECK pawl_err pawl_cred_folder_put(pawl_cred_folder *f, pawl_cred_kind kind,
        const char *name, pawl_span content, pawl_diag *d);
/* No more is written. */
PAWL_MUST_CHECK pawl_err pawl_cred_folder_end(
        pawl_cred_folder *f, pawl_cred_kind kind, pawl_diag *d);

#endif

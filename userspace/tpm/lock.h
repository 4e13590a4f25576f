/* SPDX-License-Identifier: BSD-2-Clause */
/* One conversation at a time: a TPM has room for three sessions and three objects, so two hundred
 * services that start at once have to queue. */
#ifndef PAWL_TPM_LOCK_H
#define PAWL_TPM_LOCK_H

#include "userspace/host/diag.h"

#define PAWL_TPM_LOCK_FILE "/run/pawl/tpm.lock"

typedef struct pawl_tpm_lock_wait {
        unsigned ms;       /* at most */
        void (*say)(void); /* called once after a second; NULL: nobody wants to know */
} pawl_tpm_lock_wait;

/* Waits for the lock (PAWL_TPM_LOCK in the environment names another file),
 * then BUSY. Closing `*ret_fd` gives it back. Where the lock cannot be made for want of
 * permission or of /run, `*ret_fd` is -1: the lock keeps order, it does not protect anything. */
PAWL_MUST_CHECK pawl_err pawl_tpm_lock(const pawl_tpm_lock_wait *wait, int *ret_fd, pawl_diag *d);

#endif

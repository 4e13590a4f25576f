/* SPDX-License-Identifier: BSD-2-Clause */
/* The lockout authorisation that `pawl tpm setup` made, kept on the encrypted volume. */
#ifndef PAWL_PAWL_LOCKOUT_H
#define PAWL_PAWL_LOCKOUT_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_LOCKOUT_AUTH_SIZE 32 /* bytes of the authorisation */

/* Reads it from the file `path`, NULL: the kept one. NOT_FOUND. */
PAWL_MUST_CHECK pawl_err pawl_lockout_read(const char *path, pawl_secret *ret, pawl_diag *d);
/* The kept one, made where there is none. */
PAWL_MUST_CHECK pawl_err pawl_lockout_setup(pawl_secret *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_lockout_forget(pawl_diag *d);

#endif

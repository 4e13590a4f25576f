/* SPDX-License-Identifier: BSD-2-Clause */
/* The key file of a machine, shared with systemd: 16 bytes that name the machine, 4096 random ones.
 */
#ifndef PAWL_CRED_HOST_KEY_H
#define PAWL_CRED_HOST_KEY_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_HOST_KEY_FILE "/var/lib/systemd/credential.secret"
#define PAWL_HOST_KEY_SIZE 4096 /* bytes */

/* The path that counts: `path`, else SYSTEMD_CREDENTIAL_SECRET of the environment, else
 * PAWL_HOST_KEY_FILE. */
const char *pawl_host_key_path(const char *path);

/* Reads it. NOT_FOUND, FORMAT; REFUSED if it is the machine's own (`path` NULL) and others than its
 * owner may read it or it has a second name. */
PAWL_MUST_CHECK pawl_err pawl_host_key_read(const char *path, pawl_secret *ret, pawl_diag *d);
/* The same for sealing: makes it where it is not there. Of two that make it at once, one wins and
 * both get that one. */
PAWL_MUST_CHECK pawl_err pawl_host_key_setup(const char *path, pawl_secret *ret, pawl_diag *d);

#endif

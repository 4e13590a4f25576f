/* SPDX-License-Identifier: BSD-2-Clause */
/* A new key pair for the store, and everything sealed to it anew. It is asked for at any time and
 * done at the next boot, when the store is opened anyway, since only then the old pair opens. All
 * or nothing: until the last file is written, old and new pair stand side by side, and each file
 * opens with its own. */
#ifndef PAWL_CRED_ROTATE_H
#define PAWL_CRED_ROTATE_H

#include "userspace/cred/open.h"
#include "userspace/cred/store-key.h"

#define PAWL_ROTATE_FOLDERS_MAX 64

/* What was asked for. */
typedef struct pawl_rotate_request {
        char profile[32];                       /* "": as before */
        char *folders[PAWL_ROTATE_FOLDERS_MAX]; /* beside those that are opened anyway */
        size_t n_folders;
} pawl_rotate_request;
void pawl_rotate_request_done(pawl_rotate_request *r);
#define pawl_autorotaterequest pawl_cleanup(pawl_rotate_request_done)

PAWL_MUST_CHECK pawl_err pawl_rotate_request_write(
        const char *store, const pawl_rotate_request *r, pawl_diag *d);
/* NOT_FOUND if nothing was asked for. */
PAWL_MUST_CHECK pawl_err pawl_rotate_request_read(
        const char *store, pawl_rotate_request *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_rotate_request_remove(const char *store, pawl_diag *d);

/* Whether all store credentials of `items` opened: REFUSED names one that did not. */
PAWL_MUST_CHECK pawl_err pawl_cred_rotate_check(
        const pawl_cred_item *items, size_t n, pawl_diag *d);
/* Seals all store credentials of `items`, which were opened unchecked, to `p` in place, makes that
 * the current pair, removes the others and the request. REFUSED as above, with nothing changed. The
 * caller holds the store's lock alone. */
PAWL_MUST_CHECK pawl_err pawl_cred_rotate(const char *store, const pawl_store_public *p,
        const pawl_cred_item *items, size_t n, const char *host_key, size_t *ret_n, pawl_diag *d);

#endif

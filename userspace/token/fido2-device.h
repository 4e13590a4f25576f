/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of FIDO2 share: tokens that are plugged in, and libfido2's errors in our words. */
#ifndef PAWL_TOKEN_FIDO2_DEVICE_H
#define PAWL_TOKEN_FIDO2_DEVICE_H

#include <fido.h>

#include "userspace/token/fido2.h"

#define PAWL_FIDO2_DEVICES_MAX 16

typedef struct pawl_fido2_list {
        fido_dev_info_t *items;
        size_t n;
} pawl_fido2_list;
PAWL_MUST_CHECK pawl_err pawl_fido2_list_read(pawl_fido2_list *ret, pawl_diag *d);
void pawl_fido2_list_done(pawl_fido2_list *l);
#define pawl_autofido2list pawl_cleanup(pawl_fido2_list_done)
const char *pawl_fido2_list_path(const pawl_fido2_list *l, size_t i);

/* One that was opened, and what a person has been asked for it. */
typedef struct pawl_fido2_device {
        fido_dev_t *dev;
        const char *path;
        unsigned timeout_ms;
        const pawl_ask *ask;
        pawl_secret pin; /* as typed; len 0: none yet */
} pawl_fido2_device;
/* NOT_FOUND where it is no FIDO2 token (any more). Borrows `path`. */
PAWL_MUST_CHECK pawl_err pawl_fido2_device_open(const fido_dev_info_t *info, unsigned timeout_ms,
        const pawl_ask *ask, pawl_fido2_device *ret, pawl_diag *d);
void pawl_fido2_device_done(pawl_fido2_device *d);
#define pawl_autofido2device pawl_cleanup(pawl_fido2_device_done)

/* One request; `pin` NULL or as typed. Returns libfido2's code. */
typedef int pawl_fido2_request(pawl_fido2_device *v, void *ctx, const char *pin);
/* Sends the request; with `wants_pin`, or when the token says that it needs one, with a PIN that a
 * person is asked for as often as the token grants tries, but the last of them. Tells of the touch
 * where `is_touched`. */
PAWL_MUST_CHECK pawl_err pawl_fido2_send(pawl_fido2_device *v, pawl_fido2_request *request,
        void *ctx, bool wants_pin, bool is_touched, pawl_diag *d);

/* "TOKEN: WHAT: …" */
PAWL_MUST_CHECK pawl_err pawl_fido2_fail(
        const pawl_fido2_device *v, int code, const char *what, pawl_diag *d);

#endif

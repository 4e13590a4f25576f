/* SPDX-License-Identifier: BSD-2-Clause */
/* What a token needs from a person while it is used: a PIN, a touch, patience. The rooms that talk
 * to tokens know nobody; a verb, a plugin and pawl-init each lend them their own way to ask. */
#ifndef PAWL_HOST_ASK_H
#define PAWL_HOST_ASK_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

typedef struct pawl_ask {
        void *ctx;
        /* The PIN of `what` ("FIDO2 token at /dev/hidraw0", "TPM2 token 3"). `tries_left`: how many
         * the device still grants, -1 where it does not say. CANCELLED if the person gives up, or
         * there is nobody to ask. Called again after a wrong one only if tries are left. */
        pawl_err (*pin)(
                void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d);
        /* One line for the person, without a line feed: "touch the token at /dev/hidraw0". */
        void (*say)(void *ctx, const char *text);
        /* Asked several times a second while a token is waited for: true stops that with CANCELLED.
         * NULL: never. */
        bool (*is_cancelled)(void *ctx);
} pawl_ask;

#endif

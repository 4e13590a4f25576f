/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for devices: the kernel's events (uevents) say when to look again. */
#ifndef PAWL_INIT_WAIT_H
#define PAWL_INIT_WAIT_H

#include "userspace/init/console.h"

/* The kernel's event socket, to be opened before anything that makes devices appear; -1 if there
 * is none (then it is looked once a second). */
int pawl_wait_open(void);

/* Looks until `is_there(ctx)` says yes, at most `seconds`; says what it waits for when that takes
 * over a second. TIMEOUT. */
PAWL_MUST_CHECK pawl_err pawl_wait_for(int events, pawl_consoles *c, const char *what,
        unsigned seconds, bool (*is_there)(void *ctx), void *ctx);

#endif

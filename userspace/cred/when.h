/* SPDX-License-Identifier: BSD-2-Clause */
/* Moments, as people write and read them. */
#ifndef PAWL_CRED_WHEN_H
#define PAWL_CRED_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "userspace/host/diag.h"

#define PAWL_WHEN_SIZE 32 /* bytes of text */

/* Microseconds since 1970, now. */
uint64_t pawl_when_now(void);
/* "2027-01-31", "2027-01-31 12:00", "2027-01-31 12:00:30" (local time, with " UTC" behind it in
 * UTC), "@SECONDS" since 1970, "+30d" from `now` on (s, min, h, d, w, month, y), "now",
 * "infinity". USAGE for anything else. */
PAWL_MUST_CHECK pawl_err pawl_when_parse(
        const char *text, uint64_t now, uint64_t *ret, pawl_diag *d);
/* "2027-01-31 12:00:30 UTC" or "never". Returns `buf`. */
const char *pawl_when_text(uint64_t usec, char buf[static PAWL_WHEN_SIZE]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong, told once: a room fills a `pawl_diag` with object, reason and next step where it
 * knows them, and the verb that gives up prints it. Rooms never print. Never put a secret into one.
 */
#ifndef PAWL_HOST_DIAG_H
#define PAWL_HOST_DIAG_H

#include "core/err.h"

#define PAWL_DIAG_SIZE 1024 /* bytes of text; longer text is cut */

typedef struct pawl_diag {
        pawl_err err;
        char text[PAWL_DIAG_SIZE]; /* one line: "OBJECT: REASON; NEXT STEP". Empty if nothing was
                                      told */
} pawl_diag;

/* Sets the text and returns `err`, so that a caller can write `return pawl_fail(d, PAWL_ERR_IO,
 * "%s: …", path)`. `d` may be NULL. Control characters in the text (foreign names) become '?'. */
PAWL_MUST_CHECK pawl_err pawl_fail(pawl_diag *d, pawl_err err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* As pawl_fail, with ": " and the text of the errno value `errnum` at the end; ENOENT gives
 * NOT_FOUND, EACCES and EPERM DENIED, ENOMEM NO_MEMORY, EEXIST EXISTS, EBUSY BUSY, ETIMEDOUT
 * TIMEOUT, ENOSPC NO_SPACE, all else IO. */
PAWL_MUST_CHECK pawl_err pawl_fail_errno(pawl_diag *d, int errnum, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of what was told (an outer object), and returns `err` unchanged; does
 * nothing for PAWL_OK. */
PAWL_MUST_CHECK pawl_err pawl_fail_prefix(pawl_diag *d, pawl_err err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* The text, or the error's own text if nothing was told. */
const char *pawl_diag_text(const pawl_diag *d);

/* Replaces what a terminal would act on by '?', in place: C0 and C1 controls, DEL. Valid UTF-8
 * stays. */
void pawl_text_sanitize(char *text);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The way in for a person. */
#ifndef PAWL_INIT_PROMPT_H
#define PAWL_INIT_PROMPT_H

#include "userspace/init/boot.h"

/* Says why nothing opened by itself, and asks on all consoles until every volume in use is
 * unlocked. A recovery key is known by its shape; anything else is tried as a passphrase, and only
 * what opened nothing as a PIN. CANCELLED
 * when the person gives up, REFUSED after too many wrong tries. */
PAWL_MUST_CHECK pawl_err pawl_prompt_open(pawl_boot *b, const char *reason, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI variables as the Boot Loader Interface writes them: ASCII text as UTF-16 with NUL, gone after
 * a reset. https://systemd.io/BOOT_LOADER_INTERFACE */
#ifndef PAWL_EFI_COMMON_VARIABLES_H
#define PAWL_EFI_COMMON_VARIABLES_H

#include "efi-common/platform.h"

/* Sets a variable of PAWL_VENDOR_LOADER. One that an attacker left behind with other attributes is
 * taken away first. LIMIT for a text over PAWL_PATH_MAX. */
PAWL_MUST_CHECK pawl_err pawl_variable_put_text(
        const pawl_platform *p, const char *name, const char *text);
PAWL_MUST_CHECK pawl_err pawl_variable_put_bytes(
        const pawl_platform *p, const char *name, pawl_span bytes);
/* The same, but a value that an earlier stage of this boot set is left alone. An empty text only
 * takes away what is not of this boot. */
PAWL_MUST_CHECK pawl_err pawl_variable_offer_text(
        const pawl_platform *p, const char *name, const char *text);
/* PAWL_OK also if there is none. */
PAWL_MUST_CHECK pawl_err pawl_variable_drop(const pawl_platform *p, const char *name);

/* Whether Secure Boot is enforced. What cannot be read counts as on: then less is allowed. */
bool pawl_is_secure_boot(const pawl_platform *p);

#endif

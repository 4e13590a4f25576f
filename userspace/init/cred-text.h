/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials that stand as text in an SMBIOS string or on the kernel's command line
 * (systemd.exec(5) and systemd(1) have the forms). Pure; the text is anybody's. */
#ifndef PAWL_INIT_CRED_TEXT_H
#define PAWL_INIT_CRED_TEXT_H

#include "core/cred-name.h"

typedef struct pawl_cred_text {
        char name[PAWL_CRED_NAME_MAX];
        pawl_span value; /* borrowed */
        bool is_base64;  /* of what `value` has to be decoded */
} pawl_cred_text;

/* "io.systemd.credential:NAME=VALUE", "io.systemd.credential.binary:NAME=BASE64". NOT_FOUND for a
 * string that is none; FORMAT without '=' or with a name that is not valid. */
PAWL_MUST_CHECK pawl_err pawl_cred_text_smbios(pawl_span string, pawl_cred_text *ret);
/* What follows `systemd.set_credential=` or `systemd.set_credential_binary=`: "NAME:VALUE". FORMAT.
 */
PAWL_MUST_CHECK pawl_err pawl_cred_text_cmdline(
        pawl_span value, bool is_base64, pawl_cred_text *ret);

/* What a word that says yes or no means, as systemd reads it. FORMAT. */
PAWL_MUST_CHECK pawl_err pawl_parse_boolean(const char *word, bool *ret);

#endif

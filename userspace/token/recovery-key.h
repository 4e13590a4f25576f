/* SPDX-License-Identifier: BSD-2-Clause */
/* Recovery keys as systemd makes them: 256 random bits as 64 modhex characters in eight groups of
 * eight, joined by '-'. That text itself is the passphrase of its keyslot. Modhex looks the same on
 * keyboards of most countries. */
#ifndef PAWL_TOKEN_RECOVERY_KEY_H
#define PAWL_TOKEN_RECOVERY_KEY_H

#include <stdio.h>

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_RECOVERY_KEY_DIGITS 64 /* characters of "cbdefghijklnrtuv" */
#define PAWL_RECOVERY_KEY_LEN    71 /* with the seven '-' */

PAWL_MUST_CHECK pawl_err pawl_recovery_key_make(pawl_secret *ret_text);
/* The canonical text of what a person typed: capitals, other groups, no dashes, blanks and a line
 * end are forgiven. FORMAT if it has not the shape of a recovery key: then it is something else. */
PAWL_MUST_CHECK pawl_err pawl_recovery_key_normalize(pawl_span typed, pawl_secret *ret_text);

/* How a QR code is drawn: half blocks of UTF-8 (small), or two ASCII characters a dot, for consoles
 * without UTF-8. Both draw dark on light by inverting, as terminals are dark. */
typedef enum pawl_qr_style {
        PAWL_QR_UTF8,
        PAWL_QR_ASCII,
} pawl_qr_style;
/* UNSUPPORTED if this program was built without libqrencode. */
PAWL_MUST_CHECK pawl_err pawl_qr_print(pawl_span text, pawl_qr_style style, FILE *f);
bool pawl_qr_is_built_in(void);

#endif

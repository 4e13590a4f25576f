/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose a certificate is, in words. */
#ifndef PAWL_LOG_CERTIFICATE_NAME_H
#define PAWL_LOG_CERTIFICATE_NAME_H

#include "core/span.h"

#define PAWL_CERTIFICATE_NAME_SIZE 200 /* bytes, with NUL */

/* The common name of the subject, or the whole subject where it has none. False for bytes that are
 * no certificate. */
bool pawl_certificate_name(pawl_span der, char ret[static PAWL_CERTIFICATE_NAME_SIZE]);

#endif

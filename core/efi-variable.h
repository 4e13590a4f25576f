/* SPDX-License-Identifier: BSD-2-Clause */
/* An EFI variable as the firmware's event log holds it (EV_EFI_VARIABLE_*). TCG PC Client Platform
 * Firmware Profile 1.05, 10.2.6, UEFI_VARIABLE_DATA. The bytes are only as true as the event's
 * digest says: see pawl_event_data_is_measured. */
#ifndef PAWL_CORE_EFI_VARIABLE_H
#define PAWL_CORE_EFI_VARIABLE_H

#include "core/span.h"

#define PAWL_GUID_SIZE         16
#define PAWL_GUID_TEXT_SIZE    37  /* with NUL */
#define PAWL_VARIABLE_NAME_MAX 512 /* characters */

typedef struct pawl_efi_variable {
        pawl_span guid; /* 16 bytes, EFI_GUID: the first three fields little-endian */
        pawl_span name; /* UTF-16LE without NUL; borrowed */
        pawl_span data;
        size_t n_trailing; /* bytes behind the data: 0, but older shims log a few */
} pawl_efi_variable;

/* `ret` borrows `event`. LIMIT for a name that is too long. */
PAWL_MUST_CHECK pawl_err pawl_efi_variable_read(pawl_span event, pawl_efi_variable *ret);

/* Whether it is a variable of that ASCII name; of that vendor, too. */
bool pawl_efi_variable_is_named(const pawl_efi_variable *v, const char *name);
bool pawl_efi_variable_is(
        const pawl_efi_variable *v, const char *name, const uint8_t guid[static PAWL_GUID_SIZE]);

/* EFI_GLOBAL_VARIABLE, EFI_IMAGE_SECURITY_DATABASE_GUID: UEFI 2.10, 3.3 and 32.4.1. */
extern const uint8_t pawl_guid_global[PAWL_GUID_SIZE];
extern const uint8_t pawl_guid_image_security[PAWL_GUID_SIZE];

/* "8be4df61-93ca-11d2-aa0d-00e098032b8c", NUL-terminated. RFC 4122 text form of the mixed-endian
 * bytes. */
void pawl_guid_text(
        const uint8_t guid[static PAWL_GUID_SIZE], char ret[static PAWL_GUID_TEXT_SIZE]);

#endif

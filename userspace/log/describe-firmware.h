/* SPDX-License-Identifier: BSD-2-Clause */
/* Events by which the firmware tells of itself, and of what it started, in words. Each fails where
 * the data is not of that form; what was said until then is to be taken back. */
#ifndef PAWL_LOG_DESCRIBE_FIRMWARE_H
#define PAWL_LOG_DESCRIBE_FIRMWARE_H

#include "userspace/log/words.h"

/* UEFI_IMAGE_LOAD_EVENT: "image of 4096 bytes, PciRoot(0x0)/…/\EFI\BOOT\BOOTX64.EFI" */
PAWL_MUST_CHECK pawl_err pawl_image_describe(pawl_words *w, pawl_span data);
/* UEFI_PLATFORM_FIRMWARE_BLOB; the one with a description in front; any of the two, or text. */
PAWL_MUST_CHECK pawl_err pawl_blob_describe(pawl_words *w, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_blob2_describe(pawl_words *w, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_code_describe(pawl_words *w, pawl_span data);
/* UEFI_HANDOFF_TABLE_POINTERS: "tables of the firmware: ACPI 2.0, SMBIOS 3" */
PAWL_MUST_CHECK pawl_err pawl_tables_describe(pawl_words *w, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_tables2_describe(pawl_words *w, pawl_span data);
/* EV_S_CRTM_VERSION: text, or a GUID. */
PAWL_MUST_CHECK pawl_err pawl_crtm_version_describe(pawl_words *w, pawl_span data);

#endif

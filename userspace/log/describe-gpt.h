/* SPDX-License-Identifier: BSD-2-Clause */
/* A partition table as firmware measures it to PCR 5 (EV_EFI_GPT_EVENT), in words. */
#ifndef PAWL_LOG_DESCRIBE_GPT_H
#define PAWL_LOG_DESCRIBE_GPT_H

#include "core/span.h"

#define PAWL_GPT_TEXT_SIZE 4096 /* bytes, with NUL; the rest is cut */

/* "disk GUID: 1 EFI system 'esp' 256 MiB, 2 ...". UEFI_GPT_DATA: PFP 1.05, 10.2.9; the header and
 * the entries: UEFI 2.10, 5.3. TRUNCATED, FORMAT. */
PAWL_MUST_CHECK pawl_err pawl_gpt_describe(pawl_span event, char ret[static PAWL_GPT_TEXT_SIZE]);

#endif

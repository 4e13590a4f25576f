/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam on real firmware. */
#ifndef PAWL_EFI_COMMON_EFI_PLATFORM_H
#define PAWL_EFI_COMMON_EFI_PLATFORM_H

#include "efi-common/efi-context.h"

/* Fills `efi` and `ret`, which points into it: both stay where they are as long as they are used.
 */
PAWL_MUST_CHECK pawl_err pawl_efi_platform(
        EFI_HANDLE image, EFI_SYSTEM_TABLE *st, pawl_efi *efi, pawl_platform *ret);
/* Closes what was opened. */
void pawl_efi_platform_end(pawl_efi *efi);
/* What an EFI program returns to its caller for an error of ours. */
EFI_STATUS pawl_efi_status_of(pawl_err err);

#endif

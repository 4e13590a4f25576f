/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers the firmware's signature check for one buffer during one LoadImage: the kernel inside a
 * UKI has no signature of its own, but it lies inside an image that was checked. Everything else
 * that is loaded meanwhile meets the firmware's own check. */
#ifndef PAWL_EFI_COMMON_EFI_VOUCH_H
#define PAWL_EFI_COMMON_EFI_VOUCH_H

#include "efi-common/efi-context.h"
#include "efi-common/proto/security.h"

typedef struct pawl_efi_vouch {
        pawl_security *security;
        pawl_security2 *security2; /* at most one of the two is taken over */
} pawl_efi_vouch;

/* A firmware without these protocols checks nothing, and nothing is done then. `path` must be the
 * pointer that is given to LoadImage. */
void pawl_efi_vouch_begin(
        pawl_efi *efi, pawl_span file, const EFI_DEVICE_PATH *path, pawl_efi_vouch *ret);
/* Puts the firmware's check back; also for one that never began. */
void pawl_efi_vouch_end(pawl_efi_vouch *v);

#endif

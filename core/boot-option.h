/* SPDX-License-Identifier: BSD-2-Clause */
/* What the variables Boot#### and BootOrder hold. UEFI 2.10, 3.1.3, EFI_LOAD_OPTION, and 3.3. */
#ifndef PAWL_CORE_BOOT_OPTION_H
#define PAWL_CORE_BOOT_OPTION_H

#include "core/span.h"

#define PAWL_BOOT_OPTION_ACTIVE   0x00000001u
#define PAWL_BOOT_OPTION_HIDDEN   0x00000008u
#define PAWL_BOOT_OPTION_CATEGORY 0x00001f00u /* of these bits; 0: is booted, else a tool */

typedef struct pawl_boot_option {
        uint32_t attributes;
        pawl_span description; /* UTF-16LE without NUL */
        pawl_span path;        /* device paths, one behind the other; the first one counts */
        pawl_span data;        /* what is handed to the program */
} pawl_boot_option;

/* Borrows `variable`. TRUNCATED if the description has no end or the path is not all there. */
PAWL_MUST_CHECK pawl_err pawl_boot_option_read(pawl_span variable, pawl_boot_option *ret);

/* "Boot0007" to "BootFFFF", four digits in upper case. */
bool pawl_is_boot_option_name(const char *name);

#endif

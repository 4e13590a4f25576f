/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot partition, mounted. */
#ifndef PAWL_BOOT_ESP_H
#define PAWL_BOOT_ESP_H

#include <limits.h>

#include "core/span.h"
#include "userspace/host/diag.h"

typedef struct pawl_esp {
        char root[PATH_MAX]; /* where it is mounted, without a slash at the end */
} pawl_esp;

/* `given`: the folder that a person named, which must have a folder EFI; NULL: the first of /efi,
 * /boot and /boot/efi in which `file` (a path as the firmware has it) is. NOT_FOUND. */
PAWL_MUST_CHECK pawl_err pawl_esp_find(
        const char *given, const char *file, pawl_esp *ret, pawl_diag *d);

/* "\EFI\Linux\os.efi" as a path of this system. FORMAT for what would leave the partition; LIMIT
 * for a path that is too long. */
PAWL_MUST_CHECK pawl_err pawl_esp_path(
        const pawl_esp *esp, const char *efi_path, char ret[static PATH_MAX]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The images on a boot partition, as the boot loader lists them: what counts as one, its name and
 * its place in the menu are decided by core/boot-entry.h, here as there. */
#ifndef PAWL_BOOT_ENTRIES_H
#define PAWL_BOOT_ENTRIES_H

#include "core/boot-entry.h"
#include "userspace/boot/esp.h"

typedef struct pawl_entries {
        pawl_boot_entry *list; /* owned */
        size_t n;
} pawl_entries;
void pawl_entries_done(pawl_entries *e);
#define pawl_autoentries pawl_cleanup(pawl_entries_done)

/* Sorted, without twins. An image that cannot be read is left out, as the loader does. NOT_FOUND if
 * there is none. */
PAWL_MUST_CHECK pawl_err pawl_entries_read(const pawl_esp *esp, pawl_entries *ret, pawl_diag *d);

#endif

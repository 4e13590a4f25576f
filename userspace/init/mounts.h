/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's file systems, and leaving the initrd for the real root. */
#ifndef PAWL_INIT_MOUNTS_H
#define PAWL_INIT_MOUNTS_H

#include "userspace/host/diag.h"

#define PAWL_SYSROOT "/sysroot"

/* /proc, /sys, /dev, /run, and where the kernel has it /sys/kernel/security. */
PAWL_MUST_CHECK pawl_err pawl_mounts_kernel(pawl_diag *d);
/* The firmware's variables; needs the module efivarfs. */
PAWL_MUST_CHECK pawl_err pawl_mounts_efivars(pawl_diag *d);

/* Moves the kernel's file systems to the new root, removes what the initrd held from memory, makes
 * the new root "/" and executes `init` with `argv` and, beside HOME and TERM, the variables of
 * `environment` ("A=B", ends with NULL). Returns only on failure. */
PAWL_MUST_CHECK pawl_err pawl_switch_root(
        const char *init, char **argv, const char *const *environment, pawl_diag *d);

#endif

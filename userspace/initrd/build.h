/* SPDX-License-Identifier: BSD-2-Clause */
/* An initrd: pawl-init as /init, what it and mke2fs need to run, kernel modules, policies,
 * definitions and further files. The same input gives the same bytes; no root is needed. */
#ifndef PAWL_INITRD_BUILD_H
#define PAWL_INITRD_BUILD_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_INITRD_DEFINITIONS "/etc/pawl/disk.d"
#define PAWL_INITRD_POLICIES    "/usr/share/pawl/policies"
#define PAWL_INITRD_MKE2FS      "/usr/sbin/mke2fs"

/* Lists end with NULL; what is NULL is left out. */
typedef struct pawl_initrd_recipe {
        const char *init;        /* pawl-init */
        const char *mke2fs;      /* the program that makes the state file system */
        const char *modules_dir; /* …/lib/modules/RELEASE */
        const char *const *modules;
        const char *definitions;          /* folder with *.conf */
        const char *policies;             /* folder with *.json */
        const char *const *files;         /* "SOURCE:PLACE" */
        const char *const *library_paths; /* looked through before the system's */
        bool is_compressed;               /* zstd */
} pawl_initrd_recipe;

PAWL_MUST_CHECK pawl_err pawl_initrd_build(
        const pawl_initrd_recipe *r, pawl_buffer *ret, pawl_diag *d);

#endif

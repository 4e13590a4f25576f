/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel modules of an initrd. Their order is worked out when the initrd is built: pawl-init loads
 * the files that /etc/pawl/modules names, one a line, from top to bottom, and needs no libkmod. */
#ifndef PAWL_INITRD_MODULES_H
#define PAWL_INITRD_MODULES_H

#include "userspace/initrd/tree.h"

#define PAWL_MODULES_LIST "/etc/pawl/modules"

/* What a machine needs to reach its root and its state; modules that this kernel does not have
 * (built in, or another configuration) are left out. Ends with NULL. */
extern const char *const pawl_default_modules[];

/* Adds the modules and all they depend on from `folder` (…/lib/modules/RELEASE with what depmod
 * makes) to /usr/lib/modules/RELEASE, and the list. `names` (ended by NULL) must exist as a module
 * or built into the kernel: NOT_FOUND. UNSUPPORTED for compressed modules. */
PAWL_MUST_CHECK pawl_err pawl_modules_add(
        pawl_tree *t, const char *folder, const char *const *names, pawl_diag *d);

#endif

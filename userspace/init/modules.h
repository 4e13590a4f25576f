/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads the kernel modules that `pawl initrd build` put into the initrd, in its order. */
#ifndef PAWL_INIT_MODULES_H
#define PAWL_INIT_MODULES_H

#include "userspace/host/diag.h"

/* Loads every file that `list` names, one a line. A module that this machine has no use for, or
 * that is there already, is no failure; other failures are counted, the first is told in `d`, and
 * the rest is loaded all the same. No list: nothing to do. */
void pawl_modules_load(
        const char *list, unsigned *ret_n_loaded, unsigned *ret_n_failed, pawl_diag *d);

#endif

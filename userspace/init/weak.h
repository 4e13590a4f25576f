/* SPDX-License-Identifier: BSD-2-Clause */
/* TPM2 tokens that demand less than the image does, such as those that systemd enrolled: never used
 * by itself, but a person who was told how weak they are may say yes. */
#ifndef PAWL_INIT_WEAK_H
#define PAWL_INIT_WEAK_H

#include "userspace/init/boot.h"

/* Tells of each such token of a locked volume who else can open it. False if there is none. */
bool pawl_weak_tell(pawl_boot *b);
/* Unlocks what opens by them. False if nothing was unlocked; the reason is told on the consoles. */
bool pawl_weak_use(pawl_boot *b);

#endif

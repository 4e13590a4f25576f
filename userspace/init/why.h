/* SPDX-License-Identifier: BSD-2-Clause */
/* Before a person is asked: which event of this boot is why the TPM did not open the volumes. */
#ifndef PAWL_INIT_WHY_H
#define PAWL_INIT_WHY_H

#include "userspace/init/boot.h"

/* Says it on the consoles. A warning where code of the boot changed: the prompt that follows may be
 * somebody else's. Says nothing where nothing can be told; never fails, and takes WHY_MS at most.
 */
void pawl_why_closed(pawl_boot *b, const pawl_boot_volume *v);

#endif

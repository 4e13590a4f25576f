/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening the volumes of a boot: by themselves, or with a PIN that a person types. */
#ifndef PAWL_INIT_UNLOCK_H
#define PAWL_INIT_UNLOCK_H

#include "userspace/init/boot.h"

#define PAWL_PIN_TRIES 3 /* wrong PINs in one boot, unless pawl.pin_tries= says another digit */

/* Whether a PIN can open the set now: the policy of the image wants one, the TPM may be asked, and
 * not all tries of this boot are spent. */
bool pawl_unlock_takes_pin(pawl_boot *b);
/* Opens the whole set, as the TPM does by itself where no PIN is wanted. KEY for a wrong PIN, which
 * costs one of the TPM's tries and one of the boot's. */
PAWL_MUST_CHECK pawl_err pawl_unlock_by_pin(pawl_boot *b, pawl_span pin, pawl_diag *d);

#endif

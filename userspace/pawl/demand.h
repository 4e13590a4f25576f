/* SPDX-License-Identifier: BSD-2-Clause */
/* `pawl disk open --demand=`: opening without a person, for the hooks of an initrd. */
#ifndef PAWL_PAWL_DEMAND_H
#define PAWL_PAWL_DEMAND_H

#include "userspace/pawl/disk.h"

/* Unlocks by a TPM2 token that has exactly the policy of the profile `demand`, checks that the
 * volume is the one that `digest` (hex, of `pawl disk key-digest`) names, measures its key to PCR
 * 15. On failure the volume must not be activated. */
PAWL_MUST_CHECK pawl_err pawl_disk_unlock_demanded(pawl_disk *k, const char *name,
        const char *demand, const char *digest, const char *tpm, pawl_diag *d);

#endif

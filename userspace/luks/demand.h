/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a volume without a person: what the measured image demands, never what a token says.
 * Shared by pawl-init and by the hooks of other initrds (`pawl disk open --demand=`). */
#ifndef PAWL_LUKS_DEMAND_H
#define PAWL_LUKS_DEMAND_H

#include "userspace/luks/volume.h"
#include "userspace/seal/boot-policy.h"
#include "userspace/seal/measure.h"

/* As pawl_boot_policy_demanded, in the best of `banks` that the firmware's log has too. */
PAWL_MUST_CHECK pawl_err pawl_demand_policy(
        uint32_t banks, const pawl_profile *profile, pawl_boot_policy *ret, pawl_diag *d);

/* Measures the key of the unlocked volume to PCR 15, as that of /dev/mapper/NAME.
 * `*ret_is_measured` as pawl_measure's. */
PAWL_MUST_CHECK pawl_err pawl_demand_measure_key(const pawl_measurer *m, pawl_volume *v,
        const char *name, uint32_t banks, bool *ret_is_measured, pawl_diag *d);

/* REFUSED unless the unlocked volume has the key, the UUID and the name that `digest` (SHA-256, see
 * pawl_volume_key_digests) was made of: another one may be an attacker's, whoever opened it. */
PAWL_MUST_CHECK pawl_err pawl_demand_check_key(
        pawl_volume *v, const char *name, pawl_span digest, pawl_diag *d);

#endif

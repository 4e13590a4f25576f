/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/wipe.h"

#include "userspace/host/output.h"

void pawl_disk_ways(const pawl_disk *k, pawl_ways *ret)
{
        pawl_ways_of(pawl_volume_keyslots(k->volume), pawl_volume_unstretched_keyslots(k->volume),
                k->tokens, k->n_tokens, ret);
}

pawl_err pawl_wipe_check(pawl_disk *k, const char *list, pawl_diag *d)
{
        uint32_t slots, kinds;
        pawl_ways ways;

        pawl_disk_ways(k, &ways);
        return pawl_fail_prefix(
                d, pawl_ways_select(k->volume, &ways, list, &slots, &kinds, d), "--wipe-slot=");
}

pawl_err pawl_wipe_old(pawl_disk *k, const char *list, int new_slot, pawl_diag *d)
{
        uint32_t slots = 0, kinds = 0, new = (uint32_t)1 << new_slot;
        pawl_ways ways;

        pawl_disk_ways(k, &ways);
        PAWL_TRY(pawl_ways_select(k->volume, &ways, list, &slots, &kinds, d));
        if ((pawl_ways_without_tpm(&ways) & ~(slots & ~new)) == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the new way in is there and nothing was removed: none that needs no TPM "
                        "would be left; 'pawl disk wipe --i-have-another-way-in' does that");
        return pawl_ways_remove(k->volume, slots & ~new, kinds, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/demand.h"

#include "userspace/log/user-log.h"

pawl_err pawl_demand_policy(
        uint32_t banks, const pawl_profile *profile, pawl_boot_policy *ret, pawl_diag *d)
{
        const pawl_boot_policy_options options = { 0 };
        pawl_err err = pawl_fail(d, PAWL_ERR_REFUSED, "the TPM has no active PCR bank");

        for (unsigned a = 0; a < PAWL_ALG_MAX_; a++) {
                if (!(banks >> a & 1))
                        continue;
                err = pawl_boot_policy_demanded(profile, (pawl_alg)a, &options, ret, d);
                if (err != PAWL_ERR_UNSUPPORTED)
                        return err;
        }
        return err;
}

pawl_err pawl_demand_measure_key(const pawl_measurer *m, pawl_volume *v, const char *name,
        uint32_t banks, bool *ret_is_measured, pawl_diag *d)
{
        char text[PAWL_VOLUME_KEY_TEXT_MAX + 1] = "";
        pawl_writer w = pawl_writer_of(text, sizeof(text) - 1);
        pawl_digest digests[PAWL_ALG_MAX_];
        size_t n = 0;

        *ret_is_measured = false;
        PAWL_TRY(pawl_volume_key_digests(v, name, banks, digests, &n, d));
        PAWL_TRY(pawl_volume_key_text(name, pawl_volume_uuid(v), &w));
        return pawl_measure(m, PAWL_PCR_IDENTITY, digests, n, PAWL_USER_EVENT_VOLUME_KEY, text,
                ret_is_measured, d);
}

pawl_err pawl_demand_check_key(pawl_volume *v, const char *name, pawl_span digest, pawl_diag *d)
{
        pawl_digest digests[PAWL_ALG_MAX_];
        size_t n = 0;

        PAWL_TRY(pawl_volume_key_digests(v, name, 1u << PAWL_ALG_SHA256, digests, &n, d));
        if (pawl_span_equal(pawl_digest_span(&digests[0]), digest))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s is not the volume that the measured image names for %s: it may have been put "
                "in its place ('pawl disk key-digest' names a new one)",
                pawl_volume_device(v), name);
}

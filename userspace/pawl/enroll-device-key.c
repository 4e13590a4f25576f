/* SPDX-License-Identifier: BSD-2-Clause */
/* `pawl disk enroll --tpm2-device-key=`: for the TPM of another machine, none of which is here. */
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/enroll.h"

#define DEVICE_KEY_MAX 4096 /* bytes */

/* Whether its TPM has a lockout authorisation cannot be asked, nor what its PCRs are. */
static pawl_err check(const pawl_enroll_args *a, pawl_diag *d)
{
        if (a->with_pin && !pawl_span_equal(pawl_span_str(a->with_pin), pawl_span_str("no")))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-device-key= and --tpm2-with-pin=: whether that TPM guards a PIN "
                        "cannot be seen from here; enrol the PIN on that machine");
        if (a->reader)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-device-key= and --for=: the values are given, so they are of the "
                        "reader already");
        if (a->policy.profile || !a->policy.pcrs)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-device-key=: say what that machine has to be like: "
                        "--tpm2-pcrs=7:sha256=HEX, or --tpm2-pcrs= with --tpm2-public-key=");
        return PAWL_OK;
}

pawl_err pawl_enroll_by_device_key(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_autoenrollpolicy pawl_enroll_policy policy = { 0 };
        pawl_autosealed pawl_sealed s = { 0 };
        pawl_autobuffer pawl_buffer key = { 0 };

        PAWL_TRY(check(a, d));
        PAWL_TRY(pawl_enroll_policy_make(/* t= */ NULL, &a->policy, &policy, d));
        PAWL_TRY(pawl_file_read(a->device_key, DEVICE_KEY_MAX, &key, d));
        PAWL_TRY(pawl_fail_prefix(d,
                pawl_seal_new_elsewhere(pawl_buffer_span(&key), &policy.boot.policy, &s, d), "%s",
                a->device_key));
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        PAWL_TRY(pawl_enroll_sealed(k->volume, &s, &ret->token, d));
        pawl_say("the new token was not tried: its TPM is in another machine");
        return PAWL_OK;
}

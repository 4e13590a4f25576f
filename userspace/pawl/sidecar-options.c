/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/sidecar-options.h"

#include <errno.h>

void pawl_sidecar_options_done(pawl_sidecar_options *o)
{
        for (size_t i = 0; i < PAWL_SIDECAR_MAX_; i++)
                pawl_buffer_done(&o->archives[i]);
}

bool pawl_sidecar_options_given(const pawl_sidecar_options *o)
{
        for (size_t i = 0; i < PAWL_SIDECAR_MAX_; i++)
                if (o->folders[i])
                        return true;
        return false;
}

pawl_err pawl_sidecar_options_pack(
        pawl_sidecar_options *o, pawl_span ret[static PAWL_SIDECAR_MAX_], pawl_diag *d)
{
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++) {
                if (o->folders[k] && access(o->folders[k], F_OK) < 0)
                        return pawl_fail_errno(d, errno, "%s: no such folder", o->folders[k]);
                if (o->folders[k])
                        PAWL_TRY(pawl_sidecars_pack(
                                k, o->folders[k], /* change= */ NULL, &o->archives[k], d));
                ret[k] = pawl_buffer_span(&o->archives[k]);
        }
        return PAWL_OK;
}

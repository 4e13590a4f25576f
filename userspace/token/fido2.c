/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/fido2.h"

#if !PAWL_HAVE_FIDO2

static pawl_err not_built_in(pawl_diag *d)
{
        return pawl_fail(
                d, PAWL_ERR_UNSUPPORTED, "FIDO2 tokens: this program was built without libfido2");
}

pawl_err pawl_fido2_secret(const pawl_fido2_key *k, const char *path, unsigned timeout_ms,
        const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        (void)k, (void)path, (void)timeout_ms, (void)ask, (void)ret;
        return not_built_in(d);
}

pawl_err pawl_fido2_make(const pawl_fido2_wish *w, unsigned timeout_ms, const pawl_ask *ask,
        pawl_fido2_made *ret, pawl_diag *d)
{
        (void)w, (void)timeout_ms, (void)ask, (void)ret;
        return not_built_in(d);
}

size_t pawl_fido2_count(void)
{
        return 0;
}

#endif

bool pawl_fido2_is_built_in(void)
{
        return PAWL_HAVE_FIDO2;
}

void pawl_fido2_made_done(pawl_fido2_made *m)
{
        pawl_buffer_done(&m->credential);
        pawl_buffer_done(&m->salt);
        pawl_secret_done(&m->secret);
        *m = (pawl_fido2_made){ 0 };
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/pkcs11.h"

#if PAWL_HAVE_P11KIT

#include "userspace/token/pkcs11-token.h"

pawl_err pawl_pkcs11_secret(const char *uri, pawl_span key, pawl_pkcs11_padding padding,
        const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        pawl_autop11 pawl_p11 p = { 0 };
        CK_OBJECT_HANDLE private_key = 0;

        PAWL_TRY(pawl_p11_open(uri, &p, d));
        PAWL_TRY(pawl_p11_login(&p, ask, d));
        PAWL_TRY(pawl_p11_private_key(&p, &private_key, d));
        return pawl_p11_use(&p, private_key, key, padding, ask, ret, d);
}

#else

static pawl_err not_built_in(pawl_diag *d)
{
        return pawl_fail(
                d, PAWL_ERR_UNSUPPORTED, "PKCS#11 tokens: this program was built without p11-kit");
}

pawl_err pawl_pkcs11_secret(const char *uri, pawl_span key, pawl_pkcs11_padding padding,
        const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        (void)uri, (void)key, (void)padding, (void)ask, (void)ret;
        return not_built_in(d);
}

pawl_err pawl_pkcs11_make(const char *uri, pawl_pkcs11_padding wanted, const pawl_ask *ask,
        pawl_pkcs11_made *ret, pawl_diag *d)
{
        (void)uri, (void)wanted, (void)ask, (void)ret;
        return not_built_in(d);
}

#endif

bool pawl_pkcs11_is_built_in(void)
{
        return PAWL_HAVE_P11KIT;
}

void pawl_pkcs11_made_done(pawl_pkcs11_made *m)
{
        free(m->uri);
        pawl_buffer_done(&m->key);
        pawl_secret_done(&m->secret);
        *m = (pawl_pkcs11_made){ 0 };
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/esys.h"

static const TPMT_SYM_DEF aes_128_cfb = {
        .algorithm = TPM2_ALG_AES,
        .keyBits = { .aes = 128 },
        .mode = { .aes = TPM2_ALG_CFB },
};

pawl_err pawl_tpm_session_start(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_tpm_session_kind kind,
        ESYS_TR *ret, pawl_diag *d)
{
        TPM2_SE type = kind == PAWL_TPM_POLICY ? TPM2_SE_POLICY : TPM2_SE_HMAC;
        unsigned tries = 0;
        TSS2_RC rc;

        do
                rc = Esys_StartAuthSession(t->esys, srk->handle, ESYS_TR_NONE, ESYS_TR_NONE,
                        ESYS_TR_NONE, ESYS_TR_NONE, /* nonceCaller= */ NULL, type, &aes_128_cfb,
                        TPM2_ALG_SHA256, ret);
        while (pawl_tpm_again(t, rc, &tries));
        return pawl_tpm_rc(t, rc, d, "starting a session with the storage root key");
}

pawl_err pawl_tpm_session_set(pawl_tpm *t, ESYS_TR session, TPMA_SESSION attributes, pawl_diag *d)
{
        return pawl_tpm_rc(t,
                Esys_TRSess_SetAttributes(t->esys, session, attributes, /* mask= */ 0xff), d,
                "setting up a session");
}

void pawl_tpm_object_flush_p(pawl_tpm_object *o)
{
        TSS2_RC rc;

        if (!o->tpm || o->handle == ESYS_TR_NONE || pawl_tpm_is_dead(o->tpm))
                return;
        rc = Esys_FlushContext(o->tpm->esys, o->handle);
        o->handle = ESYS_TR_NONE;
        /* A cleanup has nobody to tell; a TPM that lost the object itself has nothing to flush. */
        (void)rc;
}

void pawl_tpm_object_gone(pawl_tpm_object *o)
{
        o->handle = ESYS_TR_NONE;
}

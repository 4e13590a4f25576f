/* SPDX-License-Identifier: BSD-2-Clause */
#include <tss2/tss2_sys.h>

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

/* After an answer that was not authentic ESYS takes no further command, but the object is in the
 * TPM all the same. TPM2_FlushContext: Part 3, 28.4. */
static void flush_raw(pawl_tpm *t, TPM2_HANDLE handle)
{
        TSS2_TCTI_CONTEXT *tcti = (TSS2_TCTI_CONTEXT *)(void *)t->tcti;
        uint8_t command[14], answer[TPM2_MAX_RESPONSE_SIZE];
        pawl_writer w = pawl_writer_of(command, sizeof(command));
        size_t len = sizeof(answer);

        if (pawl_write_be16(&w, TPM2_ST_NO_SESSIONS) != PAWL_OK ||
                pawl_write_be32(&w, sizeof(command)) != PAWL_OK ||
                pawl_write_be32(&w, TPM2_CC_FlushContext) != PAWL_OK ||
                pawl_write_be32(&w, handle) != PAWL_OK)
                return;
        if (Tss2_Tcti_Transmit(tcti, sizeof(command), command) == TSS2_RC_SUCCESS)
                (void)Tss2_Tcti_Receive(tcti, &len, answer, TSS2_TCTI_TIMEOUT_BLOCK);
}

void pawl_tpm_object_flush_p(pawl_tpm_object *o)
{
        TPM2_HANDLE handle;
        TSS2_RC rc;

        if (!o->tpm || o->handle == ESYS_TR_NONE || pawl_tpm_is_dead(o->tpm))
                return;
        rc = Esys_TR_GetTpmHandle(o->tpm->esys, o->handle, &handle);
        if (rc == TSS2_RC_SUCCESS && Esys_FlushContext(o->tpm->esys, o->handle) != TSS2_RC_SUCCESS)
                flush_raw(o->tpm, handle);
        o->handle = ESYS_TR_NONE;
}

void pawl_tpm_object_gone(pawl_tpm_object *o)
{
        o->handle = ESYS_TR_NONE;
}

void pawl_tpm_wipe_buffer(pawl_tpm *t)
{
        static const TPM2B_MAX_BUFFER zeros = { .size = TPM2_MAX_DIGEST_BUFFER };
        TSS2_SYS_CONTEXT *sys = NULL;
        TSS2_RC rc = Esys_GetSysContext(t->esys, &sys);

        /* A command that is written but never sent: tss2 offers no other way to its buffer. */
        if (rc == TSS2_RC_SUCCESS)
                rc = Tss2_Sys_Hash_Prepare(sys, &zeros, TPM2_ALG_SHA256, TPM2_RH_NULL);
        (void)rc;
}

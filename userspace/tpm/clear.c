/* SPDX-License-Identifier: BSD-2-Clause */
/* The lockout hierarchy: its authorisation, its limits, and clearing by it. Who gives a password
 * gives it in a session, so that it does not cross the bus. */
#include "userspace/tpm/esys.h"

static pawl_err give_auth(pawl_tpm *t, pawl_span auth, pawl_diag *d)
{
        TPM2B_AUTH value = { .size = (UINT16)auth.len };
        pawl_err err;

        if (auth.len > sizeof(value.buffer))
                return pawl_fail(d, PAWL_ERR_LIMIT, "the lockout authorisation is too long");
        pawl_copy(value.buffer, auth.data, auth.len);
        err = pawl_tpm_rc(t, Esys_TR_SetAuth(t->esys, ESYS_TR_RH_LOCKOUT, &value), d,
                "using the lockout authorisation");
        pawl_wipe(&value, sizeof(value));
        return err;
}

/* Without a storage root key the session has no salt: the password stays off the bus all the same.
 */
static pawl_err start(pawl_tpm *t, const pawl_tpm_srk *srk, ESYS_TR *ret, pawl_diag *d)
{
        static const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
        unsigned tries = 0;
        TSS2_RC rc;

        if (srk)
                return pawl_tpm_session_start(t, srk, PAWL_TPM_HMAC, ret, d);
        do
                rc = Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC, &none, TPM2_ALG_SHA256,
                        ret);
        while (pawl_tpm_again(t, rc, &tries));
        return pawl_tpm_rc(t, rc, d, "starting a session");
}

pawl_err pawl_tpm_clear(pawl_tpm *t, pawl_span auth, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);
        TSS2_RC rc;

        PAWL_TRY(give_auth(t, auth, d));
        PAWL_TRY(start(t, NULL, &session.handle, d));
        rc = Esys_Clear(t->esys, ESYS_TR_RH_LOCKOUT, session.handle, ESYS_TR_NONE, ESYS_TR_NONE);
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "clearing the TPM"));
        return PAWL_OK;
}

pawl_err pawl_tpm_set_lockout(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_span auth,
        const pawl_policy_digest *clear_policy, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);
        TPM2B_DIGEST policy = { .size = PAWL_SHA256_SIZE };
        TPM2B_AUTH value = { .size = (UINT16)auth.len };
        TSS2_RC rc;

        if (auth.len > sizeof(value.buffer))
                return pawl_fail(d, PAWL_ERR_LIMIT, "the lockout authorisation is too long");
        PAWL_TRY(give_auth(t, PAWL_SPAN_NULL, d));
        PAWL_TRY(start(t, srk, &session.handle, d));
        PAWL_TRY(pawl_tpm_session_set(
                t, session.handle, TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT, d));
        pawl_copy(policy.buffer, clear_policy->bytes, PAWL_SHA256_SIZE);
        rc = Esys_SetPrimaryPolicy(t->esys, ESYS_TR_RH_LOCKOUT, session.handle, ESYS_TR_NONE,
                ESYS_TR_NONE, &policy, TPM2_ALG_SHA256);
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "setting the policy that may clear the TPM"));
        pawl_copy(value.buffer, auth.data, auth.len);
        rc = Esys_HierarchyChangeAuth(
                t->esys, ESYS_TR_RH_LOCKOUT, session.handle, ESYS_TR_NONE, ESYS_TR_NONE, &value);
        pawl_wipe(&value, sizeof(value));
        pawl_tpm_wipe_buffer(t);
        return pawl_tpm_rc(t, rc, d, "setting the lockout authorisation");
}

pawl_err pawl_tpm_set_tries(pawl_tpm *t, pawl_span auth, uint32_t tries, uint32_t interval_s,
        uint32_t recovery_s, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);

        PAWL_TRY(give_auth(t, auth, d));
        PAWL_TRY(start(t, NULL, &session.handle, d));
        return pawl_tpm_rc(t,
                Esys_DictionaryAttackParameters(t->esys, ESYS_TR_RH_LOCKOUT, session.handle,
                        ESYS_TR_NONE, ESYS_TR_NONE, tries, interval_s, recovery_s),
                d, "setting how many wrong tries are allowed");
}

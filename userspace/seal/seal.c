/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/seal.h"

#include "userspace/seal/blob.h"
#include "userspace/tpm/esys.h"

#define SECRET_MAX 128 /* MAX_SYM_DATA: what a TPM seals at most */
#define AUTH_MAX   32  /* bytes: a digest of nameAlg */

static void sensitive_wipe(TPM2B_SENSITIVE_CREATE *s)
{
        pawl_wipe(s, sizeof(*s));
}

static pawl_err fill_sensitive(
        TPM2B_SENSITIVE_CREATE *s, pawl_span secret, pawl_span auth, pawl_diag *d)
{
        if (secret.len == 0 || secret.len > SECRET_MAX || auth.len > AUTH_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT,
                        "sealing: the secret must be 1 to %d bytes long", SECRET_MAX);
        s->sensitive.data.size = (UINT16)secret.len;
        pawl_copy(s->sensitive.data.buffer, secret.data, secret.len);
        s->sensitive.userAuth.size = (UINT16)auth.len;
        pawl_copy(s->sensitive.userAuth.buffer, auth.data, auth.len);
        return PAWL_OK;
}

/* Without a PIN no dictionary attack is possible, and a power cut must not count as one: noDA. */
static TPM2B_PUBLIC template(const pawl_policy_digest *policy, bool has_pin)
{
        TPM2B_PUBLIC p = {
                .publicArea = {.type = TPM2_ALG_KEYEDHASH,
                               .nameAlg = TPM2_ALG_SHA256,
                               .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT,
                               .authPolicy.size = PAWL_SHA256_SIZE}
        };

        if (!has_pin)
                p.publicArea.objectAttributes |= TPMA_OBJECT_NODA;
        pawl_copy(p.publicArea.authPolicy.buffer, policy->bytes, PAWL_SHA256_SIZE);
        p.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
        return p;
}

/* The session authorises the parent, carries the secret encrypted, and ends with the command. */
static pawl_err create(pawl_tpm *t, const pawl_tpm_srk *srk,
        const TPM2B_SENSITIVE_CREATE *sensitive, const TPM2B_PUBLIC *in, pawl_buffer *ret_blob,
        pawl_diag *d)
{
        static const TPM2B_DATA outside = { 0 };
        static const TPML_PCR_SELECTION no_pcrs = { 0 };
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);
        pawl_autoesys TPM2B_PRIVATE *private = NULL;
        pawl_autoesys TPM2B_PUBLIC *public = NULL;
        unsigned tries = 0;
        TSS2_RC rc;

        PAWL_TRY(pawl_tpm_session_start(t, srk, PAWL_TPM_HMAC, &session.handle, d));
        PAWL_TRY(pawl_tpm_session_set(
                t, session.handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT, d));
        do
                rc = Esys_Create(t->esys, srk->handle, session.handle, ESYS_TR_NONE, ESYS_TR_NONE,
                        sensitive, in, &outside, &no_pcrs, &private, &public, NULL, NULL, NULL);
        while (pawl_tpm_again(t, rc, &tries));
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "sealing a secret"));
        pawl_tpm_object_gone(&session);
        return pawl_seal_blob_write(
                &(pawl_seal_blob){ .private = *private, .public = *public }, ret_blob, d);
}

pawl_err pawl_seal(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_policy *p,
        pawl_span secret, pawl_span auth, pawl_buffer *ret_blob, pawl_policy_digest *ret_policy,
        pawl_diag *d)
{
        pawl_cleanup(sensitive_wipe) TPM2B_SENSITIVE_CREATE sensitive = { 0 };
        pawl_policy_digest policy;
        TPM2B_PUBLIC in;

        if ((auth.len != 0) != p->has_pin)
                return pawl_fail(
                        d, PAWL_ERR_INTERNAL, "sealing: a PIN and a policy with PIN go together");
        PAWL_TRY(pawl_seal_policy_digest(p, &policy, d));
        PAWL_TRY(fill_sensitive(&sensitive, secret, auth, d));
        in = template(&policy, p->has_pin);
        PAWL_TRY(create(t, srk, &sensitive, &in, ret_blob, d));
        *ret_policy = policy;
        return PAWL_OK;
}

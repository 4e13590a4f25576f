/* SPDX-License-Identifier: BSD-2-Clause */
/* A sealed object into the TPM. What was sealed from the public part of the storage root key alone,
 * for a machine that was not at hand, is imported first. */
#include "userspace/seal/blob.h"
#include "userspace/tpm/esys.h"

static pawl_err tell_cleared(const pawl_tpm *t, pawl_diag *d)
{
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "%s: loading the sealed object: the storage root key is gone: the TPM was cleared; "
                "open with the recovery key and enrol again",
                t->name);
}

/* With the number of a parameter it is the object that does not fit, not the parent. */
static bool is_no_parent(TSS2_RC rc)
{
        TSS2_RC base = pawl_tpm_rc_base(rc);

        return (base == TPM2_RC_HANDLE || base == TPM2_RC_VALUE || base == TPM2_RC_REFERENCE_H0) &&
               (rc & TPM2_RC_P) == 0;
}

/* The key at that handle is not the one that the token names. */
static bool is_other_parent(pawl_tpm *t, const pawl_tpm_srk *srk)
{
        pawl_autoesys TPM2B_NAME *name = NULL;
        TSS2_RC rc = Esys_ReadPublic(
                t->esys, srk->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &name, NULL);

        return rc == TSS2_RC_SUCCESS && !pawl_span_equal(pawl_span_of(name->name, name->size),
                                                pawl_span_of(srk->name, sizeof(srk->name)));
}

/* The TPM takes off the seed's wrapping and puts its own around. What another machine's key makes
 * of the seed is an error of any kind, so it is asked which key it has. */
static pawl_err import(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_blob *b,
        TPM2B_PRIVATE *ret, pawl_diag *d)
{
        static const TPM2B_DATA no_key = { 0 };
        static const TPMT_SYM_DEF_OBJECT no_inner = { .algorithm = TPM2_ALG_NULL };
        pawl_autoesys TPM2B_PRIVATE *private = NULL;
        TSS2_RC rc = Esys_Import(t->esys, srk->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                &no_key, &b->public, &b->private, &b->seed, &no_inner, &private);

        if (is_no_parent(rc))
                return tell_cleared(t, d);
        if (pawl_tpm_rc_base(rc) != 0 && is_other_parent(t, srk))
                return pawl_fail(d, PAWL_ERR_TPM_OTHER,
                        "%s: importing the sealed object: it was sealed for another TPM, or for "
                        "this one before it was cleared; enrol it anew",
                        t->name);
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "importing the sealed object"));
        *ret = *private;
        return PAWL_OK;
}

/* The parent's answer tells this TPM from another one before any policy is looked at. */
pawl_err pawl_seal_load(
        pawl_tpm *t, const pawl_tpm_srk *srk, pawl_span blob, pawl_tpm_object *ret, pawl_diag *d)
{
        pawl_seal_blob b;
        unsigned tries = 0;
        TSS2_RC rc;

        PAWL_TRY(pawl_seal_blob_parse(blob, &b, d));
        if (b.seed.size != 0)
                PAWL_TRY(import(t, srk, &b, &b.private, d));
        do
                rc = Esys_Load(t->esys, srk->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                        &b.private, &b.public, &ret->handle);
        while (pawl_tpm_again(t, rc, &tries));
        return is_no_parent(rc) ? tell_cleared(t, d)
                                : pawl_tpm_rc(t, rc, d, "loading the sealed object");
}

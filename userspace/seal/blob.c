/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/blob.h"

#include <tss2/tss2_mu.h>

/* userWithAuth would open the object by its authValue alone, past the policy. */
static bool is_sealed_secret(const TPMT_PUBLIC *p)
{
        return p->type == TPM2_ALG_KEYEDHASH && p->nameAlg == TPM2_ALG_SHA256 &&
               p->parameters.keyedHashDetail.scheme.scheme == TPM2_ALG_NULL &&
               p->authPolicy.size == PAWL_SHA256_SIZE &&
               (p->objectAttributes & TPMA_OBJECT_USERWITHAUTH) == 0;
}

static bool unmarshal(pawl_span blob, pawl_seal_blob *ret)
{
        size_t off = 0;

        if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob.data, blob.len, &off, &ret->private) !=
                        TSS2_RC_SUCCESS ||
                Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob.data, blob.len, &off, &ret->public) !=
                        TSS2_RC_SUCCESS)
                return false;
        return off == blob.len || (Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(blob.data, blob.len,
                                           &off, &ret->seed) == TSS2_RC_SUCCESS &&
                                          off == blob.len && ret->seed.size != 0);
}

pawl_err pawl_seal_blob_write(const pawl_seal_blob *b, pawl_buffer *ret, pawl_diag *d)
{
        uint8_t bytes[PAWL_SEAL_BLOB_MAX];
        size_t off = 0;

        if (Tss2_MU_TPM2B_PRIVATE_Marshal(&b->private, bytes, sizeof(bytes), &off) !=
                        TSS2_RC_SUCCESS ||
                Tss2_MU_TPM2B_PUBLIC_Marshal(&b->public, bytes, sizeof(bytes), &off) !=
                        TSS2_RC_SUCCESS ||
                (b->seed.size != 0 && Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal(&b->seed, bytes,
                                              sizeof(bytes), &off) != TSS2_RC_SUCCESS))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "sealed object: cannot be written down");
        return pawl_buffer_dup(pawl_span_of(bytes, off), ret);
}

pawl_err pawl_seal_blob_parse(pawl_span blob, pawl_seal_blob *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer again = { 0 };
        pawl_seal_blob b = { 0 };

        if (blob.len > PAWL_SEAL_BLOB_MAX || !unmarshal(blob, &b))
                return pawl_fail(d, PAWL_ERR_FORMAT, "sealed object: its bytes are damaged");
        /* tss2 lets sizes pass that do not fit what they are of: one object, one spelling */
        PAWL_TRY(pawl_seal_blob_write(&b, &again, d));
        if (!pawl_span_equal(pawl_buffer_span(&again), blob))
                return pawl_fail(d, PAWL_ERR_FORMAT, "sealed object: its bytes are damaged");
        if (!is_sealed_secret(&b.public.publicArea))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "sealed object: not a secret that only a policy opens");
        *ret = b;
        return PAWL_OK;
}

pawl_err pawl_seal_blob_check(pawl_span blob, const pawl_policy_digest *policy, pawl_diag *d)
{
        pawl_seal_blob b;

        PAWL_TRY(pawl_seal_blob_parse(blob, &b, d));
        if (!pawl_equal_ct(b.public.publicArea.authPolicy.buffer, policy->bytes, PAWL_SHA256_SIZE))
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "sealed object: its policy is not the one demanded; enrol again");
        return PAWL_OK;
}

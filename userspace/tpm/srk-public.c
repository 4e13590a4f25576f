/* SPDX-License-Identifier: BSD-2-Clause */
/* The storage root key of a machine that is not at hand, known by its public part. */
#include <tss2/tss2_mu.h>

#include "userspace/host/hash.h"
#include "userspace/tpm/esys.h"

/* BE32 handle | TPM2B_NAME | BE32 resource type | TPM2B_PUBLIC, as ESYS serialises a handle. */
static pawl_err serialize(const pawl_digest *h, pawl_span public, pawl_buffer *ret)
{
        const uint8_t alg[] = { TPM2_ALG_SHA256 >> 8, TPM2_ALG_SHA256 & 0xff };
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_buffer_new(4 + 2 + PAWL_NAME_SIZE + 4 + public.len, &b));
        w = pawl_writer_of(b.data, b.len);
        PAWL_TRY(pawl_write_be32(&w, PAWL_TPM_SRK_HANDLE));
        PAWL_TRY(pawl_write_be16(&w, PAWL_NAME_SIZE));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(alg, sizeof(alg))));
        PAWL_TRY(pawl_write_bytes(&w, pawl_digest_span(h)));
        PAWL_TRY(pawl_write_be32(&w, PAWL_ESYS_RESOURCE_KEY));
        PAWL_TRY(pawl_write_bytes(&w, public));
        *ret = b;
        b = (pawl_buffer){ 0 };
        return PAWL_OK;
}

pawl_err pawl_tpm_srk_of_public(pawl_span public, pawl_buffer *ret_serialized, pawl_diag *d)
{
        TPM2B_PUBLIC p = { 0 };
        pawl_digest h;
        size_t off = 0;

        if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(public.data, public.len, &off, &p) != TSS2_RC_SUCCESS ||
                off != public.len || p.size != public.len - 2)
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "not the public part of a TPM key (TPM2B_PUBLIC, as 'tpm2_readpublic -f "
                        "tss' writes it)");
        if (!pawl_tpm_is_srk(&p.publicArea))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "not a storage root key of the usual kind (tpm2_readpublic -c 0x%x)",
                        PAWL_TPM_SRK_HANDLE);
        /* what is behind the size is the area that the name is made of */
        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, pawl_span_of(public.data + 2, public.len - 2), &h));
        return serialize(&h, public, ret_serialized);
}

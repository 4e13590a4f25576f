/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pcr.h"

/* PC Client Platform TPM Profile 1.05, 4.6.1: the PCRs of a dynamic launch start at all ones. */
#define DRTM_PCR_FIRST 17
#define DRTM_PCR_LAST  22

void pawl_pcr_init(pawl_alg alg, unsigned pcr, pawl_digest *ret)
{
        bool is_drtm = pcr >= DRTM_PCR_FIRST && pcr <= DRTM_PCR_LAST;

        *ret = (pawl_digest){ .alg = alg };
        if (is_drtm)
                for (size_t i = 0; i < pawl_alg_info_of(alg)->size; i++)
                        ret->bytes[i] = 0xff;
}

pawl_err pawl_pcr_extend(const pawl_hasher *h, pawl_digest *value, const pawl_digest *event)
{
        pawl_digest next = { 0 };

        if (value->alg != event->alg)
                return PAWL_ERR_MISMATCH;
        const pawl_span parts[] = { pawl_digest_span(value), pawl_digest_span(event) };
        PAWL_TRY(h->hash(h->ctx, value->alg, parts, 2, /* n_zeros= */ 0, &next));
        *value = next;
        return PAWL_OK;
}

static pawl_err extend_content(
        const pawl_hasher *h, pawl_digest *value, pawl_span bytes, size_t n_zeros)
{
        pawl_digest event = { 0 };

        PAWL_TRY(h->hash(h->ctx, value->alg, &bytes, 1, n_zeros, &event));
        return pawl_pcr_extend(h, value, &event);
}

pawl_err pawl_pcr_extend_bytes(const pawl_hasher *h, pawl_digest *value, pawl_span bytes)
{
        return extend_content(h, value, bytes, /* n_zeros= */ 0);
}

pawl_err pawl_pcr_extend_plan(
        const pawl_hasher *h, pawl_digest *value, const pawl_plan *plan, uint32_t pcr)
{
        pawl_digest v = *value;

        for (size_t i = 0; i < plan->n_items; i++)
                if (plan->items[i].pcr == pcr)
                        PAWL_TRY(extend_content(
                                h, &v, plan->items[i].bytes, plan->items[i].n_zeros));
        *value = v;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/eventlog.h"
#include "core/pcr.h"

#define STARTUP_LOCALITY PAWL_SPAN_LITERAL("StartupLocality\0")
#define HCRTM_LOCALITY   4

bool pawl_event_is_startup_locality(const pawl_event *ev, uint8_t *ret)
{
        if (ev->type != PAWL_EV_NO_ACTION || ev->data.len != STARTUP_LOCALITY.len + 1 ||
                !pawl_span_has_prefix(ev->data, STARTUP_LOCALITY))
                return false;
        *ret = ev->data.data[STARTUP_LOCALITY.len];
        return true;
}

pawl_err pawl_event_data_is_measured(
        const pawl_hasher *h, const pawl_event *ev, pawl_alg bank, bool *ret)
{
        pawl_digest d = { .alg = bank };

        if ((ev->banks >> bank & 1) == 0)
                return PAWL_ERR_MISSING;
        PAWL_TRY(h->hash(h->ctx, bank, &ev->data, 1, /* n_zeros= */ 0, &d));
        *ret = pawl_span_equal(pawl_digest_span(&d), pawl_digest_span(&ev->digests[bank]));
        return PAWL_OK;
}

void pawl_replay_init(pawl_alg bank, pawl_replay *ret)
{
        *ret = (pawl_replay){ .bank = bank };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                pawl_pcr_init(bank, i, &ret->pcrs[i]);
}

/* The initial value of PCR 0 is the locality that started the TPM, as a number of the digest's
 * size. PFP 1.05, 3.3.4.1 and 10.4.5.3. */
static pawl_err set_locality(pawl_replay *r, uint8_t locality)
{
        if ((r->touched & 1) != 0)
                return PAWL_ERR_FORMAT;
        r->pcrs[0].bytes[pawl_alg_info_of(r->bank)->size - 1] = locality;
        return PAWL_OK;
}

pawl_err pawl_replay_event(const pawl_hasher *h, pawl_replay *r, const pawl_event *ev)
{
        uint8_t locality;

        if (ev->type == PAWL_EV_NO_ACTION)
                return pawl_event_is_startup_locality(ev, &locality) ? set_locality(r, locality)
                                                                     : PAWL_OK;
        if (ev->pcr >= PAWL_PCR_COUNT)
                return PAWL_ERR_FORMAT;
        if ((ev->banks >> r->bank & 1) == 0)
                return PAWL_ERR_MISSING;
        /* an H-CRTM event sequence starts PCR 0 at locality 4, also where no other event says so */
        if (ev->type == PAWL_EV_EFI_HCRTM_EVENT && ev->pcr == 0 && (r->touched & 1) == 0)
                PAWL_TRY(set_locality(r, HCRTM_LOCALITY));
        PAWL_TRY(pawl_pcr_extend(h, &r->pcrs[ev->pcr], &ev->digests[r->bank]));
        r->touched |= 1u << ev->pcr;
        return PAWL_OK;
}

pawl_err pawl_eventlog_replay(const pawl_hasher *h, const pawl_eventlog *log, pawl_alg bank,
        pawl_replay *ret, pawl_log_diag *reterr_diag)
{
        pawl_log_cursor cursor = pawl_eventlog_start(log);
        pawl_replay replay;
        pawl_event ev;

        if ((log->banks >> bank & 1) == 0)
                return PAWL_ERR_UNSUPPORTED;
        pawl_replay_init(bank, &replay);
        for (;;) {
                pawl_err err = pawl_eventlog_next(log, &cursor, &ev, reterr_diag);

                if (err == PAWL_ERR_NOT_FOUND)
                        break;
                PAWL_TRY(err);
                err = pawl_replay_event(h, &replay, &ev);
                if (err != PAWL_OK && reterr_diag != NULL)
                        *reterr_diag = (pawl_log_diag){ ev.off, "this event cannot be replayed" };
                PAWL_TRY(err);
        }
        *ret = replay;
        return PAWL_OK;
}

uint32_t pawl_replay_differs(const pawl_replay *replay, const pawl_pcr_set *pcrs)
{
        const size_t size = pawl_alg_info_of(replay->bank)->size;
        uint32_t differs = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((pcrs->mask >> i & 1) != 0 &&
                        !pawl_span_equal(pawl_span_of(pcrs->values[i].bytes, size),
                                pawl_span_of(replay->pcrs[i].bytes, size)))
                        differs |= 1u << i;
        return differs;
}

pawl_err pawl_replay_verify(const pawl_replay *replay, const pawl_eventlog *log,
        const pawl_pcr_set *pcrs, uint32_t need_mask, pawl_verified_log *ret, uint32_t *ret_differs)
{
        uint32_t differs;

        if (replay->bank != pcrs->bank)
                return PAWL_ERR_UNSUPPORTED;
        if ((need_mask & ~pcrs->mask) != 0)
                return PAWL_ERR_MISSING;
        differs = pawl_replay_differs(replay, pcrs);
        if (ret_differs != NULL)
                *ret_differs = differs;
        if ((differs & need_mask) != 0)
                return PAWL_ERR_MISMATCH;
        *ret = (pawl_verified_log){ PAWL_VERDICT_ACCEPT, log, pcrs->bank, pcrs->mask & ~differs };
        return PAWL_OK;
}

pawl_err pawl_eventlog_verify(const pawl_hasher *h, const pawl_eventlog *log,
        const pawl_pcr_set *pcrs, uint32_t need_mask, pawl_verified_log *ret, uint32_t *ret_differs)
{
        pawl_replay replay;

        PAWL_TRY(pawl_eventlog_replay(h, log, pcrs->bank, &replay, /* reterr_diag= */ NULL));
        return pawl_replay_verify(&replay, log, pcrs, need_mask, ret, ret_differs);
}

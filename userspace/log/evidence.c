/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/evidence.h"

#include <stdlib.h>

#include "userspace/host/cleanup.h"

#define VERSION    1
#define NO_EVENTS  0xffffu
#define EVENT_SIZE (4u + PAWL_EVIDENCE_BRIEF)
#define HEAD_SIZE  3u /* version, bank */
#define PCR_SIZE   (1u + 2u + PAWL_EVIDENCE_BRIEF)

static bool is_extending(const pawl_event *ev, uint32_t mask)
{
        return ev->pcr < PAWL_PCR_COUNT && (mask >> ev->pcr & 1) && ev->type != PAWL_EV_NO_ACTION;
}

static pawl_err count_events(
        const pawl_eventlog *log, uint32_t mask, size_t ret[static PAWL_PCR_COUNT])
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK)
                if (is_extending(&ev, mask))
                        ret[ev.pcr]++;
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static size_t size_of(uint32_t mask, uint32_t events, const size_t n[static PAWL_PCR_COUNT])
{
        size_t size = HEAD_SIZE;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                size += mask >> i & 1 ? PCR_SIZE : 0;
                size += events >> i & 1 ? n[i] * EVENT_SIZE : 0;
        }
        return size;
}

/* The PCRs whose events there is room for. */
static uint32_t choose(uint32_t mask, const size_t n[static PAWL_PCR_COUNT])
{
        uint32_t events = mask;

        while (events != 0 && size_of(mask, events, n) > PAWL_EVIDENCE_MAX) {
                unsigned most = 0;

                for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                        if ((events >> i & 1) && (!(events >> most & 1) || n[i] > n[most]))
                                most = i;
                events &= ~(1u << most);
        }
        return events;
}

static pawl_err write_events(const pawl_eventlog *log, pawl_alg bank, unsigned pcr, pawl_writer *w)
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK) {
                if (!is_extending(&ev, 1u << pcr))
                        continue;
                PAWL_TRY(pawl_write_le32(w, ev.type));
                PAWL_TRY(pawl_write_bytes(
                        w, pawl_span_of(ev.digests[bank].bytes, PAWL_EVIDENCE_BRIEF)));
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static pawl_err write_all(const pawl_verified_log *log, const pawl_pcr_set *values, uint32_t events,
        const size_t n[static PAWL_PCR_COUNT], pawl_writer *w)
{
        PAWL_TRY(pawl_write_u8(w, VERSION));
        PAWL_TRY(pawl_write_le16(w, pawl_alg_info_of(log->bank)->tpm_id));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(values->mask >> i & 1))
                        continue;
                PAWL_TRY(pawl_write_u8(w, (uint8_t)i));
                PAWL_TRY(pawl_write_le16(w, (uint16_t)(events >> i & 1 ? n[i] : NO_EVENTS)));
                PAWL_TRY(pawl_write_bytes(
                        w, pawl_span_of(values->values[i].bytes, PAWL_EVIDENCE_BRIEF)));
                if (events >> i & 1)
                        PAWL_TRY(write_events(log->log, log->bank, i, w));
        }
        return PAWL_OK;
}

pawl_err pawl_evidence_make(
        const pawl_verified_log *log, const pawl_pcr_set *values, pawl_buffer *ret, pawl_diag *d)
{
        uint8_t bytes[PAWL_EVIDENCE_MAX];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));
        size_t n[PAWL_PCR_COUNT] = { 0 };

        if (log->verdict != PAWL_VERDICT_ACCEPT || log->bank != values->bank)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "evidence of a log that is not proven");
        PAWL_TRY(count_events(log->log, values->mask, n));
        PAWL_TRY(write_all(log, values, choose(values->mask, n), n, &w));
        return pawl_buffer_dup(pawl_written(&w), ret);
}

static pawl_err read_pcr(pawl_reader *r, pawl_evidence *e)
{
        pawl_span value, events;
        uint16_t n = 0;
        uint8_t pcr = 0;

        PAWL_TRY(pawl_read_u8(r, &pcr));
        PAWL_TRY(pawl_read_le16(r, &n));
        PAWL_TRY(pawl_read_bytes(r, PAWL_EVIDENCE_BRIEF, &value));
        if (pcr >= PAWL_PCR_COUNT)
                return PAWL_ERR_FORMAT;
        if (e->mask >> pcr & 1)
                return PAWL_ERR_DUPLICATE;
        pawl_copy(e->values[pcr], value.data, value.len);
        e->mask |= 1u << pcr;
        if (n == NO_EVENTS)
                return PAWL_OK;
        PAWL_TRY(pawl_read_bytes(r, (size_t)n * EVENT_SIZE, &events));
        e->events[pcr] = events;
        e->events_mask |= 1u << pcr;
        return PAWL_OK;
}

pawl_err pawl_evidence_read(pawl_span bytes, pawl_evidence *ret)
{
        pawl_reader r = pawl_reader_of(bytes);
        pawl_evidence e = { 0 };
        uint8_t version = 0;
        uint16_t id = 0;

        PAWL_TRY(pawl_read_u8(&r, &version));
        PAWL_TRY(pawl_read_le16(&r, &id));
        if (version != VERSION || pawl_alg_from_tpm_id(id, &e.bank) != PAWL_OK)
                return PAWL_ERR_UNSUPPORTED;
        while (r.left.len > 0)
                PAWL_TRY(read_pcr(&r, &e));
        *ret = e;
        return PAWL_OK;
}

bool pawl_evidence_differs(const pawl_evidence *e, unsigned pcr, const pawl_digest *value)
{
        return pcr < PAWL_PCR_COUNT && (e->mask >> pcr & 1) && value->alg == e->bank &&
               !pawl_span_equal(pawl_span_of(e->values[pcr], PAWL_EVIDENCE_BRIEF),
                       pawl_span_of(value->bytes, PAWL_EVIDENCE_BRIEF));
}

pawl_err pawl_evidence_diff(const pawl_evidence *e, const pawl_eventlog *now, unsigned pcr,
        pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx, pawl_diag *d)
{
        pawl_autofree pawl_event *before = NULL;
        pawl_reader r;
        size_t n;

        if (pcr >= PAWL_PCR_COUNT || !(e->events_mask >> pcr & 1))
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "PCR %u: no events were kept", pcr);
        r = pawl_reader_of(e->events[pcr]);
        n = r.left.len / EVENT_SIZE;
        before = calloc(n + 1, sizeof(*before));
        if (!before)
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < n; i++) {
                pawl_span brief;

                before[i].pcr = pcr;
                before[i].banks = 1u << e->bank;
                before[i].digests[e->bank].alg = e->bank;
                PAWL_TRY(pawl_read_le32(&r, &before[i].type));
                PAWL_TRY(pawl_read_bytes(&r, PAWL_EVIDENCE_BRIEF, &brief));
                pawl_copy(before[i].digests[e->bank].bytes, brief.data, brief.len);
        }
        return pawl_events_diff_brief(
                before, n, now, pcr, e->bank, PAWL_EVIDENCE_BRIEF, use, ctx, d);
}

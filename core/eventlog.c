/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/eventlog.h"

#include "core/plan.h"

#define SHA1_SIZE 20

/* TCG_EfiSpecIDEvent.signature: 15 characters and a NUL. PFP 1.05, 10.4.5.1. */
#define SPEC_ID_AGILE PAWL_SPAN_LITERAL("Spec ID Event03\0")

static pawl_err fail(pawl_log_diag *d, pawl_err err, size_t off, const char *what)
{
        if (d != NULL)
                *d = (pawl_log_diag){ off, what };
        return err;
}

/* TCG_PCClientPCREvent: the record of the SHA-1 format, and the first one of the other. PFP 1.05,
 * 10.2.1. */
static pawl_err read_sha1_record(pawl_reader *r, pawl_event *ret)
{
        pawl_event ev = { .off = r->off, .banks = 1u << PAWL_ALG_SHA1 };
        uint32_t size;
        pawl_span digest;

        PAWL_TRY(pawl_read_le32(r, &ev.pcr));
        PAWL_TRY(pawl_read_le32(r, &ev.type));
        PAWL_TRY(pawl_read_bytes(r, SHA1_SIZE, &digest));
        ev.digests[PAWL_ALG_SHA1].alg = PAWL_ALG_SHA1;
        pawl_copy(ev.digests[PAWL_ALG_SHA1].bytes, digest.data, digest.len);
        PAWL_TRY(pawl_read_le32(r, &size));
        if (size > PAWL_LOG_EVENT_SIZE_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_read_bytes(r, size, &ev.data));
        *ret = ev;
        return PAWL_OK;
}

static bool find_alg(const pawl_eventlog *log, uint16_t id, size_t *ret)
{
        for (size_t i = 0; i < log->n_algs; i++)
                if (log->algs[i].id == id) {
                        *ret = i;
                        return true;
                }
        return false;
}

/* TPMT_HA of an event; `seen` has a bit for each row of log->algs. */
static pawl_err read_digest(
        const pawl_eventlog *log, pawl_reader *r, uint32_t *seen, pawl_event *ev)
{
        uint16_t id;
        size_t row;
        pawl_alg alg;
        pawl_span digest;

        PAWL_TRY(pawl_read_le16(r, &id));
        if (!find_alg(log, id, &row))
                return PAWL_ERR_UNSUPPORTED;
        if ((*seen >> row & 1) != 0)
                return PAWL_ERR_DUPLICATE;
        PAWL_TRY(pawl_read_bytes(r, log->algs[row].size, &digest));
        *seen |= 1u << row;
        if (pawl_alg_from_tpm_id(id, &alg) != PAWL_OK)
                return PAWL_OK; /* skipped by the size that the Spec ID event gave */
        ev->banks |= 1u << alg;
        ev->digests[alg].alg = alg;
        pawl_copy(ev->digests[alg].bytes, digest.data, digest.len);
        return PAWL_OK;
}

/* TCG_PCR_EVENT2. PFP 1.05, 10.2.2. */
static pawl_err read_agile_record(const pawl_eventlog *log, pawl_reader *r, pawl_event *ret)
{
        pawl_event ev = { .off = r->off };
        uint32_t n_digests, size, seen = 0;

        PAWL_TRY(pawl_read_le32(r, &ev.pcr));
        PAWL_TRY(pawl_read_le32(r, &ev.type));
        PAWL_TRY(pawl_read_le32(r, &n_digests));
        if (n_digests == 0)
                return PAWL_ERR_FORMAT; /* zero bytes before the end are no event */
        if (n_digests > log->n_algs)
                return PAWL_ERR_LIMIT;
        for (uint32_t i = 0; i < n_digests; i++)
                PAWL_TRY(read_digest(log, r, &seen, &ev));
        PAWL_TRY(pawl_read_le32(r, &size));
        if (size > PAWL_LOG_EVENT_SIZE_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_read_bytes(r, size, &ev.data));
        *ret = ev;
        return PAWL_OK;
}

static pawl_err read_alg_row(pawl_reader *r, pawl_eventlog *log)
{
        uint16_t id, size;
        size_t row;
        pawl_alg alg;

        PAWL_TRY(pawl_read_le16(r, &id));
        PAWL_TRY(pawl_read_le16(r, &size));
        if (find_alg(log, id, &row))
                return PAWL_ERR_DUPLICATE;
        if (pawl_alg_from_tpm_id(id, &alg) == PAWL_OK) {
                if (size != pawl_alg_info_of(alg)->size)
                        return PAWL_ERR_FORMAT;
                log->banks |= 1u << alg;
        }
        log->algs[log->n_algs].id = id;
        log->algs[log->n_algs].size = size;
        log->n_algs++;
        return PAWL_OK;
}

/* TCG_EfiSpecIDEvent. PFP 1.05, 10.4.5.1. `r` stands where reading stopped. */
static pawl_err read_spec_id(pawl_reader *r, pawl_eventlog *log)
{
        uint32_t n_algs;
        uint8_t vendor_info_size;

        PAWL_TRY(pawl_read_skip(r, SPEC_ID_AGILE.len));
        PAWL_TRY(pawl_read_skip(r, 4 + 4)); /* platform class; version, errata, size of UINTN */
        PAWL_TRY(pawl_read_le32(r, &n_algs));
        if (n_algs == 0)
                return PAWL_ERR_FORMAT;
        if (n_algs > PAWL_LOG_ALGS_MAX)
                return PAWL_ERR_LIMIT;
        for (uint32_t i = 0; i < n_algs; i++)
                PAWL_TRY(read_alg_row(r, log));
        PAWL_TRY(pawl_read_u8(r, &vendor_info_size));
        PAWL_TRY(pawl_read_skip(r, vendor_info_size));
        return pawl_read_end(r);
}

static const char *spec_id_reason(pawl_err err)
{
        switch ((unsigned)err) {
        case PAWL_ERR_TRUNCATED:
                return "the Spec ID event is shorter than what it says it holds";
        case PAWL_ERR_TRAILING:
                return "the Spec ID event is longer than what it says it holds";
        case PAWL_ERR_DUPLICATE:
                return "the Spec ID event lists an algorithm twice";
        case PAWL_ERR_LIMIT:
                return "the Spec ID event lists too many algorithms";
        default:
                return "the Spec ID event lists no algorithm, or a wrong digest size";
        }
}

static const char *record_reason(pawl_err err)
{
        switch ((unsigned)err) {
        case PAWL_ERR_TRUNCATED:
                return "the log ends inside this event";
        case PAWL_ERR_LIMIT:
                return "this event has too much data or too many digests";
        case PAWL_ERR_UNSUPPORTED:
                return "this event has a digest of an algorithm that the log's head does not list";
        case PAWL_ERR_DUPLICATE:
                return "this event has two digests of one algorithm";
        default:
                return "this is not an event";
        }
}

pawl_err pawl_eventlog_open(pawl_span bytes, pawl_eventlog *ret, pawl_log_diag *reterr_diag)
{
        pawl_eventlog log = { .bytes = bytes, .banks = 1u << PAWL_ALG_SHA1 };
        pawl_reader r = pawl_reader_of(bytes);
        pawl_event first;
        pawl_err err;

        if (bytes.len > PAWL_LOG_SIZE_MAX)
                return fail(reterr_diag, PAWL_ERR_LIMIT, 0, "the log is too large");
        err = read_sha1_record(&r, &first);
        if (err != PAWL_OK)
                return fail(reterr_diag, err, 0, record_reason(err));
        if (first.type == PAWL_EV_NO_ACTION && pawl_span_has_prefix(first.data, SPEC_ID_AGILE)) {
                pawl_reader spec = pawl_reader_of(first.data);

                log.is_crypto_agile = true;
                log.banks = 0;
                err = read_spec_id(&spec, &log);
                if (err != PAWL_OK)
                        return fail(reterr_diag, err, r.off - first.data.len + spec.off,
                                spec_id_reason(err));
        }
        *ret = log;
        return PAWL_OK;
}

pawl_log_cursor pawl_eventlog_start(const pawl_eventlog *log)
{
        return (pawl_log_cursor){ pawl_reader_of(log->bytes), 0 };
}

/* What was never written in the firmware's buffer. Reads no further than the first byte that
 * differs, and no record consists of padding, so that a log is scanned at most twice. */
static bool is_padding(pawl_span s)
{
        if (s.len == 0)
                return true;
        if (s.data[0] != 0x00 && s.data[0] != 0xff)
                return false;
        for (size_t i = 1; i < s.len; i++)
                if (s.data[i] != s.data[0])
                        return false;
        return true;
}

static pawl_err check_record(const pawl_event *ev)
{
        /* an informational event may name no PCR (0xffffffff) */
        if (ev->pcr >= PAWL_PCR_COUNT && ev->type != PAWL_EV_NO_ACTION)
                return PAWL_ERR_FORMAT;
        /* type 0 with no data: zero bytes that are not the log's end */
        if (ev->type == 0 && ev->data.len == 0)
                return PAWL_ERR_FORMAT;
        return PAWL_OK;
}

pawl_err pawl_eventlog_next(const pawl_eventlog *log, pawl_log_cursor *cursor, pawl_event *ret,
        pawl_log_diag *reterr_diag)
{
        pawl_reader r = cursor->r;
        pawl_event ev = { 0 };
        pawl_err err;

        if (is_padding(r.left))
                return PAWL_ERR_NOT_FOUND;
        if (cursor->n_events >= PAWL_LOG_EVENTS_MAX)
                return fail(reterr_diag, PAWL_ERR_LIMIT, r.off, "the log has too many events");
        if (log->is_crypto_agile && cursor->n_events > 0)
                err = read_agile_record(log, &r, &ev);
        else
                err = read_sha1_record(&r, &ev);
        if (err == PAWL_OK)
                err = check_record(&ev);
        if (err != PAWL_OK)
                return fail(reterr_diag, err, cursor->r.off, record_reason(err));
        *cursor = (pawl_log_cursor){ r, cursor->n_events + 1 };
        *ret = ev;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/hash.h"
#include "userspace/log/forecast-internal.h"

static void put_le(FILE *f, uint64_t v, size_t size)
{
        for (size_t i = 0; i < size; i++)
                (void)fputc((int)(v >> 8 * i & 0xff), f);
}

static void put_span(FILE *f, pawl_span s)
{
        if (s.len > 0)
                (void)fwrite(s.data, 1, s.len, f);
}

static void put_record(pawl_forecast_job *j, uint32_t pcr, uint32_t type, const pawl_digest *digest,
        pawl_span data)
{
        put_le(j->out, pcr, 4);
        put_le(j->out, type, 4);
        put_le(j->out, 1, 4);
        put_le(j->out, pawl_alg_info_of(digest->alg)->tpm_id, 2);
        put_span(j->out, pawl_digest_span(digest));
        put_le(j->out, data.len, 4);
        put_span(j->out, data);
}

pawl_err pawl_forecast_put_event(pawl_forecast_job *j, uint32_t pcr, uint32_t type,
        const pawl_span *parts, size_t n_parts, size_t n_zeros, pawl_span data)
{
        pawl_digest digest;

        PAWL_TRY(pawl_openssl_hasher.hash(NULL, j->now->bank, parts, n_parts, n_zeros, &digest));
        put_record(j, pcr, type, &digest, data);
        return PAWL_OK;
}

pawl_err pawl_forecast_put_data(pawl_forecast_job *j, uint32_t pcr, uint32_t type, pawl_span data)
{
        return pawl_forecast_put_event(j, pcr, type, &data, 1, 0, data);
}

pawl_err pawl_forecast_put_measurement(pawl_forecast_job *j, const pawl_measurement *m)
{
        uint8_t label[512];
        pawl_writer w = pawl_writer_of(label, sizeof(label));

        PAWL_TRY(pawl_measurement_event(m, &w));
        return pawl_forecast_put_event(
                j, m->pcr, m->event_type, &m->bytes, 1, m->n_zeros, pawl_written(&w));
}

pawl_err pawl_forecast_put_digest(
        pawl_forecast_job *j, const pawl_event *ev, const pawl_digest *digest)
{
        put_record(j, ev->pcr, ev->type, digest, ev->data);
        return PAWL_OK;
}

void pawl_forecast_put_again(pawl_forecast_job *j, const pawl_event *ev, size_t end)
{
        const pawl_span bytes = j->now->log->bytes;

        put_span(j->out, pawl_span_of(bytes.data + ev->off, end - ev->off));
}

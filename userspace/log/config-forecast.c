/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/config-forecast.h"

#include "core/pcr.h"
#include "userspace/host/hash.h"

typedef struct forecast {
        pawl_alg bank;
        const pawl_span *const *sidecars;
        pawl_sidecar next; /* those before it are done */
        pawl_digest pcr;
} forecast;

pawl_err pawl_event_sidecar(const pawl_event *ev, pawl_alg bank, bool *ret_is, pawl_sidecar *ret)
{
        bool is_text;

        *ret_is = false;
        if (ev->pcr != PAWL_PCR_KERNEL_CONFIG || ev->type != PAWL_EV_IPL ||
                !pawl_sidecar_from_label(ev->data, ret))
                return PAWL_OK;
        PAWL_TRY(pawl_event_data_is_measured(&pawl_openssl_hasher, ev, bank, &is_text));
        *ret_is = !is_text;
        return PAWL_OK;
}

/* The new archives of the kinds before `end`, if their turn has not come yet. */
static pawl_err extend_until(forecast *f, pawl_sidecar end)
{
        for (; f->next < end; f->next++) {
                const pawl_span *archive = f->sidecars[f->next];

                if (archive && archive->len > 0)
                        PAWL_TRY(pawl_pcr_extend_bytes(&pawl_openssl_hasher, &f->pcr, *archive));
        }
        return PAWL_OK;
}

static pawl_err take(forecast *f, const pawl_event *ev)
{
        pawl_sidecar kind;
        bool is_sidecar;

        PAWL_TRY(pawl_event_sidecar(ev, f->bank, &is_sidecar, &kind));
        if (is_sidecar) {
                PAWL_TRY(extend_until(f, kind));
                if (f->sidecars[kind])
                        return PAWL_OK;
        }
        return pawl_pcr_extend(&pawl_openssl_hasher, &f->pcr, &ev->digests[f->bank]);
}

pawl_err pawl_log_config_forecast(const pawl_verified_log *log,
        const pawl_span *const sidecars[static PAWL_SIDECAR_MAX_], pawl_digest *ret, pawl_diag *d)
{
        forecast f = { .bank = log->bank, .sidecars = sidecars };
        pawl_log_cursor c;
        pawl_event ev;
        pawl_err err;

        if (log->verdict != PAWL_VERDICT_ACCEPT || (log->mask >> PAWL_PCR_KERNEL_CONFIG & 1) == 0)
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "PCR %d (%s): event log and TPM disagree, so what it will be cannot be "
                        "told; see 'pawl log verify'",
                        PAWL_PCR_KERNEL_CONFIG, pawl_alg_info_of(log->bank)->name);
        pawl_pcr_init(log->bank, PAWL_PCR_KERNEL_CONFIG, &f.pcr);
        c = pawl_eventlog_start(log->log);
        while ((err = pawl_eventlog_next(log->log, &c, &ev, NULL)) == PAWL_OK)
                if (ev.pcr == PAWL_PCR_KERNEL_CONFIG && ev.type != PAWL_EV_NO_ACTION)
                        PAWL_TRY(take(&f, &ev));
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        PAWL_TRY(extend_until(&f, PAWL_SIDECAR_MAX_));
        *ret = f.pcr;
        return PAWL_OK;
}

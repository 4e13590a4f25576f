/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/forecast.h"

#include <stdio.h>

#include "userspace/host/cleanup.h"
#include "userspace/host/hash.h"
#include "userspace/log/forecast-internal.h"

void pawl_forecast_done(pawl_forecast *f)
{
        pawl_logs_done(&f->logs);
}

/* What is certain counts more than what is not. */
void pawl_forecast_differs(pawl_forecast_job *j, unsigned pcr, const char *why)
{
        if (!(j->f->differ >> pcr & 1))
                j->f->why[pcr] = why;
        j->f->differ |= 1u << pcr;
}

void pawl_forecast_cannot_tell(pawl_forecast_job *j, unsigned pcr, const char *why)
{
        if (!((j->f->unknown | j->f->differ) >> pcr & 1))
                j->f->why[pcr] = why;
        j->f->unknown |= 1u << pcr;
}

static pawl_err take(pawl_forecast_job *j, const pawl_event *ev, size_t end)
{
        bool is_done = false;

        PAWL_TRY(pawl_forecast_take_variable(j, ev, &is_done));
        if (!is_done)
                PAWL_TRY(pawl_forecast_take_start(j, ev, &is_done));
        /* nobody vouches without Secure Boot */
        if (ev->type == PAWL_EV_EFI_VARIABLE_AUTHORITY && j->wish->without_secure_boot)
                is_done = true;
        if (!is_done)
                pawl_forecast_put_again(j, ev, end);
        return PAWL_OK;
}

static pawl_err write_log(pawl_forecast_job *j)
{
        pawl_log_cursor c = pawl_eventlog_start(j->now->log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(j->now->log, &c, &ev, NULL)) == PAWL_OK)
                PAWL_TRY(take(j, &ev, c.r.off));
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        return pawl_forecast_end_start(j);
}

static pawl_err replay(pawl_forecast_job *j, char *bytes, size_t len)
{
        pawl_replay replay;

        PAWL_TRY(pawl_buffer_dup(pawl_span_of(bytes, len), &j->f->logs.bytes));
        PAWL_TRY(pawl_eventlog_open(
                pawl_buffer_span(&j->f->logs.bytes), &j->f->logs.firmware, NULL));
        j->f->logs.has_firmware = true;
        PAWL_TRY(pawl_logs_replay(&j->f->logs, j->now->bank, &replay, j->d));
        j->f->pcrs = (pawl_pcr_set){ .bank = j->now->bank, .mask = PAWL_PCRS_BOOT };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                j->f->pcrs.values[i] = replay.pcrs[i];
        return PAWL_OK;
}

/* The kernel measures the initrds and the command line that it got. */
static pawl_err judge_kernel(pawl_forecast_job *j)
{
        pawl_replay now;
        const unsigned config = PAWL_PCR_KERNEL_CONFIG;

        PAWL_TRY(pawl_eventlog_replay(&pawl_openssl_hasher, j->now->log, j->now->bank, &now, NULL));
        if (j->is_other_program[PAWL_FORECAST_IMAGE] ||
                !pawl_span_equal(pawl_digest_span(&now.pcrs[config]),
                        pawl_digest_span(&j->f->pcrs.values[config])))
                pawl_forecast_cannot_tell(j, PAWL_PCR_KERNEL,
                        "the kernel measures its initrd and its command line, and will get others");
        return PAWL_OK;
}

pawl_err pawl_forecast_make(const pawl_verified_log *now, const pawl_forecast_wish *wish,
        pawl_forecast *ret, pawl_diag *d)
{
        pawl_autoforecast pawl_forecast f = { 0 };
        pawl_autofree char *bytes = NULL;
        pawl_forecast_job j = { .now = now, .wish = wish, .f = &f, .d = d };
        size_t len = 0;
        pawl_err err;

        if (!now->log->is_crypto_agile)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the event log has the format of TPM 1.2: nothing can be foretold from it");
        for (unsigned i = 0; i < PAWL_PCR_SYSTEM_IDENTITY; i++) /* which is zero at opening */
                if (!(now->mask >> i & 1))
                        pawl_forecast_cannot_tell(
                                &j, i, "this boot's event log does not lead to its value");
        PAWL_TRY(pawl_forecast_read_start(&j));
        j.out = open_memstream(&bytes, &len);
        if (!j.out)
                return PAWL_ERR_NO_MEMORY;
        err = write_log(&j);
        if (fclose(j.out) != 0 && err == PAWL_OK)
                err = PAWL_ERR_NO_MEMORY;
        PAWL_TRY(err);
        PAWL_TRY(replay(&j, bytes, len));
        PAWL_TRY(judge_kernel(&j));
        PAWL_TRY(pawl_forecast_judge_authorities(&j));
        *ret = f;
        f = (pawl_forecast){ 0 };
        return PAWL_OK;
}

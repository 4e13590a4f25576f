/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/efi-variable.h"
#include "core/eventlog.h"
#include "core/pcr.h"
#include "tests/fuzz/fuzz.h"

/* Not a hash: fast, and different for different input, which is all that a replay needs here. */
static pawl_err sum_hash(void *ctx, pawl_alg alg, const pawl_span *parts, size_t n_parts,
        size_t n_zeros, pawl_digest *ret)
{
        uint32_t sum = 2166136261u;

        (void)ctx;
        (void)n_zeros;
        *ret = (pawl_digest){ .alg = alg };
        for (size_t i = 0; i < n_parts; i++)
                for (size_t j = 0; j < parts[i].len; j++) {
                        sum = (sum ^ parts[i].data[j]) * 16777619u;
                        ret->bytes[j % pawl_alg_info_of(alg)->size] ^= (uint8_t)(sum >> 24);
                }
        return PAWL_OK;
}

static const pawl_hasher hasher = { NULL, sum_hash };

static void check_event(const pawl_event *ev)
{
        pawl_efi_variable v;

        fuzz_touch(ev->data);
        FUZZ_CHECK(ev->banks != 0 || ev->data.len <= PAWL_LOG_EVENT_SIZE_MAX);
        FUZZ_CHECK(ev->pcr < PAWL_PCR_COUNT || ev->type == PAWL_EV_NO_ACTION);
        if (pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                return;
        fuzz_touch(v.guid);
        fuzz_touch(v.name);
        fuzz_touch(v.data);
        FUZZ_CHECK(v.name.len <= 2 * PAWL_VARIABLE_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_eventlog log;
        pawl_event ev;
        pawl_replay replay;
        pawl_log_diag d = { 0, NULL };
        pawl_err err;

        err = pawl_eventlog_open(pawl_span_of(data, size), &log, &d);
        FUZZ_CHECK(err == PAWL_OK || (d.what != NULL && d.off <= size));
        if (err != PAWL_OK)
                return 0;
        pawl_log_cursor c = pawl_eventlog_start(&log);
        while ((err = pawl_eventlog_next(&log, &c, &ev, &d)) == PAWL_OK)
                check_event(&ev);
        FUZZ_CHECK(err == PAWL_ERR_NOT_FOUND || (d.what != NULL && d.off <= size));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_err replayed = pawl_eventlog_replay(&hasher, &log, a, &replay, &d);

                /* what cannot be read to the end is never replayed */
                FUZZ_CHECK(replayed != PAWL_OK || err == PAWL_ERR_NOT_FOUND);
        }
        return 0;
}

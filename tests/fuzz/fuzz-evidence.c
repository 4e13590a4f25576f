/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of an enrolment, which stands in the header of a disk, held against a log of its own.
 * The input: LE16 length of the record, the record, the log. */
#include "tests/fuzz/fuzz.h"
#include "userspace/log/evidence.h"

static pawl_err count(void *ctx, const pawl_log_change *c)
{
        size_t *n = ctx;

        FUZZ_CHECK(c->before || c->after);
        FUZZ_CHECK(!c->after || c->after->pcr == c->pcr);
        ++*n;
        return PAWL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_reader r = pawl_reader_of(pawl_span_of(data, size));
        pawl_eventlog log;
        pawl_evidence e;
        pawl_span record;
        uint16_t len = 0;
        size_t n = 0;

        if (pawl_read_le16(&r, &len) != PAWL_OK || pawl_read_bytes(&r, len, &record) != PAWL_OK ||
                pawl_evidence_read(record, &e) != PAWL_OK)
                return 0;
        FUZZ_CHECK((e.events_mask & ~e.mask) == 0);
        if (pawl_eventlog_open(r.left, &log, NULL) != PAWL_OK)
                return 0;
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (pawl_evidence_diff(&e, &log, i, count, &n, NULL) == PAWL_OK)
                        FUZZ_CHECK(e.events_mask >> i & 1);
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/gpt-event.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_gpt_partition p;
        pawl_gpt_event g;
        size_t n = 0;

        if (pawl_gpt_event_read(pawl_span_of(data, size), &g) != PAWL_OK)
                return 0;
        fuzz_touch(g.disk);
        for (; pawl_gpt_partition_next(&g, &p) == PAWL_OK; n++)
                fuzz_touch(p.name);
        FUZZ_CHECK(n == g.n_partitions && n <= PAWL_GPT_PARTITIONS_MAX);
        return 0;
}

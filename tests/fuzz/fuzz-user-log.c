/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "core/pcr.h"
#include "tests/fuzz/fuzz.h"
#include "userspace/log/user-log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_autouserlog pawl_user_log l = { 0 };
        pawl_diag d = { 0 };

        if (pawl_user_log_parse(pawl_span_of(data, size), &l, &d) != PAWL_OK) {
                FUZZ_CHECK(l.events == NULL);
                return 0;
        }
        for (size_t i = 0; i < l.n_events; i++) {
                FUZZ_CHECK(l.events[i].is_nv || l.events[i].pcr < PAWL_PCR_COUNT);
                FUZZ_CHECK(l.events[i].off < size);
                fuzz_touch(pawl_span_str(l.events[i].type));
                fuzz_touch(pawl_span_str(l.events[i].string));
        }
        return 0;
}

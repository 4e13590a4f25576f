/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fuzz/fuzz.h"
#include "userspace/seal/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_profile p = { 0 };
        pawl_diag d = { 0 };

        if (pawl_profile_parse(pawl_span_of(data, size), "file", &p, &d) != PAWL_OK) {
                FUZZ_CHECK(d.text[0] != '\0');
                return 0;
        }
        FUZZ_CHECK((p.signed_mask & p.literal_mask) == 0);
        FUZZ_CHECK((p.signed_mask | p.literal_mask) != 0);
        FUZZ_CHECK((p.signed_mask != 0) == (p.ref[0] != '\0'));
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A sealed credential, decoded: the header that is read can be written again, and is the same. */
#include "tests/fuzz/fuzz.h"
#include "userspace/cred/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_autobuffer pawl_buffer again = { 0 };
        pawl_cred_envelope e;
        pawl_cred_inner inner;
        pawl_diag d = { 0 };

        if (pawl_cred_inner_parse(pawl_span_of(data, size), &inner, &d) == PAWL_OK)
                fuzz_touch(inner.secret);
        if (pawl_cred_envelope_parse(pawl_span_of(data, size), &e, &d) != PAWL_OK) {
                FUZZ_CHECK(d.text[0] != '\0');
                return 0;
        }
        FUZZ_CHECK(e.header.len + e.ciphertext.len + e.tag.len == size);
        FUZZ_CHECK(pawl_cred_envelope_header(&e, &again) == PAWL_OK);
        FUZZ_CHECK(pawl_span_equal(pawl_buffer_span(&again), e.header));
        return 0;
}

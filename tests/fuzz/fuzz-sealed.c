/* SPDX-License-Identifier: BSD-2-Clause */
/* The sealed object of a token, and the file with another machine's storage root key. */
#include "tests/fuzz/fuzz.h"
#include "userspace/seal/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_autobuffer pawl_buffer again = { 0 }, key = { 0 };
        pawl_seal_blob blob;

        if (pawl_tpm_srk_of_public(pawl_span_of(data, size), &key, NULL) == PAWL_OK)
                fuzz_touch(pawl_buffer_span(&key));
        if (pawl_seal_blob_parse(pawl_span_of(data, size), &blob, NULL) != PAWL_OK)
                return 0;
        FUZZ_CHECK(pawl_seal_blob_write(&blob, &again, NULL) == PAWL_OK);
        FUZZ_CHECK(pawl_span_equal(pawl_buffer_span(&again), pawl_span_of(data, size)));
        return 0;
}

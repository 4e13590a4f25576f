/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON of a LUKS2 token: what can be read can be written, and reading that gives the same. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "userspace/luks/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_autotoken pawl_token t = { 0 }, again = { 0 };
        pawl_autofree char *text = NULL, *text_again = NULL;
        pawl_diag d = { 0 };

        if (pawl_token_parse(pawl_span_of(data, size), &t, &d) != PAWL_OK) {
                FUZZ_CHECK(d.text[0] != '\0');
                return 0;
        }
        FUZZ_CHECK(t.n_keyslots <= PAWL_TOKEN_KEYSLOTS_MAX);
        fuzz_touch(pawl_buffer_span(&t.tpm2.blob));
        if (pawl_token_format(&t, &text, &d) != PAWL_OK)
                return 0; /* no type, or larger than the limit after escaping */
        FUZZ_CHECK(pawl_token_parse(pawl_span_str(text), &again, &d) == PAWL_OK);
        FUZZ_CHECK(pawl_token_format(&again, &text_again, &d) == PAWL_OK);
        FUZZ_CHECK(strcmp(text, text_again) == 0);
        return 0;
}

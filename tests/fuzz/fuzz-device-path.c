/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device-path.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[300];
        size_t n = size > 0 ? 1 + data[0] : 1; /* the first byte is the size of the text */

        (void)!pawl_device_path_text(
                size > 0 ? pawl_span_of(data + 1, size - 1) : PAWL_SPAN_NULL, text, n);
        for (size_t i = 0; text[i] != '\0'; i++) {
                FUZZ_CHECK(i < n);
                FUZZ_CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
                FUZZ_CHECK((unsigned char)text[i] != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);
        }
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths as text: it ends, within the buffer, and no terminal acts on it. */
#include <string.h>

#include "core/device-path.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[256], whole[8192];

        (void)!pawl_device_path_text(pawl_span_of(data, size), text, sizeof(text));
        (void)!pawl_device_path_text(pawl_span_of(data, size), whole, sizeof(whole));
        for (size_t i = 0; whole[i] != '\0'; i++)
                FUZZ_CHECK(whole[i] >= 0x20 && whole[i] < 0x7f);
        FUZZ_CHECK(strncmp(text, whole, strlen(text)) == 0);
        return 0;
}

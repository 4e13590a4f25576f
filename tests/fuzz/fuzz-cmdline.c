/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "userspace/init/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char value[2 * PAWL_ROOTHASH_MAX + 2];
        pawl_span line = pawl_span_of(data, size);
        pawl_roothash h;

        if (pawl_cmdline_get(line, "roothash", value, sizeof(value)) == PAWL_OK) {
                FUZZ_CHECK(strlen(value) < sizeof(value) && !strchr(value, '"'));
                if (pawl_roothash_parse(value, &h) == PAWL_OK)
                        FUZZ_CHECK(strlen(h.data_uuid) == 36 && strlen(h.hash_uuid) == 36);
        }
        (void)!pawl_cmdline_get(line, "init", value, 4);
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-option.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_boot_option o;

        if (pawl_boot_option_read(pawl_span_of(data, size), &o) != PAWL_OK)
                return 0;
        fuzz_touch(o.description);
        fuzz_touch(o.path);
        fuzz_touch(o.data);
        FUZZ_CHECK(8 + o.description.len + o.path.len + o.data.len == size);
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "userspace/disk/definition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_definition def;
        pawl_diag d = { 0 };

        if (pawl_definition_parse(pawl_span_of(data, size), "x.conf", &def, &d) != PAWL_OK) {
                FUZZ_CHECK(strncmp(d.text, "x.conf:", 7) == 0);
                return 0;
        }
        FUZZ_CHECK(strlen(def.type) == 36 && def.label[0] != '\0' && strlen(def.label) <= 36);
        FUZZ_CHECK(def.max_size == 0 || def.max_size >= def.min_size);
        FUZZ_CHECK(!strchr(def.policy, '/') && def.policy[0] != '\0');
        return 0;
}

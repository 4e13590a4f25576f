/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "core/smbios.h"
#include "tests/fuzz/fuzz.h"
#include "userspace/init/cred-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_reader table = pawl_reader_of(pawl_span_of(data, size)), strings;
        pawl_smbios_structure s;
        pawl_cred_text t;
        pawl_span one;

        while (pawl_smbios_next(&table, &s) == PAWL_OK)
                for (strings = pawl_reader_of(s.strings);
                        pawl_smbios_string_next(&strings, &one) == PAWL_OK;)
                        if (pawl_cred_text_smbios(one, &t) == PAWL_OK) {
                                FUZZ_CHECK(!strchr(t.name, '/') && t.name[0] != '\0');
                                fuzz_touch(t.value);
                        }
        return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/loader-conf.h"
#include "tests/fuzz/fuzz.h"

static bool is_timeout(uint32_t t)
{
        return t <= PAWL_TIMEOUT_MAX || t == PAWL_TIMEOUT_MENU_FORCE ||
               t == PAWL_TIMEOUT_MENU_DISABLED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_span text = pawl_span_of(data, size);
        pawl_conf_diag diag = { 0 };
        pawl_loader_conf conf;
        pawl_err err = pawl_loader_conf_read(text, &conf, &diag);

        FUZZ_CHECK(is_timeout(conf.timeout));
        FUZZ_CHECK((err == PAWL_OK) == (diag.what == NULL));
        fuzz_touch(conf.default_pattern);
        return 0;
}

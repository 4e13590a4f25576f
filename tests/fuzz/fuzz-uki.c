/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/plan.h"
#include "tests/fuzz/fuzz.h"

static void check_plan(const pawl_uki *uki, pawl_span options, bool is_secure_boot)
{
        static pawl_plan plan, again;
        pawl_boot_input in = { .uki = uki, .is_secure_boot = is_secure_boot };
        static uint8_t event[1u << 16];
        unsigned profile;

        if (pawl_load_options_split(options, &profile, &in.load_options) != PAWL_OK)
                in.load_options = PAWL_SPAN_NULL;
        FUZZ_CHECK(pawl_boot_plan(&in, &plan) == PAWL_OK);
        FUZZ_CHECK(pawl_boot_plan(&in, &again) == PAWL_OK);
        FUZZ_CHECK(plan.n_items == again.n_items && plan.n_items <= PAWL_PLAN_MAX);
        FUZZ_CHECK(!(is_secure_boot && uki->has[PAWL_UKI_CMDLINE] && plan.uses_load_options));
        for (size_t i = 0; i < plan.n_items; i++) {
                pawl_writer w = pawl_writer_of(event, sizeof(event));

                fuzz_touch(plan.items[i].bytes);
                if (pawl_measurement_event(&plan.items[i], &w) == PAWL_OK)
                        fuzz_touch(pawl_written(&w));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_span image = pawl_span_of(data, size);
        unsigned n_profiles;
        static pawl_pe pe;
        pawl_uki uki;
        char text[64];

        if (pawl_pe_read(image, PAWL_PE_FILE, &pe) != PAWL_OK)
                return 0;
        (void)pawl_uki_find_duplicate(&pe);
        if (pawl_uki_count_profiles(&pe, &n_profiles) != PAWL_OK)
                return 0;
        FUZZ_CHECK(pawl_uki_read(&pe, n_profiles, &uki) != PAWL_OK);
        for (unsigned p = 0; p < n_profiles; p++) {
                if (pawl_uki_read(&pe, p, &uki) != PAWL_OK)
                        continue;
                check_plan(&uki, uki.content[PAWL_UKI_CMDLINE], p % 2);
                (void)!pawl_osrel_get(uki.content[PAWL_UKI_OSREL], "ID", text, sizeof(text));
        }
        return 0;
}

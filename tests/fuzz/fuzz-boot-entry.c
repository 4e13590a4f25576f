/* SPDX-License-Identifier: BSD-2-Clause */
/* Input: a line each for two file names, a pattern and a profile's text, then os-release text. */
#include "core/boot-entry.h"
#include "core/version.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text, size_t size)
{
        size_t n = 0;

        for (; n < size && text[n]; n++)
                FUZZ_CHECK(text[n] >= 0x20 && text[n] < 0x7f);
        FUZZ_CHECK(n < size);
}

/* A try more keeps the id, and takes one off LEFT. */
static void check_name(pawl_span name)
{
        char next[PAWL_ENTRY_NAME_MAX], id[PAWL_ENTRY_NAME_MAX], next_id[PAWL_ENTRY_NAME_MAX];
        pawl_entry_name n, m;

        if (pawl_entry_name_parse(name, &n) != PAWL_OK ||
                pawl_entry_name_count_down(&n, next, sizeof(next)) != PAWL_OK)
                return;
        FUZZ_CHECK(pawl_entry_name_parse(pawl_span_str(next), &m) == PAWL_OK);
        FUZZ_CHECK(m.left + 1 == n.left && m.left_digits == n.left_digits);
        FUZZ_CHECK(pawl_entry_name_id(&n, id, sizeof(id)) == PAWL_OK);
        FUZZ_CHECK(pawl_entry_name_id(&m, next_id, sizeof(next_id)) == PAWL_OK);
        FUZZ_CHECK(pawl_span_equal(pawl_span_str(id), pawl_span_str(next_id)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_reader r = pawl_reader_of(pawl_span_of(data, size));
        pawl_span line[4] = { 0 };
        pawl_boot_entry e[3];
        size_t n = 0;

        for (size_t i = 0; i < 4; i++)
                if (pawl_read_line(&r, &line[i]) != PAWL_OK)
                        return 0;
        FUZZ_CHECK(
                pawl_version_compare(line[0], line[1]) == -pawl_version_compare(line[1], line[0]));
        for (unsigned i = 0; i < 3; i++) {
                check_name(line[i % 2]);
                if (pawl_boot_entry_fill(line[i % 2], r.left, line[3], i, &e[n]) != PAWL_OK)
                        continue;
                check_text(e[n].title, sizeof(e[n].title));
                check_text(e[n].version, sizeof(e[n].version));
                n++;
        }
        pawl_boot_entries_sort(e, n);
        n = pawl_boot_entries_drop_twins(e, n);
        for (size_t i = 1; i < n; i++)
                FUZZ_CHECK(pawl_boot_entry_compare(&e[i - 1], &e[i]) <= 0);
        if (n > 0)
                FUZZ_CHECK(pawl_boot_entry_choose(e, n, line[1], line[2], line[2]) < n);
        return 0;
}

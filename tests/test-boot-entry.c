/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/boot-entry.h"
#include "tests/hex.h"

static pawl_entry_name parse(const char *name)
{
        pawl_entry_name n;

        assert_int_equal(pawl_entry_name_parse(pawl_span_str(name), &n), PAWL_OK);
        return n;
}

static void test_counted_names(void **state)
{
        /* name, after one more try (NULL: none left or not counted), id */
        static const char *const rows[][3] = {
                {"foo.efi",              NULL,                  "foo.efi"           },
                { "foo.EFI",             NULL,                  "foo.EFI"           },
                { "foo+3.efi",           "foo+2-1.efi",         "foo.efi"           },
                { "foo+3-0.efi",         "foo+2-1.efi",         "foo.efi"           },
                { "foo+2-1.efi",         "foo+1-2.efi",         "foo.efi"           },
                { "foo+0-3.efi",         NULL,                  "foo.efi"           },
                { "foo+0.efi",           NULL,                  "foo.efi"           },
                { "foo+10-08.efi",       "foo+09-09.efi",       "foo.efi"           },
                { "foo+5-9.efi",         "foo+4-9.efi",         "foo.efi"           },
                { "foo+005-0.efi",       "foo+004-1.efi",       "foo.efi"           },
                { "a+b+1-0.Efi",         "a+b+0-1.Efi",         "a+b.Efi"           },
                { "foo+999999999.efi",   "foo+999999998-1.efi", "foo.efi"           },
                { "foo+1-999999999.efi", "foo+0-999999999.efi", "foo.efi"           },
 /* no counters */
                { "foo+.efi",            NULL,                  "foo+.efi"          },
                { "foo+-1.efi",          NULL,                  "foo+-1.efi"        },
                { "foo+1-.efi",          NULL,                  "foo+1-.efi"        },
                { "foo+1-2-3.efi",       NULL,                  "foo+1-2-3.efi"     },
                { "foo+1x.efi",          NULL,                  "foo+1x.efi"        },
                { "foo+0123456789.efi",  NULL,                  "foo+0123456789.efi"},
                { "+3.efi",              NULL,                  "+3.efi"            },
                { "linux-6.1.0-9.efi",   NULL,                  "linux-6.1.0-9.efi" },
        };
        char text[PAWL_ENTRY_NAME_MAX];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_entry_name n = parse(rows[i][0]);

                assert_int_equal(pawl_entry_name_id(&n, text, sizeof(text)), PAWL_OK);
                assert_string_equal(text, rows[i][2]);
                if (rows[i][1] == NULL) {
                        assert_int_equal(pawl_entry_name_count_down(&n, text, sizeof(text)),
                                PAWL_ERR_REFUSED);
                        continue;
                }
                assert_int_equal(pawl_entry_name_count_down(&n, text, sizeof(text)), PAWL_OK);
                assert_string_equal(text, rows[i][1]);
        }
}

static void test_other_names(void **state)
{
        static const char *const names[] = { "", ".efi", "efi", "foo", "foo.ef", "foo.conf",
                "a/b.efi", "a\\b.efi", "a\nb.efi", "foo.efi.bak" };
        pawl_entry_name n;

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                assert_int_equal(
                        pawl_entry_name_parse(pawl_span_str(names[i]), &n), PAWL_ERR_FORMAT);
}

static void test_name_space(void **state)
{
        pawl_entry_name n = parse("foo+3.efi");
        char text[16] = "unchanged";

        (void)state;
        for (size_t size = 0; size < sizeof("foo+2-1.efi"); size++)
                assert_int_equal(pawl_entry_name_count_down(&n, text, size), PAWL_ERR_NO_SPACE);
        for (size_t size = 0; size < sizeof("foo.efi"); size++)
                assert_int_equal(pawl_entry_name_id(&n, text, size), PAWL_ERR_NO_SPACE);
        assert_string_equal(text, "unchanged");
}

static pawl_boot_entry fill(
        const char *name, const char *osrel, const char *profile_text, unsigned profile)
{
        pawl_boot_entry e;

        assert_int_equal(pawl_boot_entry_fill(pawl_span_str(name), pawl_span_str(osrel),
                                 pawl_span_str(profile_text), profile, &e),
                PAWL_OK);
        return e;
}

static void test_fill(void **state)
{
        pawl_boot_entry e = fill("os+3-1.efi",
                "ID=pawl\nIMAGE_ID=demo\nPRETTY_NAME=\"Pawl \xc3\xa4 \x1b[2J\"\n"
                "VERSION_ID=7\nIMAGE_VERSION=42\n",
                "ID=reset\nTITLE='Factory reset'\n", 2);

        (void)state;
        assert_string_equal(e.file_name, "os+3-1.efi");
        assert_string_equal(e.id, "os.efi@2");
        assert_string_equal(e.title, "Pawl ? ?[2J (Factory reset)");
        assert_string_equal(e.sort_key, "demo");
        assert_string_equal(e.version, "42");
        assert_true(e.is_counted);
        assert_int_equal(e.left, 3);
        assert_int_equal(e.done, 1);

        e = fill("plain.efi", "", "", 0);
        assert_string_equal(e.title, "plain.efi");
        assert_string_equal(e.id, "plain.efi");
        assert_string_equal(e.version, "");
        e = fill("plain.efi", "NAME=x\nVERSION=\"12 (y)\"\nVERSION_ID=12\n", "", 31);
        assert_string_equal(e.title, "x (profile 31)");
        assert_string_equal(e.version, "12 (y)");
}

static void test_fill_limits(void **state)
{
        char name[PAWL_ENTRY_NAME_MAX + 1], osrel[PAWL_ENTRY_TEXT_MAX * 2];
        pawl_boot_entry e;

        (void)state;
        for (size_t i = 0; i < sizeof(name) - 5; i++)
                name[i] = 'a';
        snprintf(name + sizeof(name) - 5, 5, ".efi");
        assert_int_equal(
                pawl_boot_entry_fill(pawl_span_str(name), PAWL_SPAN_NULL, PAWL_SPAN_NULL, 0, &e),
                PAWL_ERR_NO_SPACE);
        e = fill(name + 1, "", "", 0);
        assert_int_equal(pawl_span_str(e.title).len, PAWL_ENTRY_TEXT_MAX - 1);
        assert_int_equal(pawl_boot_entry_fill(
                                 pawl_span_str(name + 1), PAWL_SPAN_NULL, PAWL_SPAN_NULL, 1, &e),
                PAWL_ERR_NO_SPACE);
        snprintf(osrel, sizeof(osrel), "ID=%0*d", PAWL_ENTRY_TEXT_MAX, 7);
        e = fill("a.efi", osrel, "", 0);
        assert_int_equal(pawl_span_str(e.sort_key).len, PAWL_ENTRY_TEXT_MAX - 1);
}

#define OS(version) "ID=os\nIMAGE_VERSION=" version "\n"

/* Sorting any arrangement gives the one order. */
static void test_order(void **state)
{
        const pawl_boot_entry sorted[] = {
                fill("a.efi", "ID=aa\n", "", 0),
                fill("c.efi", OS("10"), "", 0),
                fill("c.efi", OS("10"), "", 1),
                fill("b.efi", OS("10"), "", 0),
                fill("z+1-2.efi", OS("9"), "", 0),
                fill("y.efi", OS("10~rc1"), "", 0),
                fill("no-key-2.efi", "", "", 0),
                fill("no-key-1.efi", "", "", 0),
                fill("d+0-3.efi", OS("11"), "", 0),
        };
        enum { N = sizeof(sorted) / sizeof(sorted[0]) };
        pawl_boot_entry e[N];
        uint32_t seed = 3;

        (void)state;
        /* 10~rc1 is older than 10 but newer than 9 */
        const size_t want[N] = { 0, 1, 2, 3, 5, 4, 6, 7, 8 };
        for (int round = 0; round < 200; round++) {
                for (size_t i = 0; i < N; i++)
                        e[i] = sorted[want[i]];
                for (size_t i = N - 1; i > 0; i--) {
                        seed = seed * 1664525 + 1013904223;
                        size_t j = (seed >> 16) % (i + 1);
                        pawl_boot_entry x = e[i];

                        e[i] = e[j];
                        e[j] = x;
                }
                pawl_boot_entries_sort(e, N);
                for (size_t i = 0; i < N; i++) {
                        assert_string_equal(e[i].file_name, sorted[want[i]].file_name);
                        assert_int_equal(e[i].profile, sorted[want[i]].profile);
                }
        }
}

static void test_twins(void **state)
{
        pawl_boot_entry e[] = {
                fill("a+3-0.efi", "", "", 0), /* dropped: a+2-1 */
                fill("b.efi", "", "", 0), fill("a+2-1.efi", "", "", 0),
                fill("a+2-1.efi", "", "", 1),
                fill("C+1-1.efi", "", "", 0), /* dropped: DONE is lower */
                fill("a+3-0.efi", "", "", 1), /* dropped */
                fill("c+1-2.efi", "", "", 0),
                fill("b+1.efi", "", "", 0), /* counted: b.efi is dropped */
        };
        static const char *const left[] = { "a+2-1.efi", "a+2-1.efi", "c+1-2.efi", "b+1.efi" };
        size_t n = pawl_boot_entries_drop_twins(e, sizeof(e) / sizeof(e[0]));

        (void)state;
        assert_int_equal(n, sizeof(left) / sizeof(left[0]));
        for (size_t i = 0; i < n; i++)
                assert_string_equal(e[i].file_name, left[i]);
        assert_int_equal(pawl_boot_entries_drop_twins(e, n), n);
}

static size_t choose(
        const pawl_boot_entry *e, size_t n, const char *oneshot, const char *var, const char *conf)
{
        return pawl_boot_entry_choose(
                e, n, pawl_span_str(oneshot), pawl_span_str(var), pawl_span_str(conf));
}

static void test_choose(void **state)
{
        const pawl_boot_entry e[] = {
                fill("new.efi", "", "", 1),
                fill("new.efi", "", "", 0),
                fill("old.efi", "", "", 0),
                fill("bad+0-3.efi", "", "", 0),
        };

        (void)state;
        assert_int_equal(choose(e, 4, "", "", ""), 1);
        assert_int_equal(choose(e, 4, "", "", "OLD*"), 2);
        assert_int_equal(choose(e, 4, "", "new.efi", "old*"), 1);
        assert_int_equal(choose(e, 4, "old.EFI", "new.efi", "new*"), 2);
        /* a person's one-shot may name another profile and a bad entry; a default may not */
        assert_int_equal(choose(e, 4, "new.efi@1", "", ""), 0);
        assert_int_equal(choose(e, 4, "bad.efi", "", ""), 3);
        assert_int_equal(choose(e, 4, "", "new.efi@1", ""), 1);
        assert_int_equal(choose(e, 4, "", "bad*", "old*"), 2);
        assert_int_equal(choose(e, 4, "gone.efi", "gone*", "gone?"), 1);
        /* nothing good is left: the first all the same */
        assert_int_equal(choose(e + 3, 1, "", "", ""), 0);
        assert_int_equal(choose(e, 1, "", "", ""), 0);
}

static void test_glob(void **state)
{
        static const struct {
                const char *pattern, *text;
                bool is_match;
        } rows[] = {
                {"",         "",           true },
                { "",        "a",          false},
                { "*",       "",           true },
                { "*",       "abc",        true },
                { "**",      "abc",        true },
                { "a*c",     "abbc",       true },
                { "a*c",     "abcb",       false},
                { "A?C",     "abc",        true },
                { "a?c",     "ac",         false},
                { "*.efi",   "debian.EFI", true },
                { "*b*b*",   "abab",       true },
                { "*b*b*b*", "abab",       false},
                { "[a-c]x",  "Bx",         true },
                { "[a-c]x",  "dx",         false},
                { "[!a-c]x", "dx",         true },
                { "[!a-c]x", "ax",         false},
                { "[]a]",    "]",          true },
                { "[a-]",    "-",          true },
                { "[abc",    "[abc",       true },
                { "a\\*",    "a*",         true },
                { "a\\*",    "ab",         false},
                { "a\\",     "a\\",        true },
                { "*[0-9]*", "os-7.efi",   true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                bool is_match = pawl_glob_match(
                        pawl_span_str(rows[i].pattern), pawl_span_str(rows[i].text));

                if (is_match != rows[i].is_match)
                        print_error("%s on %s\n", rows[i].pattern, rows[i].text);
                assert_int_equal(is_match, rows[i].is_match);
        }
}

/* The pattern that costs a backtracking matcher exponential time, and one that is too long. */
static void test_glob_is_bounded(void **state)
{
        uint8_t pattern[PAWL_GLOB_MAX + 1], text[4096];

        (void)state;
        for (size_t i = 0; i < sizeof(pattern); i++)
                pattern[i] = i % 2 ? 'a' : '*';
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = 'a';
        text[sizeof(text) - 1] = 'b';
        assert_false(pawl_glob_match(
                pawl_span_of(pattern, PAWL_GLOB_MAX), pawl_span_of(text, sizeof(text))));
        assert_true(pawl_glob_match(
                pawl_span_of(pattern, PAWL_GLOB_MAX - 1), pawl_span_of(text, sizeof(text))));
        assert_false(pawl_glob_match(
                pawl_span_of(pattern, sizeof(pattern)), pawl_span_of(text, sizeof(text))));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counted_names),
                cmocka_unit_test(test_other_names),
                cmocka_unit_test(test_name_space),
                cmocka_unit_test(test_fill),
                cmocka_unit_test(test_fill_limits),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_twins),
                cmocka_unit_test(test_choose),
                cmocka_unit_test(test_glob),
                cmocka_unit_test(test_glob_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

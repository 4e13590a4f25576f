/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/smbios.h"

/* A structure with no strings, one with two OEM strings, the end. */
static const char table[] = "\x01\x06\x34\x12"
                            "ab"
                            "\0\0"
                            "\x0b\x05\x02\x00"
                            "\x02"
                            "first\0second one\0\0"
                            "\x7f\x04\xff\xfe\0\0";
#define TABLE PAWL_SPAN_LITERAL(table)
/* where the second structure and the end begin */
#define SECOND 8u
#define END    (sizeof(table) - 1 - 6)

static void test_reads(void **state)
{
        pawl_reader r = pawl_reader_of(TABLE), strings;
        pawl_smbios_structure s;
        pawl_span one;

        (void)state;
        assert_int_equal(pawl_smbios_next(&r, &s), PAWL_OK);
        assert_int_equal(s.type, 1);
        assert_int_equal(s.handle, 0x1234);
        assert_true(pawl_span_equal(s.formatted, PAWL_SPAN_LITERAL("ab")));
        assert_int_equal(s.strings.len, 0);
        strings = pawl_reader_of(s.strings);
        assert_int_equal(pawl_smbios_string_next(&strings, &one), PAWL_ERR_NOT_FOUND);
        assert_int_equal(r.off, SECOND);

        assert_int_equal(pawl_smbios_next(&r, &s), PAWL_OK);
        assert_int_equal(s.type, PAWL_SMBIOS_OEM_STRINGS);
        strings = pawl_reader_of(s.strings);
        assert_int_equal(pawl_smbios_string_next(&strings, &one), PAWL_OK);
        assert_true(pawl_span_equal(one, PAWL_SPAN_LITERAL("first")));
        assert_int_equal(pawl_smbios_string_next(&strings, &one), PAWL_OK);
        assert_true(pawl_span_equal(one, PAWL_SPAN_LITERAL("second one")));
        assert_int_equal(pawl_smbios_string_next(&strings, &one), PAWL_ERR_NOT_FOUND);

        assert_int_equal(pawl_smbios_next(&r, &s), PAWL_ERR_NOT_FOUND);
        assert_int_equal(r.off, END);
}

/* How many structures a table has before it ends or breaks. */
static size_t count(pawl_span t, pawl_err *ret_last)
{
        uint8_t *copy = malloc(t.len > 0 ? t.len : 1); /* exact, so that a sanitizer sees more */
        pawl_smbios_structure s;
        pawl_reader r;
        size_t n = 0;

        assert_non_null(copy);
        pawl_copy(copy, t.data, t.len);
        r = pawl_reader_of(pawl_span_of(copy, t.len));
        while ((*ret_last = pawl_smbios_next(&r, &s)) == PAWL_OK) {
                pawl_reader strings = pawl_reader_of(s.strings);
                pawl_span one;

                n++;
                assert_true(n <= t.len);
                while (pawl_smbios_string_next(&strings, &one) == PAWL_OK)
                        assert_true(one.len <= t.len);
        }
        free(copy);
        return n;
}

static void test_truncated(void **state)
{
        pawl_err last;

        (void)state;
        for (size_t len = 0; len < sizeof(table) - 1; len++) {
                size_t n = count(pawl_span_of(table, len), &last);

                assert_int_equal(n, len < SECOND ? 0 : len < END ? 1 : 2);
                if (len == 0 || len == SECOND || len == END || len >= END + 4)
                        assert_int_equal(last, PAWL_ERR_NOT_FOUND);
                else
                        assert_int_equal(last, PAWL_ERR_TRUNCATED);
        }
}

static void test_flipped(void **state)
{
        char copy[sizeof(table)];
        pawl_err last;

        (void)state;
        for (size_t bit = 0; bit < 8 * (sizeof(table) - 1); bit++) {
                pawl_copy(copy, table, sizeof(table));
                copy[bit / 8] ^= (char)(1 << bit % 8);
                (void)count(pawl_span_of(copy, sizeof(table) - 1), &last);
        }
}

static void test_short_length(void **state)
{
        pawl_err last;

        (void)state;
        assert_int_equal(count(PAWL_SPAN_LITERAL("\x01\x03\0\0\0\0"), &last), 0);
        assert_int_equal(last, PAWL_ERR_FORMAT);
        assert_int_equal(count(PAWL_SPAN_LITERAL("\x01\x04\0\0\0\0"), &last), 1);
        assert_int_equal(last, PAWL_ERR_NOT_FOUND);
}

static void test_failed_read_moves_nothing(void **state)
{
        pawl_reader r = pawl_reader_of(PAWL_SPAN_LITERAL("\x01\x04\0\0x\0"));
        pawl_smbios_structure s;

        (void)state;
        assert_int_equal(pawl_smbios_next(&r, &s), PAWL_ERR_TRUNCATED);
        assert_int_equal(r.off, 0);
        assert_int_equal(r.left.len, 6);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_flipped),
                cmocka_unit_test(test_short_length),
                cmocka_unit_test(test_failed_read_moves_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

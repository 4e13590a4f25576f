/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/boot-option.h"
#include "tests/hex.h"

/* active, "os", a path that is an end node only, two bytes of data */
static const char sample[] = "01000000"
                             "0400"
                             "6f0073000000"
                             "7fff0400"
                             "abcd";

static pawl_span bytes_of(uint8_t buf[static 64])
{
        return pawl_span_of(buf, hex_decode(sample, buf, 64));
}

static void test_reads(void **state)
{
        uint8_t buf[64];
        pawl_boot_option o;

        (void)state;
        assert_int_equal(pawl_boot_option_read(bytes_of(buf), &o), PAWL_OK);
        assert_int_equal(o.attributes, PAWL_BOOT_OPTION_ACTIVE);
        assert_hex(o.description, "6f007300");
        assert_hex(o.path, "7fff0400");
        assert_hex(o.data, "abcd");
}

/* All but the data is needed. */
static void test_truncated(void **state)
{
        uint8_t buf[64];
        pawl_span s = bytes_of(buf);
        pawl_boot_option o;

        (void)state;
        for (size_t n = 0; n <= s.len; n++) {
                uint8_t *copy = exact_copy(pawl_span_of(buf, n));

                assert_int_equal(pawl_boot_option_read(pawl_span_of(copy, n), &o),
                        n < s.len - 2 ? PAWL_ERR_TRUNCATED : PAWL_OK);
                free(copy);
        }
}

static void test_flipped(void **state)
{
        uint8_t buf[64];
        pawl_span s = bytes_of(buf);
        pawl_boot_option o;

        (void)state;
        for (size_t bit = 0; bit < 8 * s.len; bit++) {
                buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
                if (pawl_boot_option_read(s, &o) == PAWL_OK)
                        assert_true(o.description.len + o.path.len + o.data.len + 8 == s.len);
                buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

static void test_names(void **state)
{
        static const struct {
                const char *name;
                bool is_option;
        } rows[] = {
                {"Boot0001",   true },
                { "Boot00AF",  true },
                { "BootFFFF",  true },
                { "Boot00af",  false},
                { "Boot001",   false},
                { "Boot00011", false},
                { "BootOrder", false},
                { "Boot",      false},
                { "",          false},
                { "Boo",       false},
                { "boot0001",  false},
                { "Boot000G",  false}
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(pawl_is_boot_option_name(rows[i].name), rows[i].is_option);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_flipped),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

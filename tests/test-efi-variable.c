/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/efi-variable.h"
#include "tests/hex.h"

/* SecureBoot of EFI_GLOBAL_VARIABLE, one byte 01; as OVMF logs it */
static const char secure_boot[] = "61dfe48bca93d211aa0d00e098032b8c"
                                  "0a000000000000000100000000000000"
                                  "53006500630075007200650042006f006f007400"
                                  "01";

static pawl_span sample(uint8_t buf[static 128])
{
        return pawl_span_of(buf, hex_decode(secure_boot, buf, 128));
}

static void test_read(void **state)
{
        uint8_t buf[128];
        char text[PAWL_GUID_TEXT_SIZE];
        pawl_efi_variable v;

        (void)state;
        assert_int_equal(pawl_efi_variable_read(sample(buf), &v), PAWL_OK);
        assert_true(pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_global));
        assert_false(pawl_efi_variable_is(&v, "SecureBoo", pawl_guid_global));
        assert_false(pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_image_security));
        assert_int_equal(v.data.len, 1);
        assert_int_equal(v.data.data[0], 1);
        assert_int_equal(v.n_trailing, 0);
        pawl_guid_text(v.guid.data, text);
        assert_string_equal(text, "8be4df61-93ca-11d2-aa0d-00e098032b8c");
        pawl_guid_text(pawl_guid_image_security, text);
        assert_string_equal(text, "d719b2cb-3d3a-4596-a3bc-dad00e67656f");
}

static void test_truncations(void **state)
{
        uint8_t buf[128];
        pawl_span s = sample(buf);

        (void)state;
        for (size_t n = 0; n <= s.len + 1; n++) {
                uint8_t *copy = exact_copy(pawl_span_of(buf, n));
                pawl_efi_variable v;

                assert_int_equal(pawl_efi_variable_read(pawl_span_of(copy, n), &v),
                        n < s.len ? PAWL_ERR_TRUNCATED : PAWL_OK);
                if (n > s.len)
                        assert_int_equal(v.n_trailing, 1);
                free(copy);
        }
}

static void test_bit_flips(void **state)
{
        uint8_t buf[128];
        pawl_span s = sample(buf);

        (void)state;
        for (size_t i = 0; i < 8 * s.len; i++) {
                uint8_t *copy = exact_copy(s);
                pawl_efi_variable v;

                copy[i / 8] ^= (uint8_t)(1u << i % 8);
                /* lengths, name, vendor: whatever was flipped, it is not this variable = 1 */
                if (pawl_efi_variable_read(pawl_span_of(copy, s.len), &v) == PAWL_OK)
                        assert_false(pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_global) &&
                                     v.data.len == 1 && v.data.data[0] == 1);
                free(copy);
        }
}

static void test_limits(void **state)
{
        static const size_t head = 32;
        size_t size = head + 2 * (size_t)(PAWL_VARIABLE_NAME_MAX + 1);
        uint8_t *buf = calloc(1, size);

        (void)state;
        assert_non_null(buf);
        for (unsigned over = 0; over < 2; over++) {
                pawl_writer w = pawl_writer_of(buf + PAWL_GUID_SIZE, 8);
                pawl_efi_variable v;

                assert_int_equal(pawl_write_le64(&w, PAWL_VARIABLE_NAME_MAX + over), PAWL_OK);
                assert_int_equal(pawl_efi_variable_read(pawl_span_of(buf, size), &v),
                        over ? PAWL_ERR_LIMIT : PAWL_OK);
        }
        free(buf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),
                cmocka_unit_test(test_truncations),
                cmocka_unit_test(test_bit_flips),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

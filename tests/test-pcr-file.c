/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/log/pcr-file.h"

#define ZERO40 "0000000000000000000000000000000000000000"

static const char yaml[] = "  sha1:\n    0 : 0x" ZERO40
                           "\n    23: 0xABCDEF0000000000000000000000000000000001"
                           "\n  sm3_256:\n    0 : 0x00\n  sha384:\n";
static const char json[] = "{\"sha1\": {\"0\": \"" ZERO40
                           "\", \"23\": \"abcdef0000000000000000000000000000000001\"}, \"sm3\": 1}";

static pawl_err parse(const char *text)
{
        pawl_pcr_values v;
        pawl_diag d = { 0 };
        pawl_err err = pawl_pcr_values_parse(pawl_span_str(text), &v, &d);

        assert_true(err == PAWL_OK || d.text[0] != '\0');
        return err;
}

static void assert_values(const char *text)
{
        pawl_pcr_values v;
        pawl_diag d = { 0 };

        assert_int_equal(pawl_pcr_values_parse(pawl_span_str(text), &v, &d), PAWL_OK);
        assert_int_equal(v.banks, 1u << PAWL_ALG_SHA1);
        assert_int_equal(v.sets[PAWL_ALG_SHA1].bank, PAWL_ALG_SHA1);
        assert_int_equal(v.sets[PAWL_ALG_SHA1].mask, 1u << 0 | 1u << 23);
        assert_hex(pawl_digest_span(&v.sets[PAWL_ALG_SHA1].values[23]),
                "abcdef0000000000000000000000000000000001");
}

static void test_both_forms(void **state)
{
        (void)state;
        assert_values(yaml);
        assert_values(json);
}

static void test_refused(void **state)
{
        static const char *const bad[] = { "", "\n", "{}", "{", "sha1:\n", "0 : 0x" ZERO40 "\n",
                "sha1:\n 0 : " ZERO40 "\n", "sha1:\n 24 : 0x" ZERO40 "\n",
                "sha1:\n -1 : 0x" ZERO40 "\n", "sha1:\n x : 0x" ZERO40 "\n",
                "sha1:\n 0 : 0x" ZERO40 "0\n", "sha1:\n 0 : 0x" ZERO40 "00\n",
                "sha1:\n 0 : 0xg" ZERO40 "\n", "sha1\n", "{\"sha1\": []}", "{\"sha1\": {\"0\": 1}}",
                "{\"sha1\": {\"24\": \"" ZERO40 "\"}}", "{\"sha1\": {\"0\": \"00\"}}" };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                if (parse(bad[i]) == PAWL_OK)
                        fail_msg("not refused: %s", bad[i]);
        assert_int_equal(
                parse("sha1:\n 0 : 0x" ZERO40 "\n 0 : 0x" ZERO40 "\n"), PAWL_ERR_DUPLICATE);
}

static void test_truncations_and_flips(void **state)
{
        const pawl_span s = PAWL_SPAN_LITERAL(yaml);

        (void)state;
        for (size_t i = 0; i < 8 * s.len; i++) {
                uint8_t *copy = exact_copy(s);
                pawl_pcr_values v;
                pawl_diag d = { 0 };

                (void)!pawl_pcr_values_parse(pawl_span_of(copy, i / 8), &v, &d);
                copy[i / 8] ^= (uint8_t)(1u << i % 8);
                (void)!pawl_pcr_values_parse(pawl_span_of(copy, s.len), &v, &d);
                free(copy);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_forms),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_truncations_and_flips),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

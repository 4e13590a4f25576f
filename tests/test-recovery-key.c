/* SPDX-License-Identifier: BSD-2-Clause */
/* Recovery keys: their shape, what is forgiven in typing, and the QR code's size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/token/recovery-key.h"

static const char sample[] =
        "cbdefghi-jklnrtuv-cccccccc-vvvvvvvv-uuuuuuuu-tttttttt-rrrrrrrr-nlkjihgf";

static void assert_canonical(const char *typed)
{
        pawl_autosecret pawl_secret s = { 0 };

        assert_int_equal(pawl_recovery_key_normalize(pawl_span_str(typed), &s), PAWL_OK);
        assert_string_equal((const char *)s.data, sample);
}

static void test_normalize(void **state)
{
        static const char *const bad[] = { "", "-", "cbdefghi",
                "cbdefghi-jklnrtuv-cccccccc-vvvvvvvv-uuuuuuuu-tttttttt-rrrrrrrr-nlkjihg",
                "cbdefghi-jklnrtuv-cccccccc-vvvvvvvv-uuuuuuuu-tttttttt-rrrrrrrr-nlkjihgff",
                "cbdefghi-jklnrtuv-cccccccc-vvvvvvvv-uuuuuuuu-tttttttt-rrrrrrrr-nlkjihga",
                "cbdefghi_jklnrtuv_cccccccc_vvvvvvvv_uuuuuuuu_tttttttt_rrrrrrrr_nlkjihgf" };
        pawl_secret s;

        (void)state;
        assert_canonical(sample);
        assert_canonical("cbdefghijklnrtuvccccccccvvvvvvvvuuuuuuuuttttttttrrrrrrrrnlkjihgf\n");
        assert_canonical("CBDEFGHI JKLNRTUV cccccccc vvvvvvvv-uuuuuuuuttttttttrrrrrrrrNLKJIHGF");
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(
                        pawl_recovery_key_normalize(pawl_span_str(bad[i]), &s), PAWL_ERR_FORMAT);
}

static void test_make(void **state)
{
        pawl_autosecret pawl_secret a = { 0 }, b = { 0 }, again = { 0 };
        unsigned seen = 0;

        (void)state;
        assert_int_equal(pawl_recovery_key_make(&a), PAWL_OK);
        assert_int_equal(pawl_recovery_key_make(&b), PAWL_OK);
        assert_int_equal(a.len, PAWL_RECOVERY_KEY_LEN);
        assert_string_not_equal((const char *)a.data, (const char *)b.data);
        assert_int_equal(pawl_recovery_key_normalize(pawl_secret_span(&a), &again), PAWL_OK);
        assert_string_equal((const char *)a.data, (const char *)again.data);
        for (int n = 0; n < 40; n++) { /* each digit occurs: 2560 draws of 16 */
                pawl_autosecret pawl_secret c = { 0 };

                assert_int_equal(pawl_recovery_key_make(&c), PAWL_OK);
                for (size_t i = 0; i < c.len; i++)
                        if (c.data[i] != '-')
                                seen |= 1u << (strchr("cbdefghijklnrtuv", c.data[i]) -
                                                "cbdefghijklnrtuv");
        }
        assert_int_equal(seen, 0xffff);
}

static void test_qr(void **state)
{
        char text[16384] = { 0 };
        FILE *f = fmemopen(text, sizeof(text) - 1, "w");
        pawl_err err = pawl_qr_print(pawl_span_str(sample), PAWL_QR_ASCII, f);
        size_t width, lines = 0;

        (void)state;
        (void)fclose(f);
        if (!pawl_qr_is_built_in()) {
                assert_int_equal(err, PAWL_ERR_UNSUPPORTED);
                return;
        }
        assert_int_equal(err, PAWL_OK);
        width = strcspn(text, "\n");
        for (const char *p = text; *p; p += width + 1, lines++)
                assert_int_equal(strcspn(p, "\n"), width);
        assert_int_equal(width, 2 * lines); /* a square of two characters a dot */
        /* the finder pattern's first row, inside the quiet border: seven dark dots, one light */
        assert_memory_equal(text + 2 * (width + 1) + 4, "              ##", 16);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_normalize),
                cmocka_unit_test(test_make),
                cmocka_unit_test(test_qr),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/init/cmdline.h"

static void check(const char *line, const char *key, pawl_err err, const char *value)
{
        char got[32] = "untouched";

        assert_int_equal(pawl_cmdline_get(pawl_span_str(line), key, got, sizeof(got)), err);
        assert_string_equal(got, err == PAWL_OK ? value : "untouched");
}

static void test_words(void **state)
{
        (void)state;
        check("quiet init=/bin/x ro", "init", PAWL_OK, "/bin/x");
        check("init=/bin/x\n", "init", PAWL_OK, "/bin/x");
        check("rdinit=/a", "init", PAWL_ERR_NOT_FOUND, NULL);
        check("init", "init", PAWL_ERR_NOT_FOUND, NULL);
        check("", "init", PAWL_ERR_NOT_FOUND, NULL);
        check("init=", "init", PAWL_OK, "");
        check("a=1 a=1", "a", PAWL_OK, "1");
        check("a=1 a=2", "a", PAWL_ERR_DUPLICATE, NULL);
        check("-- init=/evil", "init", PAWL_ERR_NOT_FOUND, NULL);
        check("a=12345678901234567890123456789012", "a", PAWL_ERR_NO_SPACE, NULL);
}

static void test_quotes(void **state)
{
        (void)state;
        check("x=\"a init=/b\" y", "init", PAWL_ERR_NOT_FOUND, NULL);
        check("x=\"a b\" y", "x", PAWL_OK, "a b");
        check("\"x=a b\" y", "x", PAWL_OK, "a b");
        check("x=\"a b", "x", PAWL_OK, "a b");
        check("x=a\"b c\"d", "x", PAWL_OK, "ab cd");
}

static void test_roothash(void **state)
{
        static const char hex[] =
                "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";
        pawl_roothash h = { .len = 7 };
        char odd[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeg0", huge[131];

        (void)state;
        assert_int_equal(pawl_roothash_parse(hex, &h), PAWL_OK);
        assert_int_equal(h.len, 32);
        assert_string_equal(h.data_uuid, "00112233-4455-6677-8899-aabbccddeeff");
        assert_string_equal(h.hash_uuid, "ffeeddcc-bbaa-9988-7766-554433221100");
        h.len = 7;
        assert_int_equal(pawl_roothash_parse(odd, &h), PAWL_ERR_FORMAT);
        odd[63] = '\0';
        assert_int_equal(pawl_roothash_parse(odd, &h), PAWL_ERR_FORMAT);
        assert_int_equal(pawl_roothash_parse("", &h), PAWL_ERR_FORMAT);
        for (size_t i = 0; i < 130; i++)
                huge[i] = '0';
        huge[130] = '\0';
        assert_int_equal(pawl_roothash_parse(huge, &h), PAWL_ERR_LIMIT);
        huge[128] = '\0';
        assert_int_equal(pawl_roothash_parse(huge, &h), PAWL_OK);
        assert_int_equal(h.len, 64);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_quotes),
                cmocka_unit_test(test_roothash),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

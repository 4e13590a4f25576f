/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/loader-conf.h"
#include "tests/hex.h"

static pawl_err read_text(const char *text, pawl_loader_conf *ret, pawl_conf_diag *diag)
{
        return pawl_loader_conf_read(pawl_span_str(text), ret, diag);
}

static void test_good(void **state)
{
        pawl_loader_conf c;

        (void)state;
        assert_int_equal(read_text("# a comment\n\n"
                                   "timeout\t5\r\n"
                                   "  default  pawl-*  \n"
                                   "console-mode max\n"
                                   "editor no",
                                 &c, NULL),
                PAWL_OK);
        assert_int_equal(c.timeout, 5);
        assert_false(c.editor);
        assert_true(pawl_span_equal(c.default_pattern, PAWL_SPAN_LITERAL("pawl-*")));

        assert_int_equal(read_text("", &c, NULL), PAWL_OK);
        assert_int_equal(c.timeout, PAWL_TIMEOUT_MENU_HIDDEN);
        assert_true(c.editor);
        assert_int_equal(c.default_pattern.len, 0);

        assert_int_equal(
                read_text("timeout 3\ntimeout menu-force\ndefault \"a b\"\n", &c, NULL), PAWL_OK);
        assert_int_equal(c.timeout, PAWL_TIMEOUT_MENU_FORCE);
        assert_true(pawl_span_equal(c.default_pattern, PAWL_SPAN_LITERAL("a b")));
}

/* A bad line changes nothing, the others count, and the first bad one is named. */
static void test_bad(void **state)
{
        static const char *const lines[] = { "timeout", "timeout -1", "timeout 3601",
                "timeout 99999999999999999999", "timeout 5s", "timeout menu", "editor",
                "editor maybe", "editor YES", "default",
                ("default a\x01"
                 "b") };
        char text[256];
        pawl_conf_diag diag;
        pawl_loader_conf c;

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                snprintf(text, sizeof(text), "timeout 7\neditor off\ndefault x\n%s\neditor ?\n#\n",
                        lines[i]);
                assert_int_equal(read_text(text, &c, &diag), PAWL_ERR_FORMAT);
                assert_int_equal(diag.line, 4);
                assert_non_null(diag.what);
                assert_int_equal(c.timeout, 7);
                assert_false(c.editor);
                assert_true(pawl_span_equal(c.default_pattern, PAWL_SPAN_LITERAL("x")));
        }
}

static void test_limits(void **state)
{
        uint8_t *text = malloc(PAWL_LOADER_CONF_SIZE_MAX + 1);
        pawl_conf_diag diag;
        pawl_loader_conf c;

        (void)state;
        for (size_t i = 0; i <= PAWL_LOADER_CONF_SIZE_MAX; i++)
                text[i] = '\n';
        text[0] = 'x';
        assert_int_equal(
                pawl_loader_conf_read(pawl_span_of(text, PAWL_LOADER_CONF_SIZE_MAX), &c, &diag),
                PAWL_OK);
        assert_int_equal(
                pawl_loader_conf_read(pawl_span_of(text, PAWL_LOADER_CONF_SIZE_MAX + 1), &c, &diag),
                PAWL_ERR_LIMIT);
        assert_int_equal(diag.line, 0);
        assert_int_equal(c.timeout, PAWL_TIMEOUT_MENU_HIDDEN);
        free(text);
}

/* Whatever is cut off or flipped: an answer, and values that are in range. */
static void test_mutations(void **state)
{
        static const char text[] = "default abc*\ntimeout 30\neditor 1\n";
        pawl_loader_conf c;

        (void)state;
        for (size_t len = 0; len < sizeof(text); len++)
                for (size_t bit = 0; bit < 8 * len; bit++) {
                        uint8_t *copy = exact_copy(pawl_span_of(text, len));
                        pawl_err err;

                        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        err = pawl_loader_conf_read(
                                pawl_span_of(copy, len), &c, /* reterr_diag= */ NULL);
                        assert_true(err == PAWL_OK || err == PAWL_ERR_FORMAT);
                        assert_true(c.timeout <= PAWL_TIMEOUT_MAX);
                        free(copy);
                }
}

static void test_timeout(void **state)
{
        uint32_t t = 77;

        (void)state;
        assert_int_equal(pawl_loader_timeout_parse(PAWL_SPAN_LITERAL("3600"), &t), PAWL_OK);
        assert_int_equal(t, PAWL_TIMEOUT_MAX);
        assert_int_equal(pawl_loader_timeout_parse(PAWL_SPAN_LITERAL("3601"), &t), PAWL_ERR_LIMIT);
        assert_int_equal(
                pawl_loader_timeout_parse(PAWL_SPAN_LITERAL("4294967298"), &t), PAWL_ERR_LIMIT);
        assert_int_equal(pawl_loader_timeout_parse(PAWL_SPAN_NULL, &t), PAWL_ERR_FORMAT);
        assert_int_equal(t, PAWL_TIMEOUT_MAX);
        assert_int_equal(
                pawl_loader_timeout_parse(PAWL_SPAN_LITERAL("menu-disabled"), &t), PAWL_OK);
        assert_int_equal(t, PAWL_TIMEOUT_MENU_DISABLED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_mutations),
                cmocka_unit_test(test_timeout),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

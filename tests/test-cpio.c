/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/cpio.h"
#include "tests/hex.h"

static void add_samples(pawl_cpio *c)
{
        assert_int_equal(pawl_cpio_add(c, "d", 0040755, 0, 0, PAWL_SPAN_NULL), PAWL_OK);
        assert_int_equal(
                pawl_cpio_add(c, "d/f", 0100644, 0, 0, PAWL_SPAN_LITERAL("hello")), PAWL_OK);
        assert_int_equal(pawl_cpio_add(c, "d/c", 0020600, 5, 1, PAWL_SPAN_NULL), PAWL_OK);
}

static void test_bytes(void **state)
{
        uint8_t buf[1024];
        pawl_cpio c;
        static const char want[] =
                "070701"
                "00000001000041ed00000000000000000000000100000000"
                "000000000000000000000000000000000000000000000002"
                "00000000"
                "d\0"
                "070701"
                "00000002000081a400000000000000000000000100000000"
                "000000050000000000000000000000000000000000000004"
                "00000000"
                "d/f\0\0\0"
                "hello\0\0\0"
                "070701"
                "00000003000021800000000000000000"
                "0000000100000000000000000000000000000000000000050000000100000004"
                "00000000"
                "d/c\0\0\0"
                /* as it stands in systemd's stub */
                "0707010000000000000000000000000000000000000001"
                "0000000000000000000000000000000000000000000000000000000B00000000"
                "TRAILER!!!\0\0\0\0";

        (void)state;
        pawl_cpio_start(&c, buf, sizeof(buf));
        add_samples(&c);
        assert_int_equal(pawl_cpio_end(&c), PAWL_OK);
        assert_int_equal(c.w.len, sizeof(want) - 1);
        assert_memory_equal(buf, want, sizeof(want) - 1);
}

/* The size foretold is the size written, for each remainder by 4 of name and content. */
static void test_sizes(void **state)
{
        static const char content[16] = "0123456789abcde";
        char name[16] = "";

        (void)state;
        for (size_t n = 1; n < 10; n++) {
                name[n - 1] = 'x';
                for (size_t m = 0; m < 10; m++) {
                        uint8_t buf[256];
                        pawl_cpio c;

                        pawl_cpio_start(&c, buf, pawl_cpio_entry_size(n, m));
                        assert_int_equal(
                                pawl_cpio_add(&c, name, 0100644, 0, 0, pawl_span_of(content, m)),
                                PAWL_OK);
                        assert_int_equal(c.w.len, pawl_cpio_entry_size(n, m));
                        assert_int_equal(c.w.len % 4, 0);
                }
        }
}

static void test_no_space(void **state)
{
        pawl_span content = PAWL_SPAN_LITERAL("hello");
        size_t need = pawl_cpio_entry_size(4, content.len);

        (void)state;
        for (size_t size = 0; size <= need; size++) {
                uint8_t *buf = malloc(size > 0 ? size : 1);
                pawl_cpio c;
                pawl_err want = size < need ? PAWL_ERR_NO_SPACE : PAWL_OK;

                assert_non_null(buf);
                pawl_cpio_start(&c, buf, size);
                assert_int_equal(pawl_cpio_add(&c, "file", 0100644, 0, 0, content), want);
                assert_int_equal(c.w.len, want == PAWL_OK ? need : 0);
                assert_int_equal(c.next_ino, want == PAWL_OK ? 2 : 1);
                assert_int_equal(pawl_cpio_end(&c),
                        size - c.w.len >= PAWL_CPIO_END_SIZE ? PAWL_OK : PAWL_ERR_NO_SPACE);
                free(buf);
        }
}

static void test_refused_names(void **state)
{
        static uint8_t buf[8192];
        static char name[PAWL_CPIO_NAME_MAX + 2];
        pawl_cpio c;

        (void)state;
        pawl_cpio_start(&c, buf, sizeof(buf));
        assert_int_equal(pawl_cpio_add(&c, "", 0100644, 0, 0, PAWL_SPAN_NULL), PAWL_ERR_FORMAT);
        assert_int_equal(pawl_cpio_add(&c, "/a", 0100644, 0, 0, PAWL_SPAN_NULL), PAWL_ERR_FORMAT);
        assert_int_equal(
                pawl_cpio_add(&c, "TRAILER!!!", 0100644, 0, 0, PAWL_SPAN_NULL), PAWL_ERR_FORMAT);
        for (size_t i = 0; i < PAWL_CPIO_NAME_MAX + 1; i++)
                name[i] = 'n';
        assert_int_equal(pawl_cpio_add(&c, name, 0100644, 0, 0, PAWL_SPAN_NULL), PAWL_ERR_LIMIT);
        assert_int_equal(c.w.len, 0);
        name[PAWL_CPIO_NAME_MAX] = '\0';
        assert_int_equal(pawl_cpio_add(&c, name, 0100644, 0, 0, PAWL_SPAN_NULL), PAWL_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bytes),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_no_space),
                cmocka_unit_test(test_refused_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

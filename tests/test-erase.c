/* SPDX-License-Identifier: BSD-2-Clause */
/* Erasing on a file: exactly the bytes that are meant, read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/host/file.h"
#include "userspace/reset/erase.h"

#define SIZE (3u << 20)

static char path[] = "/tmp/test-erase-XXXXXX";

static int make_file(void **state)
{
        pawl_buffer b = { 0 };
        int fd = mkstemp(path);

        (void)state;
        if (fd < 0 || pawl_buffer_new(SIZE, &b) != PAWL_OK)
                return -1;
        for (size_t i = 0; i < SIZE; i++)
                b.data[i] = 0xa5;
        if (pawl_fd_write_all(fd, pawl_buffer_span(&b)) != PAWL_OK)
                return -1;
        pawl_buffer_done(&b);
        return close(fd);
}

static int remove_file(void **state)
{
        (void)state;
        return unlink(path);
}

/* How many bytes are zero, and that all of them stand in [start, start + size). */
static size_t count_zeros(size_t start, size_t size)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        size_t n = 0;

        assert_int_equal(pawl_file_read(path, SIZE, &b, NULL), PAWL_OK);
        for (size_t i = 0; i < b.len; i++)
                if (b.data[i] == 0) {
                        n++;
                        assert_in_range(i, start, start + size - 1);
                }
        return n;
}

static void note(void *ctx, unsigned percent)
{
        unsigned *last = ctx;

        assert_true(percent > *last);
        *last = percent;
}

static void test_part(void **state)
{
        unsigned last = 0;
        pawl_erased e;

        (void)state;
        assert_int_equal(
                pawl_erase_overwrite(path, 4096, 2u << 20, note, &last, &e, NULL), PAWL_OK);
        assert_true(e.is_gone);
        assert_int_equal(e.size, 2u << 20);
        assert_int_equal(e.how, PAWL_ERASED_OVERWRITTEN);
        assert_int_equal(last, 100);
        assert_int_equal(count_zeros(4096, 2u << 20), 2u << 20);
}

static void test_all(void **state)
{
        pawl_erased e;

        (void)state;
        assert_int_equal(pawl_erase_all(path, NULL, NULL, &e, NULL), PAWL_OK);
        assert_true(e.is_gone);
        assert_int_equal(e.size, SIZE);
        assert_int_equal(count_zeros(0, SIZE), SIZE);
}

static void test_nothing(void **state)
{
        pawl_diag d = { 0 };
        pawl_erased e;

        (void)state;
        assert_int_equal(pawl_erase_overwrite(path, 0, 0, NULL, NULL, &e, &d), PAWL_OK);
        assert_int_equal(pawl_erase_all("/no/such/device", NULL, NULL, &e, &d), PAWL_ERR_NOT_FOUND);
        assert_int_not_equal(d.text[0], '\0');
        /* a device that ends earlier than it says */
        assert_int_not_equal(
                pawl_erase_overwrite("/dev/full", 0, 4096, NULL, NULL, &e, &d), PAWL_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_part, make_file, NULL),
                cmocka_unit_test(test_all),
                cmocka_unit_test_teardown(test_nothing, remove_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

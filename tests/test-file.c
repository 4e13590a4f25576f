/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading in folders of somebody else, and what a child process gets of a secret. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/host/file.h"

static pawl_err read_name(int dir, const char *name)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_err err = pawl_file_read_beneath(dir, name, 4, &b, NULL);

        if (err == PAWL_OK)
                assert_string_equal((const char *)b.data, "text");
        return err;
}

static void remove_all(int dir)
{
        static const char *const names[] = { "sub/file", "sub/long", "sub/pipe", "sub/link",
                "link" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                assert_int_equal(unlinkat(dir, names[i], 0), 0);
        assert_int_equal(unlinkat(dir, "sub", AT_REMOVEDIR), 0);
}

static void test_beneath(void **state)
{
        char folder[] = "/tmp/pawl-test-file-XXXXXX";
        int dir;

        (void)state;
        assert_non_null(mkdtemp(folder));
        dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(mkdirat(dir, "sub", 0700), 0);
        assert_int_equal(chdir(folder), 0);
        assert_int_equal(pawl_file_write("sub/file", pawl_span_str("text"), 0600, NULL), PAWL_OK);
        assert_int_equal(pawl_file_write("sub/long", pawl_span_str("text5"), 0600, NULL), PAWL_OK);
        assert_int_equal(symlinkat("file", dir, "sub/link"), 0);
        assert_int_equal(symlinkat("sub", dir, "link"), 0);
        assert_int_equal(mkfifoat(dir, "sub/pipe", 0600), 0);
        assert_int_equal(read_name(dir, "sub/file"), PAWL_OK);
        assert_int_equal(read_name(dir, "sub/none"), PAWL_ERR_NOT_FOUND);
        assert_int_equal(read_name(dir, "sub/long"), PAWL_ERR_LIMIT);
        assert_int_equal(read_name(dir, "sub/pipe"), PAWL_ERR_FORMAT);
        assert_int_equal(read_name(dir, "sub"), PAWL_ERR_FORMAT);
        assert_int_not_equal(read_name(dir, "sub/link"), PAWL_OK);
        assert_int_not_equal(read_name(dir, "link/file"), PAWL_OK);
        assert_int_not_equal(read_name(dir, "../etc/passwd"), PAWL_OK);
        assert_int_not_equal(read_name(dir, "/dev/null"), PAWL_OK);
        remove_all(dir);
        (void)close(dir);
        assert_int_equal(chdir("/"), 0);
        assert_int_equal(rmdir(folder), 0);
}

static void test_child_has_no_secret(void **state)
{
        pawl_autosecret pawl_secret s = { 0 };
        int status;
        pid_t pid;

        (void)state;
        assert_int_equal(pawl_secret_dup(PAWL_SPAN_LITERAL("secret"), &s), PAWL_OK);
        pid = fork();
        if (pid == 0)
                _exit(s.data[0] == 0 && s.data[5] == 0 ? 0 : 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_int_equal(s.data[0], 's');
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_beneath),
                cmocka_unit_test(test_child_has_no_secret),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Secrets typed at a pseudo-terminal, and taken from the environment. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/host/prompt.h"

/* What pawl_prompt_fd gives for `typed`, which is sent once the question stands on the screen. */
static pawl_err type(const char *typed, char *ret, char *ret_screen)
{
        int main_fd, fd, report[2], status;
        size_t n = 0, len = 0;
        pid_t pid;

        assert_int_equal(openpty(&main_fd, &fd, NULL, NULL, NULL), 0);
        assert_int_equal(pipe(report), 0);
        pid = fork();
        if (pid == 0) {
                pawl_secret s = { 0 };
                pawl_err err = pawl_prompt_fd(fd, "PIN:", 5000, &s, NULL);

                if (write(report[1], s.data ? s.data : (const uint8_t *)"", s.len) < 0)
                        _exit(99);
                _exit((int)err);
        }
        (void)close(report[1]);
        while (len == 0 || !strchr(ret_screen, ':')) {
                ssize_t k = read(main_fd, ret_screen + len, 100);

                assert_true(k > 0);
                len += (size_t)k;
                ret_screen[len] = '\0';
        }
        assert_int_equal(write(main_fd, typed, strlen(typed)), strlen(typed));
        for (ssize_t k; (k = read(report[0], ret + n, 100)) > 0;)
                n += (size_t)k;
        ret[n] = '\0';
        assert_int_equal(waitpid(pid, &status, 0), pid);
        (void)close(fd);
        for (ssize_t k; (k = read(main_fd, ret_screen + len, 100)) > 0;)
                len += (size_t)k;
        ret_screen[len] = '\0';
        (void)close(main_fd);
        (void)close(report[0]);
        return (pawl_err)WEXITSTATUS(status);
}

static void test_type(void **state)
{
        char text[512], screen[4096];

        (void)state;
        assert_int_equal(type("secret\r", text, screen), PAWL_OK);
        assert_string_equal(text, "secret");
        assert_null(strstr(screen, "secret"));
        assert_int_equal(type("wrong\025g\303\244\177ood\n", text, screen), PAWL_OK);
        assert_string_equal(text, "good");
        assert_int_equal(type("\n", text, screen), PAWL_OK);
        assert_string_equal(text, "");
        assert_int_equal(type("abc\003", text, screen), PAWL_ERR_CANCELLED);
        assert_string_equal(text, "");
}

static void test_environment(void **state)
{
        pawl_autosecret pawl_secret s = { 0 };

        (void)state;
        assert_int_equal(setenv("PAWL_TEST_PIN", "1234", 1), 0);
        assert_int_equal(pawl_secret_obtain(NULL, "PAWL_TEST_PIN", "PIN?", &s, NULL), PAWL_OK);
        assert_string_equal((const char *)s.data, "1234");
        assert_null(getenv("PAWL_TEST_PIN"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_type),
                cmocka_unit_test(test_environment),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt on pseudo-terminals: what a person types on one of two consoles, and how the time of
 * the steps is told. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/init/console.h"
#include "userspace/init/timeline.h"

static int persons[2];
static pawl_consoles consoles;

static int set_up(void **state)
{
        (void)state;
        consoles = (pawl_consoles){ .n = 2 };
        for (size_t i = 0; i < 2; i++) {
                persons[i] = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
                assert_true(
                        persons[i] >= 0 && grantpt(persons[i]) == 0 && unlockpt(persons[i]) == 0);
                consoles.items[i].fd = open(
                        ptsname(persons[i]), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
                assert_true(consoles.items[i].fd >= 0);
                (void)snprintf(
                        consoles.items[i].name, sizeof(consoles.items[i].name), "ttyS%zu", i);
        }
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        pawl_consoles_close(&consoles);
        (void)close(persons[0]);
        (void)close(persons[1]);
        return 0;
}

/* A child that types once it has seen the question; what was typed before is dropped. */
static pid_t person(size_t n, const char *keys)
{
        pid_t pid = fork();
        char seen[256];
        size_t len = 0;

        if (pid != 0)
                return pid;
        while (len == 0 || seen[len - 1] != '?') {
                ssize_t k = read(persons[n], seen + len, sizeof(seen) - len);

                len += k > 0 ? (size_t)k : 0;
        }
        if (write(persons[n], keys, strlen(keys)) < 0)
                _exit(1);
        _exit(0);
}

static void check(size_t n, const char *keys, const char *wanted)
{
        pawl_autosecret pawl_secret line = { 0 };
        pid_t pid = person(n, keys);

        assert_true(pid > 0);
        assert_int_equal(pawl_consoles_ask(&consoles, "key?", 20, &line), PAWL_OK);
        assert_int_equal(line.len, strlen(wanted));
        assert_string_equal((const char *)line.data, wanted);
}

static void test_typing(void **state)
{
        (void)state;
        check(0, "secret\r", "secret");
        check(1, "other\n", "other");
        check(0, "\r", "");
        check(0, "abx\x7f\bc\r", "ac");
        check(0, "wrong\x15right\r", "right");
        check(1,
                "a\x03\x04\x1a"
                "b\r",
                "ab"); /* Ctrl-C, Ctrl-D and Ctrl-Z do nothing */
}

static void test_long_line_is_cut(void **state)
{
        char keys[PAWL_TYPED_MAX + 100];
        pawl_autosecret pawl_secret line = { 0 };

        (void)state;
        for (size_t i = 0; i < sizeof(keys); i++)
                keys[i] = 'x';
        keys[sizeof(keys) - 2] = '\r';
        keys[sizeof(keys) - 1] = '\0';
        assert_true(person(0, keys) > 0);
        assert_int_equal(pawl_consoles_ask(&consoles, "key?", 20, &line), PAWL_OK);
        assert_int_equal(line.len, PAWL_TYPED_MAX);
}

static void test_timeout(void **state)
{
        pawl_autosecret pawl_secret line = { 0 };

        (void)state;
        assert_int_equal(pawl_consoles_ask(&consoles, "key?", 1, &line), PAWL_ERR_TIMEOUT);
        assert_int_equal(line.len, 0);
}

static void test_nothing_secret_is_echoed(void **state)
{
        char seen[1024];
        ssize_t n;

        (void)state;
        check(1, "hidden\r", "hidden");
        n = read(persons[1], seen, sizeof(seen) - 1);
        seen[n > 0 ? n : 0] = '\0';
        assert_null(strstr(seen, "hidden"));
}

static void test_show_by_name(void **state)
{
        char seen[64];

        (void)state;
        assert_int_equal(pawl_consoles_show(&consoles, "ttyS1 tty0", "x"), 1);
        assert_int_equal(read(persons[0], seen, sizeof(seen)), -1);
        assert_int_equal(read(persons[1], seen, sizeof(seen)), 1);
        assert_int_equal(pawl_consoles_show(&consoles, "console", "x"), 2);
        assert_int_equal(pawl_consoles_show(&consoles, NULL, "x"), 2);
        assert_int_equal(pawl_consoles_show(&consoles, "ttyS", "x"), 0);
}

static void test_timeline(void **state)
{
        pawl_timeline t = { .n = 2, .started_ms = 1000, .step_ms = 2239 };
        char text[64], small[8];

        (void)state;
        t.steps[0].name = "tpm";
        t.steps[0].ms = 39;
        t.steps[1].name = "root";
        t.steps[1].ms = 1200;
        pawl_timeline_text(&t, text, sizeof(text));
        assert_string_equal(text, "1.23 s: tpm 0.03, root 1.20");
        pawl_timeline_text(&t, small, sizeof(small));
        assert_string_equal(small, "1.23 s:");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_typing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_long_line_is_cut, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_timeout, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nothing_secret_is_echoed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_show_by_name, set_up, tear_down),
                cmocka_unit_test(test_timeline),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

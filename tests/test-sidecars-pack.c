/* SPDX-License-Identifier: BSD-2-Clause */
/* The archive of a folder of the host, with a change that is yet to be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "userspace/host/file.h"
#include "userspace/host/sidecars.h"

static char folder[64];

static void put(const char *name, const char *content)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_int_equal(pawl_file_write(path, pawl_span_str(content), 0600, NULL), PAWL_OK);
}

static void drop(const char *name)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_int_equal(remove(path), 0);
}

static int set_up(void **state)
{
        (void)state;
        (void)snprintf(folder, sizeof(folder), "/tmp/pawl-sidecars-XXXXXX");
        assert_non_null(mkdtemp(folder));
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        assert_int_equal(rmdir(folder), 0);
        return 0;
}

static pawl_buffer pack(const char *path, const pawl_sidecar_change *change)
{
        pawl_buffer b = { 0 };
        pawl_diag d = { 0 };

        assert_int_equal(
                pawl_sidecars_pack(PAWL_SIDECAR_CREDENTIALS, path, change, &b, &d), PAWL_OK);
        return b;
}

/* What is foretold with the change is what is there after it. */
static void test_change(void **state)
{
        const pawl_sidecar_change changes[] = {
                {.name = "new.cred",   .content = PAWL_SPAN_LITERAL("added")           },
                { .name = "a.cred",    .content = PAWL_SPAN_LITERAL("replaced, longer")},
                { .name = "a.cred",    .is_removed = true                              },
                { .name = "none.cred", .is_removed = true                              },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                pawl_autobuffer pawl_buffer want = { 0 }, got = { 0 };
                bool was_there = strcmp(changes[i].name, "a.cred") == 0;

                put("a.cred", "one");
                put("b.cred", "two");
                put("notes", "not packed");
                got = pack(folder, &changes[i]);
                if (!changes[i].is_removed)
                        put(changes[i].name, (const char *)changes[i].content.data);
                else if (was_there)
                        drop(changes[i].name);
                want = pack(folder, NULL);
                assert_int_equal(got.len, want.len);
                assert_memory_equal(got.data, want.data, want.len);
                drop("b.cred");
                drop("notes");
                if (!changes[i].is_removed || !was_there)
                        drop("a.cred");
                if (i == 0)
                        drop("new.cred");
        }
}

static void test_nothing(void **state)
{
        const pawl_sidecar_change first = { .name = "a.cred", .content = PAWL_SPAN_LITERAL("x") };
        pawl_autobuffer pawl_buffer none = pack(folder, NULL), missing = pack("/no/such", NULL);
        pawl_autobuffer pawl_buffer one = pack("/no/such", &first), there = { 0 };

        (void)state;
        assert_int_equal(none.len, 0);
        assert_int_equal(missing.len, 0);
        put("a.cred", "x");
        there = pack(folder, NULL);
        drop("a.cred");
        assert_int_equal(one.len, there.len);
        assert_memory_equal(one.data, there.data, there.len);
}

/* On FAT a name in other letters is the same file. */
static void test_other_case(void **state)
{
        const pawl_sidecar_change change = { .name = "A.cred", .content = PAWL_SPAN_LITERAL("x") };
        pawl_autobuffer pawl_buffer got = { 0 }, want = { 0 };

        (void)state;
        put("a.cred", "old");
        got = pack(folder, &change);
        drop("a.cred");
        want = pack(folder, &change);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.data, want.data, want.len);
}

static void test_refused(void **state)
{
        static uint8_t big[PAWL_SIDECAR_SIZE_MAX + 1];
        const pawl_sidecar_change large = { .name = "a.cred",
                .content = pawl_span_of(big, sizeof(big)) };
        const pawl_sidecar_change name = { .name = "a.txt", .content = PAWL_SPAN_LITERAL("x") };
        pawl_buffer b = { 0 };
        pawl_diag d = { 0 };

        (void)state;
        assert_int_equal(pawl_sidecars_pack(PAWL_SIDECAR_CREDENTIALS, folder, &large, &b, &d),
                PAWL_ERR_LIMIT);
        assert_non_null(strstr(d.text, "none of the folder"));
        assert_int_equal(pawl_sidecars_pack(PAWL_SIDECAR_CREDENTIALS, folder, &name, &b, &d),
                PAWL_ERR_FORMAT);
        assert_null(b.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_change, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_other_case, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

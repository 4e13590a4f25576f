/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/host/file.h"
#include "userspace/host/hash.h"
#include "userspace/log/user-log.h"

/* As systemd 262 writes it, with an NV index and an algorithm that we do not know. */
static const char foreign[] =
        "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":"
        "\"0000000000000000000000000000000000000000000000000000000000000001\"},"
        "{\"hashAlg\":\"sm3_256\",\"digest\":\"00\"}],\"content_type\":\"systemd\",\"content\":"
        "{\"string\":\"enter-initrd\",\"bootId\":\"0123456789abcdef0123456789abcdef\","
        "\"timestamp\":5,\"eventType\":\"phase\"}}\n"
        "\x1e{\"nv_index\":30474752,\"digests\":[],\"content_type\":\"systemd\",\"content\":"
        "{\"nvIndexName\":\"hardware\",\"string\":\"product-id:missing\"}}\n";

typedef struct scratch {
        char dir[64], path[128];
} scratch;

static int setup(void **state)
{
        static scratch s;

        (void)snprintf(s.dir, sizeof(s.dir), "/tmp/pawl-test-XXXXXX");
        if (!mkdtemp(s.dir))
                return -1;
        (void)snprintf(s.path, sizeof(s.path), "%s/a/b.log", s.dir);
        *state = &s;
        return 0;
}

static int teardown(void **state)
{
        scratch *s = *state;
        char parent[128];

        (void)snprintf(parent, sizeof(parent), "%s/a", s->dir);
        (void)unlink(s->path);
        (void)rmdir(parent);
        return rmdir(s->dir);
}

static pawl_err parse(pawl_span bytes, pawl_user_log *ret)
{
        pawl_diag d = { 0 };
        pawl_err err = pawl_user_log_parse(bytes, ret, &d);

        assert_true(err == PAWL_OK || err == PAWL_ERR_NO_MEMORY || d.text[0] != '\0');
        return err;
}

static void append(const char *path, unsigned pcr, const char *type, const char *string)
{
        pawl_autouserlogwriter pawl_user_log_writer w = PAWL_USER_LOG_WRITER_NULL;
        pawl_diag d = { 0 };
        pawl_digest digests[2];

        assert_int_equal(pawl_hash(PAWL_ALG_SHA1, pawl_span_str(string), &digests[0]), PAWL_OK);
        assert_int_equal(pawl_hash(PAWL_ALG_SHA256, pawl_span_str(string), &digests[1]), PAWL_OK);
        assert_int_equal(pawl_user_log_open(path, 1000, &w, &d), PAWL_OK);
        assert_int_equal(pawl_user_log_append(&w, pcr, digests, 2, type, string, &d), PAWL_OK);
}

static void test_foreign(void **state)
{
        pawl_autouserlog pawl_user_log l = { 0 };

        (void)state;
        assert_int_equal(parse(PAWL_SPAN_LITERAL(foreign), &l), PAWL_OK);
        assert_int_equal(l.n_events, 2);
        assert_int_equal(l.n_torn, 0);
        assert_int_equal(l.events[0].pcr, 11);
        assert_int_equal(l.events[0].banks, 1u << PAWL_ALG_SHA256);
        assert_int_equal(l.events[0].digests[PAWL_ALG_SHA256].bytes[31], 1);
        assert_true(pawl_user_log_has(&l, "phase", "enter-initrd"));
        assert_false(pawl_user_log_has(&l, "phase", "leave-initrd"));
        assert_true(l.events[1].is_nv);
        assert_int_equal(l.events[1].pcr, 30474752);
        assert_string_equal(l.events[1].type, "");
}

static void test_write_and_read(void **state)
{
        const scratch *s = *state;
        pawl_autouserlog pawl_user_log l = { 0 };
        pawl_diag d = { 0 };
        pawl_digest want;

        append(s->path, 11, "phase", "enter-initrd");
        append(s->path, 15, "volume-key", "quote \" backslash \\ \x1e \n \xc3\xa4");
        assert_int_equal(pawl_user_log_read(s->path, &l, &d), PAWL_OK);
        assert_int_equal(l.n_events, 2);
        assert_int_equal(l.events[1].pcr, 15);
        assert_string_equal(l.events[1].string, "quote \" backslash \\ \x1e \n \xc3\xa4");
        assert_int_equal(l.events[0].banks, 1u << PAWL_ALG_SHA256 | 1u << PAWL_ALG_SHA1);
        assert_int_equal(
                pawl_hash(PAWL_ALG_SHA1, PAWL_SPAN_LITERAL("enter-initrd"), &want), PAWL_OK);
        assert_memory_equal(l.events[0].digests[PAWL_ALG_SHA1].bytes, want.bytes, 20);
}

/* Whatever a crash left of the last record, the records before it stay readable, and a record that
 * is appended later too. */
static void test_torn_records(void **state)
{
        const scratch *s = *state;
        pawl_autobuffer pawl_buffer whole = { 0 };
        pawl_diag d = { 0 };
        size_t first;

        append(s->path, 11, "phase", "enter-initrd");
        assert_int_equal(pawl_file_read(s->path, 1u << 16, &whole, &d), PAWL_OK);
        first = whole.len;
        pawl_buffer_done(&whole);
        append(s->path, 11, "phase", "leave-initrd");
        assert_int_equal(pawl_file_read(s->path, 1u << 16, &whole, &d), PAWL_OK);
        for (size_t n = first; n < whole.len; n++) {
                pawl_autouserlog pawl_user_log l = { 0 };

                assert_int_equal(truncate(s->path, (off_t)n), 0);
                append(s->path, 11, "phase", "sysinit");
                assert_int_equal(pawl_user_log_read(s->path, &l, &d), PAWL_OK);
                assert_int_equal(l.n_events, 2);
                assert_int_equal(l.n_torn, n > first);
                assert_int_equal(l.torn_off, n > first ? first : 0);
                assert_true(pawl_user_log_has(&l, "phase", "sysinit"));
                assert_int_equal(truncate(s->path, 0), 0);
                assert_int_equal(
                        pawl_file_write(s->path, pawl_buffer_span(&whole), 0600, &d), PAWL_OK);
        }
}

static void test_bit_flips(void **state)
{
        (void)state;
        for (size_t i = 0; i < 8 * (sizeof(foreign) - 1); i++) {
                pawl_autouserlog pawl_user_log l = { 0 };
                uint8_t *copy = exact_copy(PAWL_SPAN_LITERAL(foreign));

                copy[i / 8] ^= (uint8_t)(1u << i % 8);
                (void)parse(pawl_span_of(copy, sizeof(foreign) - 1), &l);
                free(copy);
        }
}

static void assert_refused(const char *record, pawl_err want)
{
        pawl_autouserlog pawl_user_log l = { 0 };

        if (parse(pawl_span_str(record), &l) != want)
                fail_msg("not refused as expected: %s", record);
        assert_null(l.events);
}

static void test_refused(void **state)
{
        (void)state;
        assert_refused("{}\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{}\n", PAWL_ERR_MISSING);
        assert_refused("\x1e[]\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":24,\"digests\":[]}\n", PAWL_ERR_LIMIT);
        assert_refused("\x1e{\"pcr\":-1,\"digests\":[]}\n", PAWL_ERR_LIMIT);
        assert_refused("\x1e{\"pcr\":\"1\",\"digests\":[]}\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":1,\"digests\":{}}\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":1,\"digests\":[1]}\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":1,\"digests\":[]} x\n", PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":1,\"digests\":[{\"hashAlg\":\"sha1\",\"digest\":\"00\"}]}\n",
                PAWL_ERR_FORMAT);
        assert_refused("\x1e{\"pcr\":1,\"digests\":[],\"content\":{\"string\":\"a\\u0000b\"}}\n",
                PAWL_ERR_FORMAT);
        assert_refused(
                "\x1e{\"pcr\":1,\"digests\":[],\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}\n",
                PAWL_ERR_FORMAT);
}

/* `n` records of `len` bytes each. */
static pawl_err parse_many(size_t n, size_t len)
{
        pawl_autouserlog pawl_user_log l = { 0 };
        pawl_autobuffer pawl_buffer b = { 0 };
        static const char head[] = "\x1e{\"pcr\":1,\"digests\":[]}";

        assert_int_equal(pawl_buffer_new(n * len, &b), PAWL_OK);
        for (size_t i = 0; i < n; i++) {
                uint8_t *p = b.data + i * len;

                for (size_t j = 0; j < len; j++)
                        p[j] = j < sizeof(head) - 1 ? (uint8_t)head[j] : ' ';
                p[len - 2] = p[len - 2] == ' ' ? '}' : p[len - 2];
                p[len - 1] = '\n';
                if (len > sizeof(head)) /* the object's end stands behind the blanks */
                        p[sizeof(head) - 2] = ' ';
        }
        return parse(pawl_buffer_span(&b), &l);
}

static void test_limits(void **state)
{
        (void)state;
        assert_int_equal(parse_many(1, PAWL_USER_RECORD_MAX), PAWL_OK);
        assert_int_equal(parse_many(1, PAWL_USER_RECORD_MAX + 1), PAWL_ERR_LIMIT);
        assert_int_equal(parse_many(PAWL_USER_LOG_EVENTS_MAX, 32), PAWL_OK);
        assert_int_equal(parse_many(PAWL_USER_LOG_EVENTS_MAX + 1, 32), PAWL_ERR_LIMIT);
        assert_int_equal(parse_many(64, PAWL_USER_LOG_SIZE_MAX / 64), PAWL_OK);
        assert_int_equal(parse_many(65, PAWL_USER_LOG_SIZE_MAX / 64), PAWL_ERR_LIMIT);
}

static void test_lock(void **state)
{
        const scratch *s = *state;
        pawl_autouserlogwriter pawl_user_log_writer a = PAWL_USER_LOG_WRITER_NULL;
        pawl_autouserlogwriter pawl_user_log_writer b = PAWL_USER_LOG_WRITER_NULL;
        pawl_diag d = { 0 };

        assert_int_equal(pawl_user_log_open(s->path, 0, &a, &d), PAWL_OK);
        assert_int_equal(pawl_user_log_open(s->path, 30, &b, &d), PAWL_ERR_TIMEOUT);
        assert_int_equal(b.fd, -1);
        pawl_user_log_close(&a);
        assert_int_equal(pawl_user_log_open(s->path, 0, &b, &d), PAWL_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_foreign),
                cmocka_unit_test_setup_teardown(test_write_and_read, setup, teardown),
                cmocka_unit_test_setup_teardown(test_torn_records, setup, teardown),
                cmocka_unit_test(test_bit_flips),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_limits),
                cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The request of a factory reset, its journal, and what a boot makes of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/reset/journal.h"

#define THIS_BOOT  "0123456789abcdef0123456789abcdef"
#define OTHER_BOOT "ffffffffffffffffffffffffffffffff"

static const pawl_reset_os ours = { .id = "debian", .version_id = "12", .image_id = "demo" };

/* As efivarfs holds it: UTF-16LE, with or without NUL at the end. */
static pawl_buffer wide(const char *text, size_t n_zeros)
{
        pawl_buffer b = { 0 };

        assert_int_equal(pawl_buffer_new(2 * (strlen(text) + n_zeros), &b), PAWL_OK);
        for (size_t i = 0; text[i]; i++)
                b.data[2 * i] = (uint8_t)text[i];
        return b;
}

static void test_round_trip(void **state)
{
        pawl_autobuffer pawl_buffer v = { 0 };
        pawl_reset_state s;

        (void)state;
        assert_int_equal(pawl_reset_request_format(&ours, THIS_BOOT, &v), PAWL_OK);
        assert_int_equal(v.data[0], '{');
        assert_int_equal(v.data[1], 0);
        assert_int_equal(v.data[v.len - 1], 0);
        assert_int_equal(pawl_reset_request_judge(pawl_buffer_span(&v), &ours, THIS_BOOT, &s, NULL),
                PAWL_OK);
        assert_int_equal(s, PAWL_RESET_PENDING);
        assert_int_equal(
                pawl_reset_request_judge(pawl_buffer_span(&v), &ours, OTHER_BOOT, &s, NULL),
                PAWL_OK);
        assert_int_equal(s, PAWL_RESET_ON);
}

static void test_judge(void **state)
{
        /* clang-format off */
        static const struct {
                const char *text;
                pawl_err err;
                pawl_reset_state state;
        } rows[] = {
                /* as systemd 262 writes it */
                {"{\"osReleaseId\":\"debian\",\"osReleaseImageId\":\"demo\",\"bootId\":\"" OTHER_BOOT "\"}", PAWL_OK,
                 PAWL_RESET_ON},
                { "{\"osReleaseId\":\"debian\",\"osReleaseImageId\":\"demo\",\"osReleaseVersionId\":\"99\",\"bootId\":\""
                  "ffffffff-ffff-ffff-ffff-ffffffffffff\"}", PAWL_OK,
                 PAWL_RESET_ON},
                { "{\"osReleaseId\":\"debian\",\"osReleaseImageId\":\"demo\",\"bootId\":\"" THIS_BOOT "\",\"new\":1}",
                 PAWL_OK, PAWL_RESET_PENDING},
                { "{\"osReleaseId\":\"fedora\",\"osReleaseImageId\":\"demo\",\"bootId\":\"" OTHER_BOOT "\"}", PAWL_OK,
                 PAWL_RESET_OTHER},
                { "{\"osReleaseId\":\"debian\",\"bootId\":\"" OTHER_BOOT "\"}", PAWL_OK, PAWL_RESET_OTHER},
                { "{\"bootId\":\"" OTHER_BOOT "\"}", PAWL_OK, PAWL_RESET_OTHER},
                { "{\"osReleaseId\":\"debian\",\"osReleaseImageId\":\"demo\"}", PAWL_ERR_MISSING, PAWL_RESET_OFF},
                { "{\"osReleaseId\":\"debian\",\"osReleaseImageId\":\"demo\",\"bootId\":\"12\"}", PAWL_ERR_FORMAT,
                 PAWL_RESET_OFF},
                { "{\"osReleaseId\":1,\"bootId\":\"" OTHER_BOOT "\"}", PAWL_ERR_FORMAT, PAWL_RESET_OFF},
                { "[]", PAWL_ERR_FORMAT, PAWL_RESET_OFF},
                { "yes", PAWL_ERR_FORMAT, PAWL_RESET_OFF},
                { "", PAWL_ERR_FORMAT, PAWL_RESET_OFF},
        };
        /* clang-format on */

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                for (size_t zeros = 0; zeros < 2; zeros++) {
                        pawl_autobuffer pawl_buffer v = wide(rows[i].text, zeros);
                        pawl_reset_state s = PAWL_RESET_OFF;
                        pawl_diag d = { 0 };

                        assert_int_equal(pawl_reset_request_judge(
                                                 pawl_buffer_span(&v), &ours, THIS_BOOT, &s, &d),
                                rows[i].err);
                        assert_int_equal(s, rows[i].state);
                        assert_true(rows[i].err == PAWL_OK || d.text[0] != '\0');
                }
}

/* Every beginning of a request is refused, or means nothing else. */
static void test_truncated(void **state)
{
        pawl_autobuffer pawl_buffer v = { 0 };
        pawl_reset_state s = PAWL_RESET_OFF;

        (void)state;
        assert_int_equal(pawl_reset_request_format(&ours, OTHER_BOOT, &v), PAWL_OK);
        for (size_t n = 0; n < v.len - 2; n++)
                assert_int_not_equal(pawl_reset_request_judge(
                                             pawl_span_of(v.data, n), &ours, THIS_BOOT, &s, NULL),
                        PAWL_OK);
        assert_int_equal(s, PAWL_RESET_OFF);
}

static void test_journal(void **state)
{
        const pawl_reset_journal j = { .attempts = 2,
                .furthest = PAWL_RESET_DATA,
                .has_asked_firmware = true,
                .keeps_tpm = true };
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_reset_journal again;

        (void)state;
        assert_int_equal(pawl_reset_journal_format(&j, &b), PAWL_OK);
        assert_int_equal(pawl_reset_journal_parse(pawl_buffer_span(&b), &again, NULL), PAWL_OK);
        assert_int_equal(again.attempts, 2);
        assert_int_equal(again.furthest, PAWL_RESET_DATA);
        assert_true(again.has_asked_firmware && again.keeps_tpm && !again.is_remade);
        for (size_t n = 0; n < b.len; n++)
                assert_int_equal(pawl_reset_journal_parse(pawl_span_of(b.data, n), &again, NULL),
                        PAWL_ERR_FORMAT);
        b.data[7] = 0xff;
        assert_int_equal(
                pawl_reset_journal_parse(pawl_buffer_span(&b), &again, NULL), PAWL_ERR_FORMAT);
}

static void test_decide(void **state)
{
        const pawl_reset_journal fresh = { 0 }, tried = { .attempts = 2 },
                                 stuck = { .attempts = PAWL_RESET_ATTEMPTS_MAX },
                                 remade = { .attempts = 1, .is_remade = true };

        (void)state;
        assert_int_equal(pawl_reset_decide(PAWL_RESET_OFF, false, &fresh), PAWL_RESET_NOTHING);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_OFF, true, &remade), PAWL_RESET_FORGET);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_PENDING, true, &fresh), PAWL_RESET_NOTHING);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_OTHER, false, &fresh), PAWL_RESET_NOTHING);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_OTHER, true, &remade), PAWL_RESET_NOTHING);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_ON, false, &fresh), PAWL_RESET_RUN);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_ON, true, &tried), PAWL_RESET_RUN);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_ON, true, &stuck), PAWL_RESET_HALT);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_ON, true, &remade), PAWL_RESET_END);
}

/* Power cut after each step, in every boot: progress resets the count, standing still does not. */
static void test_attempts(void **state)
{
        pawl_reset_journal j = { 0 };

        (void)state;
        for (unsigned s = PAWL_RESET_MEASURE; s <= PAWL_RESET_FINISH; s++) {
                assert_int_not_equal(pawl_reset_decide(PAWL_RESET_ON, true, &j), PAWL_RESET_HALT);
                pawl_reset_journal_begin(&j);
                for (unsigned k = PAWL_RESET_MEASURE; k <= s; k++)
                        pawl_reset_journal_complete(&j, (pawl_reset_step)k);
                assert_int_equal(j.attempts, 1);
        }
        for (unsigned i = 1; i < PAWL_RESET_ATTEMPTS_MAX; i++)
                pawl_reset_journal_begin(&j);
        assert_int_equal(pawl_reset_decide(PAWL_RESET_ON, true, &j), PAWL_RESET_HALT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_judge),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_journal),
                cmocka_unit_test(test_decide),
                cmocka_unit_test(test_attempts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

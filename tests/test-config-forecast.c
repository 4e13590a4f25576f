/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR 12 of a coming boot with other credentials beside the image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pcr.h"
#include "tests/log-builder.h"
#include "userspace/host/hash.h"
#include "userspace/log/config-forecast.h"

#define BANK   PAWL_ALG_SHA256
#define OWN    PAWL_SPAN_LITERAL("own archive")
#define SHARED PAWL_SPAN_LITERAL("shared archive")
#define LINE   PAWL_SPAN_LITERAL("l\0i\0n\0e\0\0\0")

static pawl_span label16(pawl_sidecar kind, uint8_t buf[static 128])
{
        const char *s = pawl_sidecar_label(kind);
        size_t n = strlen(s) + 1;

        for (size_t i = 0; i < n; i++) {
                buf[2 * i] = (uint8_t)s[i];
                buf[2 * i + 1] = 0;
        }
        return pawl_span_of(buf, 2 * n);
}

static void add_archive(log_builder *b, pawl_sidecar kind, pawl_span archive)
{
        uint8_t label[128];

        log_add(b, PAWL_PCR_KERNEL_CONFIG, PAWL_EV_IPL, archive, label16(kind, label));
}

/* A verified log of this boot; bit `kind` of `mask`: it had that archive. */
typedef struct boot {
        log_builder b;
        pawl_eventlog log;
        pawl_verified_log v;
} boot;

static void verify(boot *s, uint32_t mask)
{
        pawl_pcr_set pcrs = { .bank = BANK, .mask = mask };
        pawl_replay r;

        assert_int_equal(pawl_eventlog_open(log_bytes(&s->b), &s->log, NULL), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_replay(&pawl_openssl_hasher, &s->log, BANK, &r, NULL), PAWL_OK);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                pcrs.values[i] = r.pcrs[i];
        assert_int_equal(
                pawl_eventlog_verify(&pawl_openssl_hasher, &s->log, &pcrs, mask, &s->v, NULL),
                PAWL_OK);
}

static void start(boot *s, unsigned mask)
{
        log_start_agile(&s->b, 1u << BANK, false);
        log_add(&s->b, 11, PAWL_EV_IPL, PAWL_SPAN_LITERAL("kernel"), PAWL_SPAN_LITERAL("x"));
        log_add_data(&s->b, PAWL_PCR_KERNEL_CONFIG, PAWL_EV_IPL, LINE);
        if (mask & 1)
                add_archive(&s->b, PAWL_SIDECAR_CREDENTIALS, OWN);
        if (mask & 2)
                add_archive(&s->b, PAWL_SIDECAR_GLOBAL_CREDENTIALS, SHARED);
        verify(s, 0xffff);
}

static void check(const boot *s, const pawl_span *own, const pawl_span *shared,
        const pawl_span *want, size_t n)
{
        const pawl_span *const sidecars[PAWL_SIDECAR_MAX_] = { own, shared };
        pawl_digest got, expected;
        pawl_diag d = { 0 };

        pawl_pcr_init(BANK, PAWL_PCR_KERNEL_CONFIG, &expected);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(
                        pawl_pcr_extend_bytes(&pawl_openssl_hasher, &expected, want[i]), PAWL_OK);
        assert_int_equal(pawl_log_config_forecast(&s->v, sidecars, &got, &d), PAWL_OK);
        assert_memory_equal(got.bytes, expected.bytes, 32);
}

#define CHECK(s, own, shared, ...)                                                                 \
        do {                                                                                       \
                const pawl_span want_[] = { __VA_ARGS__ };                                         \
                check(s, own, shared, want_, sizeof(want_) / sizeof(want_[0]));                    \
        } while (0)

/* Every archive as it is, gone, or new, from each of the four boots. */
static void test_changes(void **state)
{
        const pawl_span none = PAWL_SPAN_NULL, new_own = PAWL_SPAN_LITERAL("new own");
        const pawl_span new_shared = PAWL_SPAN_LITERAL("new shared");
        static boot s;

        (void)state;
        start(&s, 0);
        CHECK(&s, NULL, NULL, LINE);
        CHECK(&s, &none, &none, LINE);
        CHECK(&s, &new_own, NULL, LINE, new_own);
        CHECK(&s, &new_own, &new_shared, LINE, new_own, new_shared);
        start(&s, 1);
        CHECK(&s, NULL, NULL, LINE, OWN);
        CHECK(&s, &none, NULL, LINE);
        CHECK(&s, &new_own, NULL, LINE, new_own);
        CHECK(&s, NULL, &new_shared, LINE, OWN, new_shared);
        start(&s, 2);
        CHECK(&s, NULL, NULL, LINE, SHARED);
        /* what comes new goes before what was there */
        CHECK(&s, &new_own, NULL, LINE, new_own, SHARED);
        CHECK(&s, &new_own, &none, LINE, new_own);
        start(&s, 3);
        CHECK(&s, NULL, NULL, LINE, OWN, SHARED);
        CHECK(&s, &new_own, NULL, LINE, new_own, SHARED);
        CHECK(&s, NULL, &new_shared, LINE, OWN, new_shared);
        CHECK(&s, &none, &new_shared, LINE, new_shared);
        CHECK(&s, &new_own, &none, LINE, new_own);
}

/* A command line of that text stays what it is. */
static void test_line_that_reads_like_a_label(void **state)
{
        const pawl_span none = PAWL_SPAN_NULL;
        static boot s;
        uint8_t label[128];
        pawl_span text = label16(PAWL_SIDECAR_CREDENTIALS, label);

        (void)state;
        log_start_agile(&s.b, 1u << BANK, false);
        log_add_data(&s.b, PAWL_PCR_KERNEL_CONFIG, PAWL_EV_IPL, text);
        verify(&s, 0xffff);
        CHECK(&s, &none, &none, text);
}

static void test_unproven(void **state)
{
        const pawl_span *const sidecars[PAWL_SIDECAR_MAX_] = { NULL, NULL };
        static boot s;
        pawl_digest got;
        pawl_diag d = { 0 };

        (void)state;
        start(&s, 1);
        verify(&s, 1u << 11);
        assert_int_equal(pawl_log_config_forecast(&s.v, sidecars, &got, &d), PAWL_ERR_MISMATCH);
        verify(&s, 0xffff);
        s.v.verdict = PAWL_VERDICT_REJECT;
        assert_int_equal(pawl_log_config_forecast(&s.v, sidecars, &got, &d), PAWL_ERR_MISMATCH);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_changes),
                cmocka_unit_test(test_line_that_reads_like_a_label),
                cmocka_unit_test(test_unproven),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

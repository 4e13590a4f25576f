/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/eventlog.h"
#include "core/pcr.h"
#include "core/plan.h"
#include "tests/hex.h"
#include "tests/log-builder.h"
#include "userspace/host/hash.h"

#define TWO_BANKS (1u << PAWL_ALG_SHA256 | 1u << PAWL_ALG_SHA1)

static void build(log_builder *b, bool is_agile)
{
        if (is_agile)
                log_start_agile(b, TWO_BANKS, /* has_unknown_alg= */ true);
        else
                log_start_sha1(b);
        log_add_data(b, 0, PAWL_EV_NO_ACTION, PAWL_SPAN_LITERAL("StartupLocality\0\3"));
        log_add_data(b, 0, 8, PAWL_SPAN_LITERAL("version"));
        log_add(b, 11, PAWL_EV_IPL, PAWL_SPAN_LITERAL("content"), PAWL_SPAN_LITERAL(".\0l\0\0\0"));
        log_add_data(b, 7, PAWL_EV_SEPARATOR, PAWL_SPAN_LITERAL("\0\0\0\0"));
}

/* Reads to the end; returns how many events there were and the error that ended it. */
static unsigned read_all(pawl_span bytes, pawl_err *ret_end, pawl_log_diag *d)
{
        pawl_eventlog log;
        pawl_event ev;
        unsigned n = 0;

        *ret_end = pawl_eventlog_open(bytes, &log, d);
        if (*ret_end != PAWL_OK)
                return 0;
        pawl_log_cursor c = pawl_eventlog_start(&log);
        for (;;) {
                pawl_log_cursor before = c;

                *ret_end = pawl_eventlog_next(&log, &c, &ev, d);
                if (*ret_end != PAWL_OK) {
                        assert_int_equal(before.r.off, c.r.off);
                        assert_int_equal(before.n_events, c.n_events);
                        return n;
                }
                assert_int_equal(ev.off, before.r.off);
                n++;
        }
}

static pawl_err end_of(pawl_span bytes)
{
        pawl_log_diag d = { 0, "" };
        pawl_err end;

        read_all(bytes, &end, &d);
        return end;
}

static void extend(pawl_digest *pcr, const char *text)
{
        assert_int_equal(
                pawl_pcr_extend_bytes(&pawl_openssl_hasher, pcr, pawl_span_str(text)), PAWL_OK);
}

static void assert_replay(const pawl_eventlog *log, pawl_alg bank)
{
        pawl_replay r;
        pawl_digest want;

        assert_int_equal(pawl_eventlog_replay(&pawl_openssl_hasher, log, bank, &r, NULL), PAWL_OK);
        assert_int_equal(r.touched, 1u << 0 | 1u << 7 | 1u << 11);
        pawl_pcr_init(bank, 11, &want);
        extend(&want, "content");
        assert_memory_equal(r.pcrs[11].bytes, want.bytes, pawl_alg_info_of(bank)->size);
        pawl_pcr_init(bank, 0, &want);
        want.bytes[pawl_alg_info_of(bank)->size - 1] = 3;
        extend(&want, "version");
        assert_memory_equal(r.pcrs[0].bytes, want.bytes, pawl_alg_info_of(bank)->size);
}

static void test_formats(void **state)
{
        (void)state;
        for (int is_agile = 0; is_agile < 2; is_agile++) {
                log_builder b;
                pawl_eventlog log;
                pawl_err end;
                pawl_log_diag d;
                pawl_replay r;

                build(&b, is_agile);
                assert_int_equal(read_all(log_bytes(&b), &end, &d), 4 + is_agile);
                assert_int_equal(end, PAWL_ERR_NOT_FOUND);
                assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
                assert_int_equal(log.is_crypto_agile, is_agile);
                assert_int_equal(log.banks, is_agile ? TWO_BANKS : 1u << PAWL_ALG_SHA1);
                assert_replay(&log, PAWL_ALG_SHA1);
                if (is_agile)
                        assert_replay(&log, PAWL_ALG_SHA256);
                assert_int_equal(
                        pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA384, &r, NULL),
                        PAWL_ERR_UNSUPPORTED);
        }
}

/* A log cut at any byte is either cut between events, or TRUNCATED at the event that was cut. */
static void test_truncations(void **state)
{
        (void)state;
        for (int is_agile = 0; is_agile < 2; is_agile++) {
                log_builder b;
                unsigned clean = 0;

                build(&b, is_agile);
                for (size_t n = 0; n < log_bytes(&b).len; n++) {
                        uint8_t *copy = exact_copy(pawl_span_of(b.bytes, n));
                        pawl_err end = end_of(pawl_span_of(copy, n));

                        /* four zero bytes of a record's start are padding, not a record */
                        assert_true(end == PAWL_ERR_TRUNCATED || end == PAWL_ERR_NOT_FOUND);
                        clean += end == PAWL_ERR_NOT_FOUND;
                        free(copy);
                }
                assert_true(clean < 4 + 5 * 5);
        }
}

/* No flipped bit breaks the reader, and none that the replay hashes goes unnoticed. */
static void test_bit_flips(void **state)
{
        (void)state;
        for (int is_agile = 0; is_agile < 2; is_agile++) {
                log_builder b;
                size_t len;

                build(&b, is_agile);
                len = log_bytes(&b).len;
                for (size_t i = 0; i < len * 8; i++) {
                        uint8_t *copy = exact_copy(log_bytes(&b));

                        copy[i / 8] ^= (uint8_t)(1u << i % 8);
                        (void)end_of(pawl_span_of(copy, len));
                        free(copy);
                }
        }
}

static void test_padding(void **state)
{
        static const uint8_t fills[] = { 0x00, 0xff };

        (void)state;
        for (unsigned k = 0; k < 4; k++) {
                log_builder b;
                size_t len;

                build(&b, k & 1);
                len = b.w.len;
                for (size_t i = 0; i < 300; i++)
                        b.bytes[len + i] = fills[k >> 1];
                assert_int_equal(end_of(pawl_span_of(b.bytes, len + 300)), PAWL_ERR_NOT_FOUND);
                b.bytes[len + 299] ^= 1;
                assert_int_not_equal(end_of(pawl_span_of(b.bytes, len + 300)), PAWL_ERR_NOT_FOUND);
        }
}

static void test_pcr_limit(void **state)
{
        log_builder b;
        pawl_log_diag d;
        pawl_err end;

        (void)state;
        log_start_agile(&b, TWO_BANKS, false);
        log_add_data(&b, 23, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
        log_add_data(&b, 0xffffffff, PAWL_EV_NO_ACTION, PAWL_SPAN_LITERAL("x"));
        size_t off = b.w.len;
        log_add_data(&b, 24, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
        assert_int_equal(read_all(log_bytes(&b), &end, &d), 3);
        assert_int_equal(end, PAWL_ERR_FORMAT);
        assert_int_equal(d.off, off);
}

/* Overwrites four bytes of a log. */
static void poke32(log_builder *b, size_t off, uint32_t v)
{
        pawl_writer w = pawl_writer_of(b->bytes + off, 4);

        assert_int_equal(pawl_write_le32(&w, v), PAWL_OK);
}

#define N_ALGS_OFF (32 + 24) /* of the Spec ID event's number of algorithms */
#define ALG_OFF(i) (N_ALGS_OFF + 4 + 4 * (size_t)(i))

static void test_spec_id(void **state)
{
        log_builder b;

        (void)state;
        log_start_agile(&b, TWO_BANKS, false);
        poke32(&b, N_ALGS_OFF, 0);
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_FORMAT);
        poke32(&b, N_ALGS_OFF, PAWL_LOG_ALGS_MAX);
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_TRUNCATED);
        poke32(&b, N_ALGS_OFF, PAWL_LOG_ALGS_MAX + 1);
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_LIMIT);
        log_start_agile(&b, TWO_BANKS, false);
        poke32(&b, ALG_OFF(1), 32u << 16 | 0x000b);
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_DUPLICATE);
        log_start_agile(&b, TWO_BANKS, false);
        poke32(&b, ALG_OFF(0), 33u << 16 | 0x000b);
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_FORMAT);
        log_start_agile(&b, TWO_BANKS, false);
        b.bytes[ALG_OFF(2)] = 1; /* vendor info of 1 byte leaves one over */
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_TRAILING);
        b.bytes[ALG_OFF(2)] = 3;
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_TRUNCATED);
}

static void test_digests_of_an_event(void **state)
{
        log_builder b;
        size_t off;

        (void)state;
        for (unsigned n = 0; n < 5; n++) {
                static const pawl_err want[] = { PAWL_ERR_FORMAT, PAWL_ERR_TRUNCATED,
                        PAWL_ERR_NOT_FOUND, PAWL_ERR_LIMIT, PAWL_ERR_LIMIT };

                log_start_agile(&b, TWO_BANKS, false);
                off = b.w.len;
                log_add_data(&b, 4, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
                poke32(&b, off + 8, n);
                pawl_err end = end_of(log_bytes(&b));
                if (n == 1) /* the second digest is then read as size and data */
                        assert_true(end == PAWL_ERR_TRUNCATED || end == PAWL_ERR_LIMIT);
                else
                        assert_int_equal(end, want[n]);
        }
        log_start_agile(&b, TWO_BANKS, false);
        off = b.w.len;
        log_add_data(&b, 4, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
        b.bytes[off + 12] = 0x0c; /* SHA-384 is not in the head */
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_UNSUPPORTED);
        b.bytes[off + 12] = 0x0b;
        b.bytes[off + 12 + 2 + 32] = 0x0b; /* twice SHA-256 */
        assert_int_equal(end_of(log_bytes(&b)), PAWL_ERR_DUPLICATE);
}

static void test_event_size_limit(void **state)
{
        size_t size = 32 + (size_t)PAWL_LOG_EVENT_SIZE_MAX + 1;
        uint8_t *bytes = calloc(1, size);

        (void)state;
        assert_non_null(bytes);
        for (unsigned over = 0; over < 2; over++) {
                pawl_writer w = pawl_writer_of(bytes, size);

                assert_int_equal(pawl_write_le32(&w, 4), PAWL_OK);
                assert_int_equal(pawl_write_le32(&w, PAWL_EV_IPL), PAWL_OK);
                assert_int_equal(pawl_write_zeros(&w, 20), PAWL_OK);
                assert_int_equal(pawl_write_le32(&w, PAWL_LOG_EVENT_SIZE_MAX + over), PAWL_OK);
                assert_int_equal(end_of(pawl_span_of(bytes, size - 1 + over)),
                        over ? PAWL_ERR_LIMIT : PAWL_ERR_NOT_FOUND);
        }
        free(bytes);
}

static void test_log_limits(void **state)
{
        static const size_t record = 33; /* one byte of data */
        size_t size = (size_t)PAWL_LOG_EVENTS_MAX * record + record;
        uint8_t *bytes = calloc(1, (size_t)PAWL_LOG_SIZE_MAX + 1);
        pawl_err end;
        pawl_log_diag d;

        (void)state;
        assert_non_null(bytes);
        for (size_t i = 0; i < size; i += record) {
                bytes[i + 4] = 1;
                bytes[i + 28] = 1;
        }
        assert_int_equal(
                read_all(pawl_span_of(bytes, size - record), &end, &d), PAWL_LOG_EVENTS_MAX);
        assert_int_equal(end, PAWL_ERR_NOT_FOUND);
        read_all(pawl_span_of(bytes, size), &end, &d);
        assert_int_equal(end, PAWL_ERR_LIMIT);
        assert_int_equal(d.off, size - record);
        read_all(pawl_span_of(bytes, (size_t)PAWL_LOG_SIZE_MAX + 1), &end, &d);
        assert_int_equal(end, PAWL_ERR_LIMIT);
        assert_int_equal(d.off, 0);
        free(bytes);
}

static void test_localities(void **state)
{
        log_builder b;
        pawl_eventlog log;
        pawl_replay r;
        pawl_digest want;

        (void)state;
        log_start_agile(&b, TWO_BANKS, false);
        log_add_data(&b, 0, PAWL_EV_EFI_HCRTM_EVENT, PAWL_SPAN_LITERAL("HCRTM"));
        assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA256, &r, NULL),
                PAWL_OK);
        pawl_pcr_init(PAWL_ALG_SHA256, 0, &want);
        want.bytes[31] = 4;
        extend(&want, "HCRTM");
        assert_memory_equal(r.pcrs[0].bytes, want.bytes, 32);
        /* said too late: such a log is not one that firmware wrote */
        log_add_data(&b, 0, PAWL_EV_NO_ACTION, PAWL_SPAN_LITERAL("StartupLocality\0\3"));
        assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA256, &r, NULL),
                PAWL_ERR_FORMAT);
}

static void test_missing_digest(void **state)
{
        log_builder b;
        pawl_eventlog log;
        pawl_replay r;
        pawl_log_diag d;

        (void)state;
        log_start_agile(&b, TWO_BANKS, false);
        size_t off = b.w.len;
        b.banks = 1u << PAWL_ALG_SHA256;
        log_add_data(&b, 4, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
        assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA256, &r, NULL),
                PAWL_OK);
        assert_int_equal(pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA1, &r, &d),
                PAWL_ERR_MISSING);
        assert_int_equal(d.off, off);
}

static void test_verify(void **state)
{
        log_builder b;
        pawl_eventlog log;
        pawl_replay r;
        pawl_verified_log v = { 0 };
        pawl_pcr_set pcrs = { .bank = PAWL_ALG_SHA256, .mask = 0xffff };
        uint32_t differs = 99;

        (void)state;
        build(&b, true);
        assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_replay(&pawl_openssl_hasher, &log, PAWL_ALG_SHA256, &r, NULL),
                PAWL_OK);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                pcrs.values[i] = r.pcrs[i];
        assert_int_equal(
                pawl_eventlog_verify(&pawl_openssl_hasher, &log, &pcrs, 0xffff, &v, &differs),
                PAWL_OK);
        assert_int_equal(v.verdict, PAWL_VERDICT_ACCEPT);
        assert_int_equal(v.mask, 0xffff);
        assert_int_equal(differs, 0);
        /* userspace extended PCR 11: the firmware's log cannot explain it */
        extend(&pcrs.values[11], "enter-initrd");
        v = (pawl_verified_log){ 0 };
        assert_int_equal(
                pawl_eventlog_verify(&pawl_openssl_hasher, &log, &pcrs, 1u << 11, &v, &differs),
                PAWL_ERR_MISMATCH);
        assert_int_equal(v.verdict, PAWL_VERDICT_REJECT);
        assert_int_equal(differs, 1u << 11);
        assert_int_equal(
                pawl_eventlog_verify(&pawl_openssl_hasher, &log, &pcrs, 1u << 7, &v, &differs),
                PAWL_OK);
        assert_int_equal(v.mask, 0xffff & ~(1u << 11));
        assert_int_equal(
                pawl_eventlog_verify(&pawl_openssl_hasher, &log, &pcrs, 1u << 16, &v, &differs),
                PAWL_ERR_MISSING);
}

static void test_measured_data(void **state)
{
        log_builder b;
        pawl_eventlog log;
        pawl_event ev;
        bool is_measured;

        (void)state;
        log_start_sha1(&b);
        log_add_data(&b, 7, PAWL_EV_SEPARATOR, PAWL_SPAN_LITERAL("\0\0\0\0"));
        log_add(&b, 11, PAWL_EV_IPL, PAWL_SPAN_LITERAL("content"), PAWL_SPAN_LITERAL("label"));
        assert_int_equal(pawl_eventlog_open(log_bytes(&b), &log, NULL), PAWL_OK);
        pawl_log_cursor c = pawl_eventlog_start(&log);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(pawl_eventlog_next(&log, &c, &ev, NULL), PAWL_OK);
                assert_int_equal(pawl_event_data_is_measured(
                                         &pawl_openssl_hasher, &ev, PAWL_ALG_SHA1, &is_measured),
                        PAWL_OK);
                assert_int_equal(is_measured, i == 0);
                assert_int_equal(pawl_event_data_is_measured(
                                         &pawl_openssl_hasher, &ev, PAWL_ALG_SHA256, &is_measured),
                        PAWL_ERR_MISSING);
        }
}

static void test_type_names(void **state)
{
        (void)state;
        assert_string_equal(pawl_event_type_name(PAWL_EV_IPL), "EV_IPL");
        assert_string_equal(
                pawl_event_type_name(PAWL_EV_EFI_VARIABLE_AUTHORITY), "EV_EFI_VARIABLE_AUTHORITY");
        assert_null(pawl_event_type_name(0x14));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_formats),
                cmocka_unit_test(test_truncations),
                cmocka_unit_test(test_bit_flips),
                cmocka_unit_test(test_padding),
                cmocka_unit_test(test_pcr_limit),
                cmocka_unit_test(test_spec_id),
                cmocka_unit_test(test_digests_of_an_event),
                cmocka_unit_test(test_event_size_limit),
                cmocka_unit_test(test_log_limits),
                cmocka_unit_test(test_localities),
                cmocka_unit_test(test_missing_digest),
                cmocka_unit_test(test_verify),
                cmocka_unit_test(test_measured_data),
                cmocka_unit_test(test_type_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

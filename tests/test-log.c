/* SPDX-License-Identifier: BSD-2-Clause */
/* Both logs together: replay, verification, the PCRs at the moment of opening, Secure Boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pcr.h"
#include "core/plan.h"
#include "tests/log-builder.h"
#include "userspace/host/hash.h"
#include "userspace/log/log.h"
#include "userspace/log/secure-boot.h"

#define BANK      PAWL_ALG_SHA256
#define SEPARATOR PAWL_SPAN_LITERAL("\0\0\0\0")

/* An EFI_SIGNATURE_DATA: an owner and a "certificate" that starts as DER does. */
static const char own_entry[] = "oooooooooooooooo\x30 own certificate, long enough to be one";
static const char foreign_entry[] = "oooooooooooooooo\x30 foreign certificate, long enough too.";

static pawl_span own_certificate(void)
{
        return pawl_span_of(own_entry + 16, sizeof(own_entry) - 1 - 16);
}

static void add_config(log_builder *b, const char *secure_boot)
{
        log_add_variable(b, 7, PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG, pawl_guid_global, "SecureBoot",
                pawl_span_of(secure_boot, 1));
        log_add_variable(b, 7, PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG, pawl_guid_global, "PK",
                PAWL_SPAN_LITERAL("platform key"));
        log_add_data(b, 7, PAWL_EV_SEPARATOR, SEPARATOR);
}

static void add_authority(log_builder *b, uint32_t type, const char *entry)
{
        log_add_variable(
                b, 7, type, pawl_guid_image_security, "db", pawl_span_of(entry, strlen(entry)));
}

static void add_stub(log_builder *b)
{
        log_add(b, 4, PAWL_EV_EFI_BOOT_SERVICES_APP, PAWL_SPAN_LITERAL("loader"),
                PAWL_SPAN_LITERAL("image"));
        log_add(b, 11, PAWL_EV_IPL, PAWL_SPAN_LITERAL("kernel"), PAWL_SPAN_LITERAL("k\0\0\0"));
        log_add(b, 12, PAWL_EV_IPL, PAWL_SPAN_LITERAL("line"), PAWL_SPAN_LITERAL("l\0\0\0"));
}

static void build(log_builder *b)
{
        log_start_agile(b, 1u << BANK | 1u << PAWL_ALG_SHA1, false);
        add_config(b, "\1");
        add_authority(b, PAWL_EV_EFI_VARIABLE_AUTHORITY, own_entry);
        add_stub(b);
}

/* The logs as pawl_logs_load would leave them; `user` may be NULL. */
static void load(const log_builder *b, const char *user, pawl_logs *ret)
{
        pawl_diag d = { 0 };

        *ret = (pawl_logs){ .has_firmware = true };
        assert_int_equal(pawl_buffer_dup(log_bytes(b), &ret->bytes), PAWL_OK);
        assert_int_equal(
                pawl_eventlog_open(pawl_buffer_span(&ret->bytes), &ret->firmware, NULL), PAWL_OK);
        if (user)
                assert_int_equal(pawl_user_log_parse(pawl_span_str(user), &ret->user, &d), PAWL_OK);
}

/* What a TPM holds after both logs. */
static pawl_pcr_set tpm_after(const pawl_logs *l)
{
        pawl_pcr_set set = { .bank = BANK, .mask = 0xffff };
        pawl_diag d = { 0 };
        pawl_replay r;

        assert_int_equal(pawl_logs_replay(l, BANK, &r, &d), PAWL_OK);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                set.values[i] = r.pcrs[i];
        return set;
}

static void assert_value(const pawl_pcr_set *set, unsigned pcr, const char *const *texts)
{
        pawl_digest want;

        pawl_pcr_init(BANK, pcr, &want);
        for (; *texts; texts++)
                assert_int_equal(
                        pawl_pcr_extend_bytes(&pawl_openssl_hasher, &want, pawl_span_str(*texts)),
                        PAWL_OK);
        assert_memory_equal(set->values[pcr].bytes, want.bytes, 32);
}

/* enter-initrd and leave-initrd in PCR 11, something in PCR 15. */
static const char user_log[] =
        "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":"
        "\"9ae4ae4ea9fe6b39e8b9db59a6d7c6c0dd8df5a01b9f8ab8bb0a2b0a2e2d7e55\"}]}\n"
        "\x1e{\"pcr\":15,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":"
        "\"0000000000000000000000000000000000000000000000000000000000000001\"}]}\n";

static void test_opening(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_diag d = { 0 };
        pawl_verified_log v;
        pawl_pcr_set pcrs, opening;
        const uint32_t mask = 1u << 7 | 1u << 11 | 1u << 12 | 1u << 15;
        log_builder b;

        (void)state;
        build(&b);
        load(&b, user_log, &l);
        pcrs = tpm_after(&l);
        assert_int_equal(pawl_logs_verify(&l, &pcrs, mask, &v, &d), PAWL_OK);
        assert_int_equal(pawl_log_opening_pcrs(&v, mask, &opening, &d), PAWL_OK);
        assert_int_equal(opening.mask, mask);
        assert_value(&opening, 11, (const char *const[]){ "kernel", "enter-initrd", NULL });
        assert_value(&opening, 12, (const char *const[]){ "line", NULL });
        assert_value(&opening, 15, (const char *const[]){ NULL });
        assert_memory_equal(opening.values[7].bytes, pcrs.values[7].bytes, 32);
        assert_memory_not_equal(opening.values[11].bytes, pcrs.values[11].bytes, 32);
}

/* Without the user log PCR 11 is not proven; 7 and 12 are, and 15 needs no proof. */
static void test_opening_without_user_log(void **state)
{
        pawl_autologs pawl_logs l = { 0 }, both = { 0 };
        pawl_diag d = { 0 };
        pawl_verified_log v;
        pawl_pcr_set pcrs, opening;
        log_builder b;

        (void)state;
        build(&b);
        load(&b, NULL, &l);
        load(&b, user_log, &both);
        pcrs = tpm_after(&both);
        assert_int_equal(pawl_logs_verify(&l, &pcrs, 1u << 7 | 1u << 12, &v, &d), PAWL_OK);
        assert_int_equal(
                pawl_log_opening_pcrs(&v, 1u << 7 | 1u << 12 | 1u << 15, &opening, &d), PAWL_OK);
        assert_int_equal(pawl_log_opening_pcrs(&v, 1u << 11, &opening, &d), PAWL_ERR_MISMATCH);
        assert_non_null(strstr(d.text, "PCR 11"));
        v.verdict = PAWL_VERDICT_REJECT;
        assert_int_equal(pawl_log_opening_pcrs(&v, 1u << 7, &opening, &d), PAWL_ERR_REFUSED);
}

static void test_mismatch(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_diag d = { 0 };
        pawl_verified_log v = { 0 };
        pawl_pcr_set pcrs;
        log_builder b;

        (void)state;
        build(&b);
        load(&b, NULL, &l);
        pcrs = tpm_after(&l);
        pcrs.values[7].bytes[31] ^= 1;
        assert_int_equal(pawl_logs_verify(&l, &pcrs, 1u << 7, &v, &d), PAWL_ERR_MISMATCH);
        assert_non_null(strstr(d.text, "PCR 7"));
        assert_int_equal(v.verdict, PAWL_VERDICT_REJECT);
        assert_int_equal(pawl_logs_verify(&l, &pcrs, 1u << 12, &v, &d), PAWL_OK);
        pcrs.bank = PAWL_ALG_SHA384;
        assert_int_equal(pawl_logs_verify(&l, &pcrs, 1u << 12, &v, &d), PAWL_ERR_UNSUPPORTED);
}

static void test_firmware_may_not_touch_pcr15(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_diag d = { 0 };
        pawl_verified_log v;
        pawl_pcr_set pcrs, opening;
        log_builder b;

        (void)state;
        build(&b);
        log_add_data(&b, 15, PAWL_EV_IPL, PAWL_SPAN_LITERAL("x"));
        load(&b, NULL, &l);
        pcrs = tpm_after(&l);
        assert_int_equal(pawl_logs_verify(&l, &pcrs, 1u << 7, &v, &d), PAWL_OK);
        assert_int_equal(pawl_log_opening_pcrs(&v, 1u << 15, &opening, &d), PAWL_ERR_REFUSED);
        assert_int_equal(pawl_log_opening_pcrs(&v, 1u << 7, &opening, &d), PAWL_OK);
}

static pawl_err read_secure_boot(const log_builder *b, pawl_logs *l, pawl_secure_boot *ret)
{
        pawl_diag d = { 0 };
        pawl_verified_log v;
        pawl_pcr_set pcrs;

        load(b, NULL, l);
        pcrs = tpm_after(l);
        assert_int_equal(pawl_logs_verify(l, &pcrs, 1u << 7, &v, &d), PAWL_OK);
        return pawl_secure_boot_read(&v, ret, &d);
}

static void test_secure_boot(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_secure_boot s;
        log_builder b;

        (void)state;
        build(&b);
        assert_int_equal(read_secure_boot(&b, &l, &s), PAWL_OK);
        assert_true(s.is_on);
        assert_true(s.has_platform_key);
        assert_int_equal(s.n_authorities, 1);
        assert_true(pawl_span_equal(s.authorities[0].certificate, own_certificate()));
        assert_true(s.authorities[0].is_before_loader);
        assert_false(pawl_secure_boot_has_foreign(&s, own_certificate()));
        assert_false(pawl_secure_boot_has_foreign(&s, PAWL_SPAN_NULL));
        assert_true(pawl_secure_boot_has_foreign(&s, PAWL_SPAN_LITERAL("another")));
}

static void test_secure_boot_off(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_secure_boot s;
        log_builder b;

        (void)state;
        log_start_agile(&b, 1u << BANK, false);
        add_config(&b, "\0");
        assert_int_equal(read_secure_boot(&b, &l, &s), PAWL_OK);
        assert_false(s.is_on);
        assert_int_equal(s.n_authorities, 0);
}

/* The type of an event is not measured: an authority that calls itself something else is one still.
 */
static void test_disguised_authority(void **state)
{
        static const uint32_t types[] = { PAWL_EV_EFI_VARIABLE_AUTHORITY,
                PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG, PAWL_EV_EFI_ACTION, PAWL_EV_SEPARATOR };

        (void)state;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                pawl_autologs pawl_logs l = { 0 };
                pawl_secure_boot s;
                log_builder b;

                build(&b);
                add_authority(&b, types[i], foreign_entry);
                assert_int_equal(read_secure_boot(&b, &l, &s), PAWL_OK);
                assert_int_equal(s.n_authorities, 2);
                assert_true(pawl_secure_boot_has_foreign(&s, own_certificate()));
                assert_true(pawl_secure_boot_has_foreign(&s, PAWL_SPAN_NULL));
        }
}

/* Data borrowed from the genuine event does not hide what was really measured. */
static void test_borrowed_data(void **state)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_secure_boot s;
        log_builder b, genuine;
        pawl_event ev;

        (void)state;
        build(&genuine);
        load(&genuine, NULL, &l);
        pawl_log_cursor c = pawl_eventlog_start(&l.firmware);
        do
                assert_int_equal(pawl_eventlog_next(&l.firmware, &c, &ev, NULL), PAWL_OK);
        while (ev.type != PAWL_EV_EFI_VARIABLE_AUTHORITY);
        build(&b);
        log_add(&b, 7, PAWL_EV_EFI_VARIABLE_AUTHORITY, PAWL_SPAN_LITERAL("evil"), ev.data);
        pawl_logs_done(&l);
        build(&genuine);
        assert_int_equal(read_secure_boot(&b, &l, &s), PAWL_OK);
        assert_int_equal(s.n_authorities, 2);
        assert_true(pawl_secure_boot_has_foreign(&s, own_certificate()));
}

/* A SecureBoot event whose data is not what was measured; and a second one that contradicts. */
static void test_forged_configuration(void **state)
{
        pawl_autologs pawl_logs l = { 0 }, other = { 0 };
        pawl_secure_boot s;
        log_builder b;

        (void)state;
        log_start_agile(&b, 1u << BANK, false);
        log_add(&b, 7, PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG, PAWL_SPAN_LITERAL("off"),
                PAWL_SPAN_LITERAL("on"));
        add_config(&b, "\1");
        assert_int_equal(read_secure_boot(&b, &l, &s), PAWL_ERR_MISMATCH);
        log_start_agile(&b, 1u << BANK, false);
        log_add_variable(&b, 7, PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG, pawl_guid_global, "SecureBoot",
                PAWL_SPAN_LITERAL("\0"));
        add_config(&b, "\1");
        assert_int_equal(read_secure_boot(&b, &other, &s), PAWL_OK);
        assert_false(s.is_on);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_opening),
                cmocka_unit_test(test_opening_without_user_log),
                cmocka_unit_test(test_mismatch),
                cmocka_unit_test(test_firmware_may_not_touch_pcr15),
                cmocka_unit_test(test_secure_boot),
                cmocka_unit_test(test_secure_boot_off),
                cmocka_unit_test(test_disguised_authority),
                cmocka_unit_test(test_borrowed_data),
                cmocka_unit_test(test_forged_configuration),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

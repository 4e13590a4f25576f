/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pcr.h"
#include "core/phase.h"
#include "core/plan.h"
#include "tests/corpus.h"
#include "tests/hex.h"
#include "userspace/host/hash.h"

static pawl_buffer file;
static pawl_pe pe;
static pawl_uki uki;

static void load(const char *name, unsigned profile)
{
        pawl_buffer_done(&file);
        file = corpus_read(name);
        assert_int_equal(pawl_pe_read(pawl_buffer_span(&file), PAWL_PE_FILE, &pe), PAWL_OK);
        assert_int_equal(pawl_uki_read(&pe, profile, &uki), PAWL_OK);
}

static int unload(void **state)
{
        (void)state;
        pawl_buffer_done(&file);
        return 0;
}

static void assert_text(pawl_span s, const char *text)
{
        assert_int_equal(s.len, pawl_span_str(text).len);
        assert_memory_equal(s.data, text, s.len);
}

static void test_profiles(void **state)
{
        unsigned n;

        (void)state;
        load("uki/full", 0);
        assert_int_equal(uki.n_profiles, 1);
        assert_false(uki.has[PAWL_UKI_PROFILE]);
        assert_int_equal(pawl_uki_read(&pe, 1, &uki), PAWL_ERR_NOT_FOUND);
        load("uki/profiles", 0);
        assert_int_equal(pawl_uki_count_profiles(&pe, &n), PAWL_OK);
        assert_int_equal(n, 2);
        assert_text(uki.content[PAWL_UKI_PROFILE], "ID=main");
        load("uki/profiles", 1);
        assert_text(uki.content[PAWL_UKI_PROFILE], "ID=two");
        assert_text(uki.content[PAWL_UKI_CMDLINE], "other");
        assert_text(uki.content[PAWL_UKI_LINUX], "kernel");
        assert_int_equal(pawl_uki_read(&pe, 2, &uki), PAWL_ERR_NOT_FOUND);
}

static void test_first_of_a_name_counts(void **state)
{
        (void)state;
        load("uki/double", 0);
        assert_int_equal(uki.content[PAWL_UKI_CMDLINE].len, 8);
        assert_string_equal(pawl_uki_find_duplicate(&pe)->name, ".cmdline");
        load("uki/profiles", 0);
        assert_null(pawl_uki_find_duplicate(&pe));
}

static void test_empty_section_hides_the_base(void **state)
{
        (void)state;
        load("uki/empty-section", 0);
        assert_false(uki.has[PAWL_UKI_CMDLINE]);
        assert_true(uki.has[PAWL_UKI_OSREL]);
}

static void test_needs_a_kernel(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/one-section");

        (void)state;
        assert_int_equal(pawl_pe_read(pawl_buffer_span(&b), PAWL_PE_FILE, &pe), PAWL_OK);
        assert_int_equal(pawl_uki_read(&pe, 0, &uki), PAWL_ERR_MISSING);
}

/* The order of systemd-stub, for every section that there is. */
static void test_order(void **state)
{
        static const char *const want[] = { ".linux", ".osrel", ".cmdline", ".initrd", ".ucode",
                ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey", ".profile", ".dtbauto", ".hwids",
                ".efifw" };
        size_t n = sizeof(want) / sizeof(want[0]);
        pawl_boot_input in = { .uki = &uki };
        pawl_plan plan;

        (void)state;
        uki = (pawl_uki){ .n_profiles = 1 };
        for (pawl_uki_section s = 0; s < PAWL_UKI_SECTION_MAX_; s++) {
                uki.has[s] = true;
                uki.content[s] = PAWL_SPAN_LITERAL("content");
        }
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_OK);
        assert_int_equal(plan.n_items, 2 * n);
        for (size_t i = 0; i < n; i++) {
                assert_text(plan.items[2 * i].bytes, want[i]);
                assert_int_equal(plan.items[2 * i].n_zeros, 1);
                assert_text(plan.items[2 * i + 1].bytes, "content");
                assert_int_equal(plan.items[2 * i + 1].n_zeros, 0);
                assert_string_equal(plan.items[2 * i].label, want[i]);
                assert_string_equal(plan.items[2 * i + 1].label, want[i]);
                assert_int_equal(plan.items[2 * i].pcr, 11);
                assert_int_equal(plan.items[2 * i].event_type, PAWL_EV_IPL);
        }
}

static void assert_event(const pawl_measurement *m, const char *hex)
{
        uint8_t buf[64];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));

        assert_int_equal(pawl_measurement_event(m, &w), PAWL_OK);
        assert_hex(pawl_written(&w), hex);
        w = pawl_writer_of(buf, w.len - 1);
        assert_int_equal(pawl_measurement_event(m, &w), PAWL_ERR_NO_SPACE);
        assert_int_equal(w.len, 0);
}

static void test_events(void **state)
{
        pawl_boot_input in = { .uki = &uki };
        pawl_plan plan;

        (void)state;
        load("uki/profiles", 1);
        in.load_options = PAWL_SPAN_LITERAL("a\0b\0");
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_OK);
        /* the profile first: tag, size, "1" in UTF-16 with NUL */
        assert_int_equal(plan.items[0].pcr, 12);
        assert_int_equal(plan.items[0].event_type, PAWL_EV_EVENT_TAG);
        assert_hex(plan.items[0].bytes, "31000000");
        assert_event(&plan.items[0], "dbd6ae130400000031000000");
        assert_event(&plan.items[1], "2e006c0069006e00750078000000");
        /* the command line last: hashed, and logged, with its NUL */
        assert_int_equal(plan.items[plan.n_items - 1].pcr, 12);
        assert_int_equal(plan.items[plan.n_items - 1].event_type, PAWL_EV_IPL);
        assert_int_equal(plan.items[plan.n_items - 1].n_zeros, 2);
        assert_event(&plan.items[plan.n_items - 1], "610062000000");
        in.load_options.len = 3;
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_ERR_FORMAT);
        uki.profile = 999;
        in.load_options.len = 0;
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_OK);
        assert_hex(plan.items[0].bytes, "3900390039000000");
        uki.profile = 1000;
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_ERR_NO_SPACE);
}

static bool uses_options(bool is_secure_boot, bool has_cmdline, size_t options_len)
{
        pawl_boot_input in = { .uki = &uki,
                .is_secure_boot = is_secure_boot,
                .load_options = pawl_span_of("a\0b\0", options_len) };
        uint32_t last_pcr;
        pawl_plan plan;

        uki.has[PAWL_UKI_CMDLINE] = has_cmdline;
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_OK);
        last_pcr = plan.items[plan.n_items - 1].pcr;
        assert_int_equal(last_pcr, plan.uses_load_options ? 12 : 11);
        return plan.uses_load_options;
}

static void test_command_line_rule(void **state)
{
        (void)state;
        load("uki/full", 0);
        assert_true(uses_options(false, true, 4));
        assert_true(uses_options(false, false, 4));
        assert_true(uses_options(true, false, 4));
        assert_false(uses_options(true, true, 4));
        assert_false(uses_options(false, true, 0));
        assert_false(uses_options(false, false, 0));
}

/* ASCII to UTF-16LE, without NUL. */
static pawl_span utf16(const char *text, uint8_t *buf)
{
        size_t n = 0;

        for (; text[n] != '\0'; n++) {
                buf[2 * n] = (uint8_t)text[n];
                buf[2 * n + 1] = 0;
        }
        return pawl_span_of(buf, 2 * n);
}

static void assert_split(const char *text, unsigned profile, const char *rest)
{
        uint8_t a[128], b[128], *copy;
        pawl_span options = utf16(text, a), want = utf16(rest, b), got;
        unsigned n;

        copy = exact_copy(options);
        assert_int_equal(
                pawl_load_options_split(pawl_span_of(copy, options.len), &n, &got), PAWL_OK);
        assert_int_equal(n, profile);
        assert_true(pawl_span_equal(got, want));
        free(copy);
}

static void test_load_options(void **state)
{
        uint8_t buf[64];
        unsigned n = 7;
        pawl_span rest;

        (void)state;
        assert_split("", 0, "");
        assert_split("quiet", 0, "quiet");
        assert_split("  quiet x ", 0, "quiet x");
        assert_split("@1", 1, "");
        assert_split("@12 quiet", 12, "quiet");
        assert_split("@0   a  b", 0, "a  b");
        assert_split("@999 x", 999, "x");
        assert_split("@1x y", 0, "@1x y");
        assert_split("@ 1", 0, "@ 1");
        assert_split("x @1", 0, "x @1");
        assert_split("@1\tx", 0, ""); /* control characters: the firmware's own data */
        assert_int_equal(pawl_load_options_split(utf16("@1000", buf), &n, &rest), PAWL_ERR_FORMAT);
        assert_int_equal(pawl_load_options_split(utf16("@99999999999999999999", buf), &n, &rest),
                PAWL_ERR_FORMAT);
        assert_int_equal(
                pawl_load_options_split(pawl_span_of("abc", 3), &n, &rest), PAWL_ERR_FORMAT);
        assert_int_equal(n, 7);
        assert_int_equal(
                pawl_load_options_split(PAWL_SPAN_LITERAL("a\0\0\0b\0"), &n, &rest), PAWL_OK);
        assert_int_equal(rest.len, 2);
}

static void assert_osrel(const char *text, const char *key, const char *want)
{
        char got[16];

        assert_int_equal(pawl_osrel_get(pawl_span_str(text), key, got, sizeof(got)), PAWL_OK);
        assert_string_equal(got, want);
}

static void test_osrel(void **state)
{
        char got[4];

        (void)state;
        assert_osrel("ID=a\n", "ID", "a");
        assert_osrel("ID=a", "ID", "a");
        assert_osrel("XID=b\nID=a\r\nIDX=c", "ID", "a");
        assert_osrel("ID=a\nID=b\n", "ID", "b");
        assert_osrel("N=\"a \\\"b\\\" \\$c\"", "N", "a \"b\" $c");
        assert_osrel("N='a \\b'", "N", "a \\b");
        assert_osrel("# N=x\nN=\n", "N", "");
        assert_int_equal(pawl_osrel_get(PAWL_SPAN_LITERAL("A=b"), "ID", got, sizeof(got)),
                PAWL_ERR_NOT_FOUND);
        assert_int_equal(
                pawl_osrel_get(PAWL_SPAN_LITERAL("ID=abc"), "ID", got, sizeof(got)), PAWL_OK);
        assert_int_equal(pawl_osrel_get(PAWL_SPAN_LITERAL("ID=abcd"), "ID", got, sizeof(got)),
                PAWL_ERR_NO_SPACE);
        assert_int_equal(pawl_osrel_get(PAWL_SPAN_LITERAL("ID=a\0b"), "ID", got, sizeof(got)),
                PAWL_ERR_FORMAT);
}

static void test_pcr(void **state)
{
        pawl_digest v, other = { .alg = PAWL_ALG_SHA1 };

        (void)state;
        pawl_pcr_init(PAWL_ALG_SHA256, 17, &v);
        assert_int_equal(v.bytes[0], 0xff);
        assert_int_equal(v.bytes[31], 0xff);
        assert_int_equal(v.bytes[32], 0);
        pawl_pcr_init(PAWL_ALG_SHA256, 23, &v);
        assert_int_equal(v.bytes[0], 0);
        assert_int_equal(pawl_pcr_extend(&pawl_openssl_hasher, &v, &other), PAWL_ERR_MISMATCH);
        assert_int_equal(
                pawl_pcr_extend_bytes(&pawl_openssl_hasher, &v, PAWL_SPAN_LITERAL("a")), PAWL_OK);
        /* printf '%064d%s' 0 $(printf a|sha256sum) | xxd -r -p | sha256sum */
        assert_hex(pawl_digest_span(&v),
                "8c374a53782642f7514d087d26a3e733f1b806009a03e04a43b288ef2fa9f9c0");
}

static void test_phases(void **state)
{
        pawl_reader r = pawl_reader_of(PAWL_SPAN_LITERAL("a:bc"));
        pawl_phase phase;
        pawl_span word;

        (void)state;
        assert_int_equal(pawl_phase_path_next(&r, &word), PAWL_OK);
        assert_text(word, "a");
        assert_int_equal(pawl_phase_path_next(&r, &word), PAWL_OK);
        assert_text(word, "bc");
        assert_int_equal(pawl_phase_path_next(&r, &word), PAWL_ERR_NOT_FOUND);
        for (pawl_phase p = 0; p < PAWL_PHASE_MAX_; p++) {
                assert_int_equal(
                        pawl_phase_from_word(pawl_span_str(pawl_phase_word(p)), &phase), PAWL_OK);
                assert_int_equal(phase, p);
        }
        static const char *const bad[] = { ":", "a:", ":a", "a::b" };
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                pawl_err err = PAWL_OK;

                r = pawl_reader_of(pawl_span_str(bad[i]));
                while (err == PAWL_OK)
                        err = pawl_phase_path_next(&r, &word);
                assert_int_equal(err, PAWL_ERR_FORMAT);
        }
}

static void test_after_initrd(void **state)
{
        (void)state;
        assert_false(pawl_phase_path_is_after_initrd(PAWL_SPAN_NULL));
        assert_false(pawl_phase_path_is_after_initrd(PAWL_SPAN_LITERAL("enter-initrd")));
        assert_false(
                pawl_phase_path_is_after_initrd(PAWL_SPAN_LITERAL("enter-initrd:factory-reset")));
        assert_true(
                pawl_phase_path_is_after_initrd(PAWL_SPAN_LITERAL("enter-initrd:leave-initrd")));
        assert_true(pawl_phase_path_is_after_initrd(PAWL_SPAN_LITERAL("enter-initrd:other")));
        assert_true(pawl_phase_path_is_after_initrd(PAWL_SPAN_LITERAL("enter-initrd:")));
        /* nothing that is signed by default without leaving the initrd has a services reference */
        for (const pawl_signed_path *p = pawl_default_paths; p->path; p++) {
                bool is_services = pawl_span_equal(
                        pawl_span_str(p->ref), pawl_span_str(PAWL_REF_SERVICES));

                assert_int_equal(
                        pawl_phase_path_is_after_initrd(pawl_span_str(p->path)), is_services);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_profiles),
                cmocka_unit_test(test_first_of_a_name_counts),
                cmocka_unit_test(test_empty_section_hides_the_base),
                cmocka_unit_test(test_needs_a_kernel),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_events),
                cmocka_unit_test(test_command_line_rule),
                cmocka_unit_test(test_load_options),
                cmocka_unit_test(test_osrel),
                cmocka_unit_test(test_pcr),
                cmocka_unit_test(test_phases),
                cmocka_unit_test(test_after_initrd),
        };

        return cmocka_run_group_tests(tests, NULL, unload);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub's decisions on a machine in memory; every firmware call fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "efi-common/text.h"
#include "efi-stub/stub.h"
#include "tests/fakes/fake-pe.h"
#include "tests/fakes/fake-platform.h"

/* The file has lines; the kernel, which would read the first one only, gets one. */
#define CMDLINE      "root=x quiet"
#define CMDLINE_FILE "\n root=x\nquiet\t\r\n\0\0"

typedef struct scene {
        fake_platform f;
        pawl_span kernel, image;
        uint8_t options[128], db[512];
        pawl_writer option_writer;
        bool has_earlier, is_secure_boot, has_cmdline;
        uint8_t archives[PAWL_SIDECAR_MAX_][2048];
} scene;

#define OWN_FOLDER    "\\EFI\\Linux\\x.efi.extra.d"
#define SHARED_FOLDER "\\loader\\credentials"

static pawl_span text16(pawl_writer *w, const char *text)
{
        size_t begin = w->len;

        assert_int_equal(pawl_utf16_write(w, pawl_span_str(text)), PAWL_OK);
        return pawl_span_of(w->data + begin, w->len - begin);
}

static void build_image(scene *s, pawl_span certificates)
{
        const fake_section inner = { ".text", PAWL_SPAN_LITERAL("kernel code") };
        fake_section sections[12];
        size_t n = 0;

        s->kernel = fake_pe(&inner, 1, certificates);
        sections[n++] = (fake_section){ ".text", PAWL_SPAN_LITERAL("stub code") };
        sections[n++] = (fake_section){ ".linux", s->kernel };
        if (s->has_cmdline)
                sections[n++] = (fake_section){ ".cmdline", PAWL_SPAN_LITERAL(CMDLINE_FILE) };
        sections[n++] = (fake_section){ ".osrel", PAWL_SPAN_LITERAL("ID=x\n") };
        sections[n++] = (fake_section){ ".initrd", PAWL_SPAN_LITERAL("INITRD") };
        sections[n++] = (fake_section){ ".ucode", PAWL_SPAN_LITERAL("UCODE") };
        sections[n++] = (fake_section){ ".pcrsig", PAWL_SPAN_LITERAL("{}") };
        sections[n++] = (fake_section){ ".pcrpkey", PAWL_SPAN_LITERAL("PEM") };
        sections[n++] = (fake_section){ ".profile", PAWL_SPAN_LITERAL("ID=main\n") };
        sections[n++] = (fake_section){ ".profile", PAWL_SPAN_LITERAL("ID=other\n") };
        sections[n++] = (fake_section){ ".cmdline", PAWL_SPAN_LITERAL("other") };
        s->image = fake_pe(sections, n, PAWL_SPAN_NULL);
        s->f.self.image = s->image;
}

static void set_up_signed(scene *s, bool is_secure_boot, bool has_cmdline, const char *options,
        pawl_span certificates)
{
        pawl_zero(s, sizeof(*s));
        fake_platform_init(&s->f);
        s->is_secure_boot = is_secure_boot;
        s->has_cmdline = has_cmdline;
        s->option_writer = pawl_writer_of(s->options, sizeof(s->options));
        build_image(s, certificates);
        s->f.self.load_options = text16(&s->option_writer, options);
        pawl_copy(s->f.self.path, "\\EFI\\Linux\\x.efi", 17);
        pawl_copy(s->f.self.part_uuid, "b4f9a7c0-56c4-3142-bd05-2b2556891644", 37);
        fake_variable_set(&s->f, PAWL_VENDOR_GLOBAL, "SecureBoot",
                is_secure_boot ? PAWL_SPAN_LITERAL("\1") : PAWL_SPAN_LITERAL("\0"));
}

static void set_up(scene *s, bool is_secure_boot, bool has_cmdline, const char *options)
{
        set_up_signed(s, is_secure_boot, has_cmdline, options, PAWL_SPAN_NULL);
}

static void tear_down(scene *s)
{
        fake_platform_end(&s->f);
        free((void *)(uintptr_t)s->kernel.data);
        free((void *)(uintptr_t)s->image.data);
}

/* The command line that the kernel got, as ASCII. */
static bool kernel_got(const scene *s, const char *want)
{
        pawl_span got = s->f.loaded.load_options;
        size_t n = strlen(want);

        if (got.len != 2 * (n + 1))
                return false;
        for (size_t i = 0; i <= n; i++)
                if (got.data[2 * i] != (uint8_t)want[i] || got.data[2 * i + 1] != 0)
                        return false;
        return true;
}

static bool initrd_has(const scene *s, const char *text)
{
        return pawl_span_contains(pawl_span_of(s->f.initrd, s->f.initrd_len), pawl_span_str(text));
}

/* A started program's command line is gone afterwards: look while it runs. */
static void keep_cmdline(fake_platform *f, void *arg)
{
        static uint8_t kept[256];

        (void)arg;
        assert_true(f->loaded.load_options.len <= sizeof(kept));
        pawl_copy(kept, f->loaded.load_options.data, f->loaded.load_options.len);
        f->loaded.load_options.data = kept;
}

static pawl_err run(scene *s)
{
        pawl_err err;

        s->f.on_start = keep_cmdline;
        alarm(20); /* a boot that hangs ends the test program */
        err = pawl_stub_run(&s->f.platform);
        alarm(0);
        assert_int_equal(s->f.n_allocations, 0);
        assert_int_equal(s->f.n_loaded, 0);
        assert_false(s->f.is_initrd_installed);
        return err;
}

/* --- credentials beside the image --- */

static void add_sidecars(scene *s)
{
        fake_dir_add(&s->f, OWN_FOLDER);
        fake_file_add(&s->f, OWN_FOLDER "\\b.cred", PAWL_SPAN_LITERAL("OWN-TWO"));
        fake_file_add(&s->f, OWN_FOLDER "\\a.cred", PAWL_SPAN_LITERAL("OWN-ONE"));
        fake_file_add(&s->f, OWN_FOLDER "\\a.txt", PAWL_SPAN_LITERAL("NOT THIS"));
        fake_dir_add(&s->f, OWN_FOLDER "\\c.cred");
        fake_dir_add(&s->f, SHARED_FOLDER);
        fake_file_add(&s->f, SHARED_FOLDER "\\a.cred", PAWL_SPAN_LITERAL("SHARED-ONE"));
}

static pawl_err content_of(void *arg, const pawl_sidecar_file *f, pawl_span *ret)
{
        bool is_own = *(const pawl_sidecar *)arg == PAWL_SIDECAR_CREDENTIALS;

        *ret = !is_own             ? PAWL_SPAN_LITERAL("SHARED-ONE")
               : f->name[0] == 'a' ? PAWL_SPAN_LITERAL("OWN-ONE")
                                   : PAWL_SPAN_LITERAL("OWN-TWO");
        return PAWL_OK;
}

/* The archives of these files, as the plan takes them; bit `kind` of `mask`: that one. */
static void expect_sidecars(scene *s, unsigned mask, pawl_boot_input *in)
{
        static pawl_sidecar_list l;

        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++) {
                if ((mask >> k & 1) == 0)
                        continue;
                pawl_zero(&l, sizeof(l));
                if (k == PAWL_SIDECAR_CREDENTIALS)
                        assert_int_equal(pawl_sidecar_add(&l, "b.cred", 7), PAWL_OK);
                assert_int_equal(
                        pawl_sidecar_add(&l, "a.cred", k == PAWL_SIDECAR_CREDENTIALS ? 7 : 10),
                        PAWL_OK);
                assert_int_equal(pawl_sidecar_archive(k, &l, content_of, &k, s->archives[k],
                                         sizeof(s->archives[k]), &in->sidecars[k]),
                        PAWL_OK);
        }
}

static void plan_with(
        scene *s, bool is_secure_boot, unsigned sidecars, pawl_uki *uki, pawl_plan *ret)
{
        static pawl_pe pe;
        pawl_boot_input in = { .uki = uki, .is_secure_boot = is_secure_boot };
        unsigned profile = 0;

        assert_int_equal(pawl_pe_read(s->image, PAWL_PE_MEMORY, &pe), PAWL_OK);
        assert_int_equal(
                pawl_load_options_split(s->f.self.load_options, &profile, &in.load_options),
                PAWL_OK);
        assert_int_equal(pawl_uki_read(&pe, profile, uki), PAWL_OK);
        in.earlier_initrd = s->f.earlier_initrd;
        expect_sidecars(s, sidecars, &in);
        assert_int_equal(pawl_boot_plan(&in, ret), PAWL_OK);
}

static void plan_of(scene *s, bool is_secure_boot, pawl_uki *uki, pawl_plan *ret)
{
        plan_with(s, is_secure_boot, /* sidecars= */ 0, uki, ret);
}

static bool is_item(const fake_measurement *m, const pawl_measurement *item)
{
        uint8_t event[256];
        pawl_writer w = pawl_writer_of(event, sizeof(event));

        if (m->pcr != item->pcr || m->event_type != item->event_type ||
                m->len != item->bytes.len + item->n_zeros ||
                pawl_measurement_event(item, &w) != PAWL_OK)
                return false;
        for (size_t i = item->bytes.len; i < m->len; i++)
                if (m->bytes[i] != 0)
                        return false;
        return pawl_span_equal(pawl_span_of(m->bytes, item->bytes.len), item->bytes) &&
               pawl_span_equal(pawl_span_of(m->event, m->event_len), pawl_written(&w));
}

/* Whether exactly the plan was measured. */
static bool is_complete(const scene *s, const pawl_plan *plan)
{
        if (s->f.n_measurements != plan->n_items)
                return false;
        for (size_t i = 0; i < plan->n_items; i++)
                if (!is_item(&s->f.measurements[i], &plan->items[i]))
                        return false;
        return true;
}

static bool is_poisoned_in(const scene *s, uint32_t pcr)
{
        for (size_t i = 0; i < s->f.n_measurements; i++) {
                const fake_measurement *m = &s->f.measurements[i];

                if (m->pcr == pcr && pawl_span_equal(pawl_span_of(m->bytes, m->len),
                                             PAWL_SPAN_LITERAL(PAWL_POISON_TEXT)))
                        return true;
        }
        return false;
}

static bool is_poisoned(const scene *s)
{
        return is_poisoned_in(s, PAWL_PCR_KERNEL_BOOT) || is_poisoned_in(s, PAWL_PCR_KERNEL_CONFIG);
}

static void test_measures_and_starts(void **state)
{
        pawl_uki uki;
        pawl_plan plan;
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        assert_int_equal(run(&s), PAWL_OK);
        plan_of(&s, false, &uki, &plan);
        assert_true(is_complete(&s, &plan));
        assert_int_equal(s.f.n_started, 1);
        assert_true(s.f.loaded.is_vouched);
        assert_ptr_equal(s.f.loaded.path, NULL);
        assert_true(kernel_got(&s, CMDLINE));
        assert_true(fake_variable_is(&s.f, "StubPcrKernelImage", "11"));
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "StubPcrKernelParameters"));
        assert_true(fake_variable_is(&s.f, "LoaderTpm2ActivePcrBanks", "0x00000002"));
        assert_true(fake_variable_is(&s.f, "StubProfile", "0"));
        assert_true(fake_variable_is(
                &s.f, "LoaderDevicePartUUID", "b4f9a7c0-56c4-3142-bd05-2b2556891644"));
        assert_true(fake_variable_is(&s.f, "StubImageIdentifier", "\\EFI\\Linux\\x.efi"));
        assert_string_equal(s.f.said, "");
        tear_down(&s);
}

static void test_initrd_order(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        s.f.earlier_initrd = PAWL_SPAN_LITERAL("EARLIER");
        assert_int_equal(run(&s), PAWL_OK);
        /* each part at a multiple of four */
        assert_memory_equal(s.f.initrd,
                "UCODE\0\0\0EARLIER\0INITRD\0\0"
                "070701",
                30);
        assert_true(initrd_has(&s, ".extra/tpm2-pcr-signature.json"));
        assert_true(initrd_has(&s, ".extra/tpm2-pcr-public-key.pem"));
        assert_true(initrd_has(&s, ".extra/profile"));
        assert_true(initrd_has(&s, ".extra/os-release"));
        assert_true(fake_variable_is(&s.f, "StubPcrKernelParameters", "12"));
        tear_down(&s);
}

static void test_earlier_initrd_does_not_count_with_secure_boot(void **state)
{
        scene s;

        (void)state;
        set_up(&s, true, true, "");
        s.f.earlier_initrd = PAWL_SPAN_LITERAL("EARLIER");
        assert_int_equal(run(&s), PAWL_OK);
        assert_false(initrd_has(&s, "EARLIER"));
        tear_down(&s);
}

static void test_command_line_rule(void **state)
{
        static const struct {
                bool is_secure_boot, has_cmdline;
                const char *options, *want;
        } rows[] = {
                {true,   true,  "evil=1",    CMDLINE },
                { true,  false, "evil=1",    "evil=1"},
                { false, true,  "evil=1",    "evil=1"},
                { false, true,  "@1",        "other" },
                { true,  true,  "@1 evil=1", "other" },
                { true,  true,  "",          CMDLINE },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_uki uki;
                pawl_plan plan;
                scene s;

                set_up(&s, rows[i].is_secure_boot, rows[i].has_cmdline, rows[i].options);
                assert_int_equal(run(&s), PAWL_OK);
                plan_of(&s, rows[i].is_secure_boot, &uki, &plan);
                assert_true(is_complete(&s, &plan));
                assert_true(kernel_got(&s, rows[i].want));
                tear_down(&s);
        }
}

static void test_without_tpm(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        s.f.has_tpm = false;
        fake_variable_set(
                &s.f, PAWL_VENDOR_LOADER, "StubPcrKernelImage", PAWL_SPAN_LITERAL("1\0001\0\0\0"));
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.f.n_started, 1);
        /* what an attacker left behind does not speak for this boot */
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "StubPcrKernelImage"));
        assert_true(fake_variable_is(&s.f, "LoaderTpm2ActivePcrBanks", "0x00000000"));
        tear_down(&s);
}

static void test_loader_variables_are_left_alone(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        assert_int_equal(
                s.f.platform.set_variable(&s.f, PAWL_VENDOR_LOADER, "LoaderImageIdentifier",
                        PAWL_SPAN_LITERAL("l\0\0\0"), /* is_lasting= */ false),
                PAWL_OK);
        assert_int_equal(run(&s), PAWL_OK);
        assert_true(fake_variable_is(&s.f, "LoaderImageIdentifier", "l"));
        tear_down(&s);
}

/* No loader has run, and somebody left behind what a loader would say: which disk to look at. */
static void test_forged_loader_variables_are_replaced(void **state)
{
        for (int has_partition = 0; has_partition < 2; has_partition++) {
                scene s;

                set_up(&s, false, true, "");
                if (!has_partition)
                        s.f.self.part_uuid[0] = '\0';
                fake_variable_set(&s.f, PAWL_VENDOR_LOADER, "LoaderDevicePartUUID",
                        PAWL_SPAN_LITERAL("x\0\0\0"));
                assert_int_equal(run(&s), PAWL_OK);
                if (has_partition)
                        assert_true(fake_variable_is(&s.f, "LoaderDevicePartUUID",
                                "b4f9a7c0-56c4-3142-bd05-2b2556891644"));
                else
                        assert_null(fake_variable_get(
                                &s.f, PAWL_VENDOR_LOADER, "LoaderDevicePartUUID"));
                tear_down(&s);
        }
        (void)state;
}

/* One that lasts over the reset cannot be overwritten, only deleted. */
static void test_forged_stub_variables_are_replaced(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        fake_variable_set(
                &s.f, PAWL_VENDOR_LOADER, "StubDevicePartUUID", PAWL_SPAN_LITERAL("x\0\0\0"));
        assert_int_equal(run(&s), PAWL_OK);
        assert_true(fake_variable_is(
                &s.f, "StubDevicePartUUID", "b4f9a7c0-56c4-3142-bd05-2b2556891644"));
        tear_down(&s);
}

static void test_signed_kernel(void **state)
{
        static const bool rows[][2] = {
                {true,   true },
                { true,  false},
                { false, true }
        };
        uint8_t ours[256], other[256];
        pawl_span certificate = fake_certificate("our db certificate", ours);
        pawl_span stranger = fake_certificate("somebody else's", other);

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                bool is_secure_boot = rows[i][0], is_ours = rows[i][1];
                scene s;

                set_up_signed(&s, is_secure_boot, true, "", is_ours ? certificate : stranger);
                fake_variable_set(&s.f, PAWL_VENDOR_SECURITY, "db", fake_db(certificate, s.db));
                if (is_secure_boot && is_ours) {
                        assert_int_equal(run(&s), PAWL_ERR_REFUSED);
                        assert_int_equal(s.f.n_started, 0);
                        assert_int_equal(s.f.n_measurements, 0);
                        assert_non_null(strstr(s.f.said, "unsigned kernel"));
                } else {
                        assert_int_equal(run(&s), PAWL_OK);
                }
                tear_down(&s);
        }
}

/* The menu's next entry finds the PCRs as they were. */
static void test_unloadable_kernel_measures_nothing(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        s.f.load_err = PAWL_ERR_FORMAT;
        assert_int_equal(run(&s), PAWL_ERR_FORMAT);
        assert_int_equal(s.f.n_measurements, 0);
        assert_non_null(strstr(s.f.said, "pawl-stub: the kernel (.linux): "));
        tear_down(&s);
}

static void test_unknown_profile(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "@7");
        assert_int_equal(run(&s), PAWL_ERR_NOT_FOUND);
        assert_int_equal(s.f.n_started + s.f.n_measurements, 0);
        tear_down(&s);
}

static void test_kernel_that_returns(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        s.f.program_status = 5;
        assert_int_equal(run(&s), PAWL_ERR_FIRMWARE);
        assert_int_equal(s.f.n_started, 1);
        tear_down(&s);
}

/* A TPM that refuses everything: two calls, then none; the image's own command line. */
static void test_dead_tpm(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "evil=1");
        s.f.earlier_initrd = PAWL_SPAN_LITERAL("EARLIER");
        s.f.is_measuring_broken = true;
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.f.n_started, 1);
        assert_int_equal(s.f.n_refused_measurements, 2);
        assert_true(kernel_got(&s, CMDLINE));
        assert_false(initrd_has(&s, "EARLIER"));
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "StubPcrKernelImage"));
        assert_non_null(strstr(s.f.said, "nothing opens by itself"));
        tear_down(&s);
}

static void test_late_tpm(void **state)
{
        scene s;

        (void)state;
        set_up(&s, false, true, "");
        s.f.measure_usec = 1000000 * (uint64_t)(PAWL_MEASURE_LATE_SECONDS + 1);
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.f.n_started, 1);
        /* the late one, and the poison text */
        assert_int_equal(s.f.n_measurements, 2);
        assert_true(is_poisoned(&s));
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "StubPcrKernelImage"));
        tear_down(&s);
}

static bool has_sidecar(const scene *s, pawl_sidecar kind)
{
        return initrd_has(s, kind == PAWL_SIDECAR_CREDENTIALS ? "OWN-" : "SHARED-");
}

static bool stands_before(const scene *s, const char *a, const char *b)
{
        const uint8_t *p = memmem(s->f.initrd, s->f.initrd_len, a, strlen(a));
        const uint8_t *q = memmem(s->f.initrd, s->f.initrd_len, b, strlen(b));

        return p && q && p < q;
}

static void test_sidecars(void **state)
{
        pawl_uki uki;
        pawl_plan plan;
        scene s;

        (void)state;
        set_up(&s, true, true, "");
        /* the counter is no part of the folder's name */
        pawl_copy(s.f.self.path, "\\EFI\\Linux\\x+2-1.efi", 21);
        add_sidecars(&s);
        assert_int_equal(run(&s), PAWL_OK);
        plan_with(&s, true, 3, &uki, &plan);
        assert_true(plan.uses_sidecars);
        assert_true(is_complete(&s, &plan));
        assert_true(initrd_has(&s, ".extra/credentials/a.cred"));
        assert_true(initrd_has(&s, ".extra/credentials/b.cred"));
        assert_true(initrd_has(&s, ".extra/global_credentials/a.cred"));
        assert_true(initrd_has(&s, ".extra/os-release"));
        assert_false(initrd_has(&s, "NOT THIS"));
        /* behind the image's own, so that microcode stays first */
        assert_true(stands_before(&s, "UCODE", "INITRD"));
        assert_true(stands_before(&s, "INITRD", ".extra/credentials"));
        assert_true(stands_before(&s, ".extra/credentials/b.cred", ".extra/global_credentials"));
        assert_true(stands_before(&s, ".extra/global_credentials/a.cred", ".extra/os-release"));
        assert_true(fake_variable_is(&s.f, "StubPcrKernelParameters", "12"));
        assert_int_equal(
                fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "StubFeatures")->value[0] & 2, 2);
        assert_string_equal(s.f.said, "");
        tear_down(&s);
}

/* An image that was not started from a file has no folder, but its partition may have one. */
static void test_sidecars_without_path(void **state)
{
        scene s;

        (void)state;
        set_up(&s, true, true, "");
        s.f.self.path[0] = '\0';
        add_sidecars(&s);
        assert_int_equal(run(&s), PAWL_OK);
        assert_false(has_sidecar(&s, PAWL_SIDECAR_CREDENTIALS));
        assert_true(has_sidecar(&s, PAWL_SIDECAR_GLOBAL_CREDENTIALS));
        assert_string_equal(s.f.said, "");
        tear_down(&s);
}

/* Neither packed nor measured, and the rest goes on. */
static void test_sidecars_over_a_limit(void **state)
{
        static uint8_t big[PAWL_SIDECAR_SIZE_MAX + 1];

        (void)state;
        for (int is_size = 0; is_size < 2; is_size++) {
                pawl_uki uki;
                pawl_plan plan;
                char path[64];
                scene s;

                set_up(&s, true, true, "");
                add_sidecars(&s);
                for (int i = 0; i < (is_size ? 0 : PAWL_SIDECAR_FILES_MAX - 1); i++) {
                        (void)snprintf(path, sizeof(path), OWN_FOLDER "\\more-%d.cred", i);
                        fake_file_add(&s.f, path, PAWL_SPAN_NULL);
                }
                if (is_size)
                        fake_file_add(
                                &s.f, OWN_FOLDER "\\big.cred", pawl_span_of(big, sizeof(big)));
                assert_int_equal(run(&s), PAWL_OK);
                plan_with(&s, true, 1u << PAWL_SIDECAR_GLOBAL_CREDENTIALS, &uki, &plan);
                assert_true(is_complete(&s, &plan));
                assert_false(has_sidecar(&s, PAWL_SIDECAR_CREDENTIALS));
                assert_true(has_sidecar(&s, PAWL_SIDECAR_GLOBAL_CREDENTIALS));
                assert_non_null(strstr(s.f.said, "pawl-stub: " OWN_FOLDER ": a size or count is "
                                                 "over the limit\n"));
                assert_non_null(strstr(s.f.said, "none of its credentials is used"));
                tear_down(&s);
        }
}

static void test_dead_tpm_leaves_sidecars_out(void **state)
{
        scene s;

        (void)state;
        set_up(&s, true, true, "");
        add_sidecars(&s);
        s.f.is_measuring_broken = true;
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.f.n_started, 1);
        assert_false(initrd_has(&s, "OWN-") || initrd_has(&s, "SHARED-"));
        assert_non_null(strstr(s.f.said, "credentials from outside are not used"));
        tear_down(&s);
}

/* What must hold of every boot, whatever failed: nothing runs that is neither measured nor
 * poisoned, except the image itself with nothing from outside, and then the OS is not told that it
 * was. */
static void check_invariant(scene *s)
{
        static pawl_uki uki;
        static pawl_plan plan;
        bool complete = false;
        unsigned sidecars = 0; /* that the kernel got: a folder that failed is left out */

        if (s->f.n_started == 0)
                return;
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                sidecars |= has_sidecar(s, k) ? 1u << k : 0;
        for (int i = 0; i < 2; i++) { /* an unreadable SecureBoot counts as on */
                plan_with(s, i == 1, sidecars, &uki, &plan);
                if (is_complete(s, &plan) && plan.uses_load_options == kernel_got(s, "evil=1") &&
                        plan.uses_earlier_initrd == initrd_has(s, "EARLIER"))
                        complete = true;
        }
        if (complete && s->f.n_refused_measurements == 0)
                return;
        assert_null(fake_variable_get(&s->f, PAWL_VENDOR_LOADER, "StubPcrKernelImage"));
        /* a policy may leave PCR 11 out */
        if (is_poisoned_in(s, PAWL_PCR_KERNEL_CONFIG))
                return;
        assert_true(kernel_got(s, CMDLINE) || kernel_got(s, "other"));
        assert_false(initrd_has(s, "EARLIER"));
        assert_int_equal(sidecars, 0);
}

static void fail_every_call(bool is_secure_boot, const char *options, fake_failure failure)
{
        for (unsigned n = 1;; n++) {
                scene s;
                unsigned calls;
                pawl_err err;

                set_up(&s, is_secure_boot, true, options);
                s.f.earlier_initrd = PAWL_SPAN_LITERAL("EARLIER");
                add_sidecars(&s);
                s.f.fail_at = n;
                s.f.failure = failure;
                err = run(&s);
                calls = s.f.n_calls;
                check_invariant(&s);
                if (err != PAWL_OK && s.f.n_started == 0)
                        assert_non_null(strstr(s.f.said, "pawl-stub: next: "));
                tear_down(&s);
                if (calls < n) {
                        assert_int_equal(err, PAWL_OK);
                        assert_true(n > 40); /* the loop has seen a boot */
                        return;
                }
        }
}

static void test_fail_every_call(void **state)
{
        static const char *const options[] = { "", "evil=1", "@1 evil=1" };

        (void)state;
        for (size_t i = 0; i < 3; i++)
                for (int secure = 0; secure < 2; secure++)
                        for (fake_failure f = FAKE_FAIL_ONE; f <= FAKE_FAIL_ONE_AFTER; f++)
                                fail_every_call(secure == 1, options[i], f);
}

/* A kernel that Secure Boot would start by itself never runs, whatever cannot be read. */
static void test_signed_kernel_never_starts(void **state)
{
        uint8_t bytes[256];
        pawl_span certificate = fake_certificate("our db certificate", bytes);
        unsigned calls, n = 0;

        (void)state;
        do {
                scene s;

                set_up_signed(&s, true, true, "", certificate);
                fake_variable_set(&s.f, PAWL_VENDOR_SECURITY, "db", fake_db(certificate, s.db));
                s.f.fail_at = ++n;
                assert_int_not_equal(run(&s), PAWL_OK);
                assert_int_equal(s.f.n_started, 0);
                calls = s.f.n_calls;
                tear_down(&s);
        } while (calls >= n);
}

/* Truncated images, and images with any one byte changed in their headers: no memory error. */
static void test_bad_images(void **state)
{
        scene s;

        (void)state;
        for (size_t len = 0; len < 4096 * 3; len += len < 1024 ? 1 : 509) {
                set_up(&s, true, true, "");
                s.f.self.image = pawl_span_of(s.image.data, len);
                assert_int_not_equal(run(&s), PAWL_OK);
                assert_int_equal(s.f.n_started, 0);
                tear_down(&s);
        }
        for (size_t off = 0; off < 0x44 + 20 + 240 + 40 * 11; off++) {
                set_up(&s, true, true, "");
                ((uint8_t *)(uintptr_t)s.image.data)[off] ^= 0xff;
                (void)run(&s);
                tear_down(&s);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_measures_and_starts),
                cmocka_unit_test(test_initrd_order),
                cmocka_unit_test(test_earlier_initrd_does_not_count_with_secure_boot),
                cmocka_unit_test(test_command_line_rule),
                cmocka_unit_test(test_without_tpm),
                cmocka_unit_test(test_loader_variables_are_left_alone),
                cmocka_unit_test(test_forged_loader_variables_are_replaced),
                cmocka_unit_test(test_forged_stub_variables_are_replaced),
                cmocka_unit_test(test_signed_kernel),
                cmocka_unit_test(test_unloadable_kernel_measures_nothing),
                cmocka_unit_test(test_unknown_profile),
                cmocka_unit_test(test_kernel_that_returns),
                cmocka_unit_test(test_dead_tpm),
                cmocka_unit_test(test_late_tpm),
                cmocka_unit_test(test_sidecars),
                cmocka_unit_test(test_sidecars_without_path),
                cmocka_unit_test(test_sidecars_over_a_limit),
                cmocka_unit_test(test_dead_tpm_leaves_sidecars_out),
                cmocka_unit_test(test_fail_every_call),
                cmocka_unit_test(test_signed_kernel_never_starts),
                cmocka_unit_test(test_bad_images),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

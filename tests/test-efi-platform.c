/* SPDX-License-Identifier: BSD-2-Clause */
/* The EFI adapter on a firmware in memory, alone and under the stub; every service fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "efi-common/efi-platform.h"
#include "efi-common/efi-vouch.h"
#include "efi-stub/stub.h"
#include "tests/fakes/fake-efi.h"
#include "tests/fakes/fake-pe.h"

typedef struct scene {
        fake_efi f;
        pawl_efi efi;
        pawl_platform p;
} scene;

static scene *set_up(void)
{
        static scene s;

        memset(&s, 0, sizeof(s));
        fake_efi_init(&s.f);
        assert_int_equal(pawl_efi_platform(s.f.image_handle, s.f.st, &s.efi, &s.p), PAWL_OK);
        return &s;
}

static void tear_down(scene *s)
{
        pawl_efi_platform_end(&s->efi);
        assert_int_equal(s->f.n_allocations, 0);
        assert_int_equal(s->f.n_open_files, 0);
        assert_int_equal(s->f.n_images, 0);
        assert_int_equal(s->f.n_events, 0);
        assert_true(fake_efi_checks_are_its_own(&s->f));
        fake_efi_end(&s->f);
}

static void test_self(void **state)
{
        scene *s = set_up();
        pawl_self self;

        (void)state;
        assert_int_equal(s->p.self(s->p.ctx, &self), PAWL_OK);
        assert_string_equal(self.path, "\\EFI\\Linux\\test.efi");
        assert_string_equal(self.part_uuid, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_string_equal(self.firmware_info, "Fake 1.02");
        assert_string_equal(self.firmware_type, "UEFI 2.70");
        s->f.own->FilePath = NULL;
        s->f.own->DeviceHandle = NULL;
        assert_int_equal(s->p.self(s->p.ctx, &self), PAWL_OK);
        assert_string_equal(self.path, "");
        assert_string_equal(self.part_uuid, "");
        tear_down(s);
}

/* A path that never ends, or whose node has no length, is not followed for ever. */
static void test_bad_device_paths(void **state)
{
        uint8_t endless[4096], stuck[] = { 4, 4, 0, 0, 4, 4, 0, 0 };
        char text[16];
        size_t len;

        (void)state;
        for (size_t i = 0; i < sizeof(endless); i += 4)
                memcpy(endless + i, "\4\3\4\0", 4);
        assert_int_equal(pawl_device_path_len((void *)endless, &len), PAWL_ERR_LIMIT);
        assert_int_equal(pawl_device_path_len((void *)stuck, &len), PAWL_ERR_FORMAT);
        assert_int_equal(
                pawl_device_path_file(
                        (void *)"\4\4\12\0a\0b\0\0\0\4\4\12\0c\0d\0\0\0\x7f\xff\4\0", text, 5),
                PAWL_ERR_NO_SPACE);
        assert_int_equal(pawl_device_path_part_uuid((void *)"\4\1\4\0\x7f\xff\4\0", text, 16),
                PAWL_ERR_TRUNCATED);
}

static void test_measure(void **state)
{
        scene *s = set_up();
        uint32_t banks = 0;

        (void)state;
        assert_int_equal(s->p.banks(s->p.ctx, &banks), PAWL_OK);
        assert_int_equal(banks, 2);
        assert_int_equal(s->p.measure(s->p.ctx, 11, 13, PAWL_SPAN_LITERAL("abc"), 2,
                                 PAWL_SPAN_LITERAL("event")),
                PAWL_OK);
        assert_int_equal(s->f.n_extends, 1);
        assert_int_equal(s->f.extends[0].pcr, 11);
        assert_int_equal(s->f.extends[0].event_type, 13);
        assert_int_equal(s->f.extends[0].len, 5);
        assert_memory_equal(s->f.extends[0].bytes, "abc\0\0", 5);
        assert_memory_equal(s->f.extends[0].event, "event", 5);
        s->f.extend_status = EFI_DEVICE_ERROR;
        assert_int_equal(s->p.measure(s->p.ctx, 11, 13, PAWL_SPAN_LITERAL("abc"), 0,
                                 PAWL_SPAN_LITERAL("event")),
                PAWL_ERR_TPM_FAILED);
        /* extended, but the log is full */
        s->f.extend_status = EFI_VOLUME_FULL;
        assert_int_equal(s->p.measure(s->p.ctx, 11, 13, PAWL_SPAN_LITERAL("abc"), 0,
                                 PAWL_SPAN_LITERAL("event")),
                PAWL_OK);
        tear_down(s);
}

static void test_no_tpm(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                scene *s = set_up();
                uint32_t banks;

                s->f.has_tcg2 = i != 0;
                s->f.is_tpm_present = i != 1;
                s->f.active_banks = i == 2 ? 0 : 2;
                assert_int_equal(s->p.banks(s->p.ctx, &banks), PAWL_ERR_TPM_ABSENT);
                assert_int_equal(s->p.measure(s->p.ctx, 11, 13, PAWL_SPAN_NULL, 0, PAWL_SPAN_NULL),
                        PAWL_ERR_TPM_ABSENT);
                tear_down(s);
        }
}

static void test_variables(void **state)
{
        scene *s = set_up();
        uint8_t buf[8];
        size_t len = 0;

        (void)state;
        assert_int_equal(s->p.get_variable(s->p.ctx, PAWL_VENDOR_LOADER, "x", buf, 8, &len),
                PAWL_ERR_NOT_FOUND);
        assert_int_equal(s->p.set_variable(s->p.ctx, PAWL_VENDOR_LOADER, "x",
                                 PAWL_SPAN_LITERAL("abc"), /* is_lasting= */ false),
                PAWL_OK);
        assert_int_equal(s->p.get_variable_size(s->p.ctx, PAWL_VENDOR_LOADER, "x", &len), PAWL_OK);
        assert_int_equal(len, 3);
        assert_int_equal(s->p.get_variable(s->p.ctx, PAWL_VENDOR_LOADER, "x", buf, 2, &len),
                PAWL_ERR_NO_SPACE);
        assert_int_equal(s->p.get_variable(s->p.ctx, PAWL_VENDOR_GLOBAL, "x", buf, 8, &len),
                PAWL_ERR_NOT_FOUND);
        assert_int_equal(s->p.set_variable(s->p.ctx, PAWL_VENDOR_LOADER, "x", PAWL_SPAN_NULL,
                                 /* is_lasting= */ false),
                PAWL_OK);
        assert_int_equal(s->p.get_variable_size(s->p.ctx, PAWL_VENDOR_LOADER, "x", &len),
                PAWL_ERR_NOT_FOUND);
        tear_down(s);
}

static pawl_err collect(void *arg, const pawl_file_info *info)
{
        strcat(arg, info->name);
        strcat(arg, info->is_dir ? "/ " : " ");
        return PAWL_OK;
}

static void test_files(void **state)
{
        static uint8_t big[1000];
        scene *s = set_up();
        uint8_t buf[1000];
        char names[256] = "";
        uint64_t size = 0;

        (void)state;
        for (size_t i = 0; i < sizeof(big); i++)
                big[i] = (uint8_t)i;
        fake_efi_add_dir(&s->f, "\\EFI");
        fake_efi_add_dir(&s->f, "\\EFI\\Linux");
        fake_efi_add_file(&s->f, "\\EFI\\Linux\\a+3.efi", pawl_span_of(big, sizeof(big)));
        fake_efi_add_file(&s->f, "\\EFI\\Linux\\b.efi", PAWL_SPAN_NULL);
        assert_int_equal(s->p.file_size(s->p.ctx, "\\EFI\\Linux\\a+3.efi", &size), PAWL_OK);
        assert_int_equal(size, 1000);
        assert_int_equal(s->p.file_read(s->p.ctx, "\\EFI\\Linux\\a+3.efi", 10, buf, 990), PAWL_OK);
        assert_memory_equal(buf, big + 10, 990);
        assert_int_equal(s->p.file_read(s->p.ctx, "\\EFI\\Linux\\a+3.efi", 11, buf, 990),
                PAWL_ERR_TRUNCATED);
        assert_int_equal(s->p.directory_list(s->p.ctx, "\\EFI\\Linux", collect, names), PAWL_OK);
        assert_string_equal(names, "a+3.efi b.efi ");
        assert_int_equal(
                s->p.directory_list(s->p.ctx, "\\none", collect, names), PAWL_ERR_NOT_FOUND);
        assert_int_equal(s->p.file_rename(s->p.ctx, "\\EFI\\Linux\\a+3.efi", "a+2-1.efi"), PAWL_OK);
        assert_true(fake_efi_has_file(&s->f, "\\EFI\\Linux\\a+2-1.efi"));
        assert_int_equal(
                s->p.file_rename(s->p.ctx, "\\EFI\\Linux\\a+2-1.efi", "b.efi"), PAWL_ERR_EXISTS);
        tear_down(s);
}

static void test_keys(void **state)
{
        scene *s = set_up();
        uint32_t key = 0;

        (void)state;
        s->f.keys[0] = 'a';
        s->f.keys[1] = 1 << 16;
        s->f.keys[2] = '\r';
        s->f.keys[3] = UINT32_MAX; /* comes while we wait */
        s->f.n_keys = 4;
        assert_int_equal(s->p.read_key(s->p.ctx, 0, &key), PAWL_OK);
        assert_int_equal(key, 'a');
        assert_int_equal(s->p.read_key(s->p.ctx, 0, &key), PAWL_OK);
        assert_int_equal(key, PAWL_KEY_UP);
        assert_int_equal(s->p.read_key(s->p.ctx, 0, &key), PAWL_OK);
        assert_int_equal(key, PAWL_KEY_ENTER);
        assert_int_equal(s->p.read_key(s->p.ctx, UINT64_MAX, &key), PAWL_OK);
        assert_int_equal(key, 'w');
        assert_int_equal(s->p.read_key(s->p.ctx, 0, &key), PAWL_ERR_TIMEOUT);
        assert_int_equal(s->p.read_key(s->p.ctx, 3000000, &key), PAWL_ERR_TIMEOUT);
        assert_int_equal(s->f.waited_usec, 3000000);
        tear_down(s);
}

static void test_print(void **state)
{
        char text[1000];
        scene *s = set_up();

        (void)state;
        memset(text, 'x', sizeof(text));
        text[999] = '\0';
        text[125] = '\n'; /* at the edge of a piece */
        s->p.print(s->p.ctx, text);
        assert_int_equal(s->f.said_len, 1000);
        assert_memory_equal(s->f.said + 124, "x\r\nx", 4);
        tear_down(s);
}

/* The answer to the firmware's check is for one buffer, and gone afterwards. */
static void test_vouching(void **state)
{
        static const uint8_t kernel[16], other[16];

        (void)state;
        for (int security2 = 0; security2 < 2; security2++) {
                scene *s = set_up();
                pawl_load_request r = { .file = pawl_span_of(kernel, 16), .is_vouched = true };
                pawl_image image = NULL;

                s->f.has_security2 = security2 == 1;
                s->f.has_security = true;
                s->f.is_check_strict = true;
                assert_int_equal(s->p.image_load(s->p.ctx, &r, &image), PAWL_OK);
                assert_int_equal(s->f.n_checked, 0);
                s->p.image_unload(s->p.ctx, image);
                assert_true(fake_efi_checks_are_its_own(&s->f));
                r = (pawl_load_request){ .file = pawl_span_of(other, 16), .path = "\\x.efi" };
                assert_int_equal(s->p.image_load(s->p.ctx, &r, &image), PAWL_ERR_DENIED);
                assert_int_equal(s->f.n_checked, 1);
                tear_down(s);
        }
}

/* What another program loads while we vouch meets the firmware's own check: here a driver that is
 * loaded from within the load of the kernel, by buffer, size and path of its own. */
static void test_vouching_is_for_one_buffer(void **state)
{
        static uint8_t kernel[16], other[16];
        scene *s = set_up();
        pawl_efi_vouch v = { 0 };
        pawl_security2 *check;
        void *p = NULL;

        (void)state;
        s->f.is_check_strict = true;
        pawl_efi_vouch_begin(&s->efi, pawl_span_of(kernel, 16), NULL, &v);
        assert_true(
                s->efi.bs->LocateProtocol(&(EFI_GUID)PAWL_SECURITY2_GUID, NULL, &p) == EFI_SUCCESS);
        check = p;
        assert_true(check->check(check, NULL, kernel, 16, FALSE) == EFI_SUCCESS);
        assert_true(check->check(check, NULL, kernel, 15, FALSE) == EFI_ACCESS_DENIED);
        assert_true(check->check(check, NULL, other, 16, FALSE) == EFI_ACCESS_DENIED);
        pawl_efi_vouch_end(&v);
        tear_down(s);
}

static void test_vouching_is_for_one_path(void **state)
{
        static uint8_t kernel[16], path[16], other[16];
        scene *s = set_up();
        pawl_efi_vouch v = { 0 };
        pawl_security *check;
        void *p = NULL;

        (void)state;
        s->f.is_check_strict = true;
        s->f.has_security2 = false;
        s->f.has_security = true;
        pawl_efi_vouch_begin(&s->efi, pawl_span_of(kernel, 16), (void *)path, &v);
        assert_true(
                s->efi.bs->LocateProtocol(&(EFI_GUID)PAWL_SECURITY_GUID, NULL, &p) == EFI_SUCCESS);
        check = p;
        assert_true(check->check(check, 0, (void *)path) == EFI_SUCCESS);
        assert_true(check->check(check, 0, (void *)other) == EFI_ACCESS_DENIED);
        assert_true(check->check(check, 0, NULL) == EFI_ACCESS_DENIED);
        pawl_efi_vouch_end(&v);
        tear_down(s);
}

static void test_initrd(void **state)
{
        const pawl_span parts[] = { PAWL_SPAN_LITERAL("abcde"), PAWL_SPAN_LITERAL("fg") };

        (void)state;
        for (int has_earlier = 0; has_earlier < 2; has_earlier++) {
                scene *s = set_up();
                uint8_t *got, buf[8];
                size_t len = 0;

                fake_efi_offer_other_file(&s->f);
                if (has_earlier)
                        fake_efi_offer_initrd(&s->f, PAWL_SPAN_LITERAL("earlier"));
                assert_int_equal(s->p.initrd_size(s->p.ctx, &len),
                        has_earlier ? PAWL_OK : PAWL_ERR_NOT_FOUND);
                if (has_earlier) {
                        assert_int_equal(len, 7);
                        assert_int_equal(s->p.initrd_read(s->p.ctx, buf, 7), PAWL_OK);
                        assert_memory_equal(buf, "earlier", 7);
                }
                assert_int_equal(s->p.initrd_install(s->p.ctx, parts, 2), PAWL_OK);
                got = fake_efi_read_initrd(&s->f, &len);
                assert_int_equal(len, 12);
                assert_memory_equal(got, "abcde\0\0\0fg\0\0", 12);
                free(got);
                s->p.initrd_remove(s->p.ctx);
                got = fake_efi_read_initrd(&s->f, &len);
                assert_int_equal(got != NULL, has_earlier);
                free(got);
                tear_down(s);
        }
}

/* --- under the stub --- */

static pawl_span make_uki(pawl_span *ret_kernel)
{
        const fake_section inner = { ".text", PAWL_SPAN_LITERAL("kernel") };
        fake_section sections[] = {
                {".text",     PAWL_SPAN_LITERAL("stub")  },
                { ".linux",   PAWL_SPAN_NULL             },
                { ".cmdline", PAWL_SPAN_LITERAL("quiet") },
                { ".osrel",   PAWL_SPAN_LITERAL("ID=x\n")},
                { ".initrd",  PAWL_SPAN_LITERAL("INITRD")},
        };

        *ret_kernel = fake_pe(&inner, 1, PAWL_SPAN_NULL);
        sections[1].content = *ret_kernel;
        return fake_pe(sections, 5, PAWL_SPAN_NULL);
}

#define N_EXTENDS 8 /* two for each measured section */

static bool has_earlier_initrd;

static void look_at_initrd(fake_efi *f)
{
        size_t len = 0;
        uint8_t *got = fake_efi_read_initrd(f, &len);

        has_earlier_initrd = got && pawl_span_contains(
                                            pawl_span_of(got, len), PAWL_SPAN_LITERAL("EARLIER"));
        free(got);
}

static pawl_err boot(scene *s, unsigned fail_at, bool is_secure_boot, pawl_span uki)
{
        pawl_err err;

        memset(s, 0, sizeof(*s));
        fake_efi_init(&s->f);
        s->f.own->ImageBase = (void *)(uintptr_t)uki.data;
        s->f.own->ImageSize = uki.len;
        s->f.is_check_strict = true;
        s->f.on_start = look_at_initrd;
        fake_efi_set_variable(&s->f, "SecureBoot",
                is_secure_boot ? PAWL_SPAN_LITERAL("\1") : PAWL_SPAN_LITERAL("\0"), 6);
        fake_efi_offer_initrd(&s->f, PAWL_SPAN_LITERAL("EARLIER"));
        s->f.fail_at = fail_at;
        has_earlier_initrd = false;
        alarm(20);
        err = pawl_efi_platform(s->f.image_handle, s->f.st, &s->efi, &s->p);
        if (err == PAWL_OK)
                err = pawl_stub_run(&s->p);
        alarm(0);
        return err;
}

static bool has_poison(const fake_efi *f)
{
        for (size_t i = 0; i < f->n_extends; i++)
                if (pawl_span_equal(pawl_span_of(f->extends[i].bytes, f->extends[i].len),
                            PAWL_SPAN_LITERAL(PAWL_POISON_TEXT)))
                        return true;
        return false;
}

/* As in test-stub.c, seen from the firmware's side. */
static void check_invariant(const scene *s, bool is_secure_boot)
{
        size_t want = N_EXTENDS + (has_earlier_initrd ? 1 : 0);
        bool complete = s->f.n_extends == want && !has_poison(&s->f);

        if (s->f.n_started == 0)
                return;
        if (is_secure_boot)
                assert_false(has_earlier_initrd);
        if (complete)
                return;
        assert_int_equal(fake_efi_variable(&s->f, "StubPcrKernelImage").len, 0);
        if (!has_poison(&s->f))
                assert_false(has_earlier_initrd);
}

static void test_stub_fail_every_service(void **state)
{
        static scene s;
        pawl_span kernel, uki = make_uki(&kernel);

        (void)state;
        for (int secure = 0; secure < 2; secure++) {
                unsigned calls = 0, n = 0;
                pawl_err err;

                do {
                        n++;
                        err = boot(&s, n, secure == 1, uki);
                        calls = s.f.n_calls;
                        check_invariant(&s, secure == 1);
                        tear_down(&s);
                } while (calls >= n);
                assert_int_equal(err, PAWL_OK);
                assert_true(calls > 40);
        }
        free((void *)(uintptr_t)kernel.data);
        free((void *)(uintptr_t)uki.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_self),
                cmocka_unit_test(test_bad_device_paths),
                cmocka_unit_test(test_measure),
                cmocka_unit_test(test_no_tpm),
                cmocka_unit_test(test_variables),
                cmocka_unit_test(test_files),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_print),
                cmocka_unit_test(test_vouching),
                cmocka_unit_test(test_vouching_is_for_one_buffer),
                cmocka_unit_test(test_vouching_is_for_one_path),
                cmocka_unit_test(test_initrd),
                cmocka_unit_test(test_stub_fail_every_service),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

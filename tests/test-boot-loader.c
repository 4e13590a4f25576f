/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot loader on a machine in memory: sessions of keys in and text out, and every firmware call
 * failing once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "boot-loader/loader.h"
#include "efi-common/text.h"
#include "tests/fakes/fake-pe.h"
#include "tests/fakes/fake-platform.h"

#define CMDLINE    "root=x quiet"
#define STARTS_MAX 4

typedef struct scene {
        fake_platform f;
        pawl_span images[4];
        const char *conf;
        /* what was started, in order: "new+2-1.efi" and its options as ASCII */
        struct {
                char file[PAWL_ENTRY_NAME_MAX], options[256];
        } starts[STARTS_MAX];
        size_t n_starts;
} scene;

static const char none[] = "(none)";

static pawl_span image_of(const char *osrel, const char *profile)
{
        const fake_section sections[] = {
                {".linux",    PAWL_SPAN_LITERAL("kernel")          },
                { ".osrel",   pawl_span_str(osrel)                 },
                { ".cmdline", PAWL_SPAN_LITERAL(CMDLINE "\n")      },
                { ".profile", PAWL_SPAN_LITERAL("ID=main\n")       },
                { ".profile", pawl_span_str(profile ? profile : "")},
                { ".cmdline", PAWL_SPAN_LITERAL("reset")           },
        };

        return fake_pe(sections, profile ? 6 : 3, PAWL_SPAN_NULL);
}

static bool is_measured(const fake_platform *f, uint32_t pcr, pawl_span bytes)
{
        for (size_t i = 0; i < f->n_measurements; i++)
                if (f->measurements[i].pcr == pcr &&
                        pawl_span_equal(bytes,
                                pawl_span_of(f->measurements[i].bytes, f->measurements[i].len)))
                        return true;
        return false;
}

static bool has_typed(const fake_platform *f)
{
        for (size_t i = 0; i < f->n_keys_read; i++)
                if (f->keys[i] != 0)
                        return true;
        return false;
}

/* What must hold whenever a program starts, whatever failed before. */
static void check_start(fake_platform *f, void *arg)
{
        scene *s = arg;
        const char *file = strrchr(f->loaded.path, '\\') + 1;
        pawl_span options = f->loaded.load_options;
        size_t i = s->n_starts++;

        assert_true(i < STARTS_MAX);
        snprintf(s->starts[i].file, sizeof(s->starts[i].file), "%s", file);
        if (options.len == 0)
                snprintf(s->starts[i].options, sizeof(s->starts[i].options), "%s", none);
        else
                assert_int_equal(pawl_ascii_from_utf16((const uint16_t *)(const void *)options.data,
                                         options.len / 2, s->starts[i].options,
                                         sizeof(s->starts[i].options)),
                        PAWL_OK);
        /* only loader.conf makes the old image start by itself */
        if (f->has_tpm && s->conf && strstr(s->conf, "default old") && !has_typed(f) &&
                strcmp(file, "old.efi") == 0)
                assert_true(is_measured(f, 5, pawl_span_str(s->conf)));
        /* a command line of a person's is measured; a profile's number may be left to the stub */
        if (f->has_tpm && strstr(s->starts[i].options, "edited"))
                assert_true(is_measured(f, 12, options));
        /* what is for one boot is gone, or was not used */
        if (fake_variable_get(f, PAWL_VENDOR_LOADER, "LoaderConfigTimeoutOneShot"))
                assert_non_null(strstr(f->said, "cannot be deleted and is not used"));
}

static void set_up(scene *s, const char *conf)
{
        pawl_zero(s, sizeof(*s));
        fake_platform_init(&s->f);
        s->conf = conf;
        s->f.on_start = check_start;
        s->f.on_start_arg = s;
        s->images[0] = image_of("ID=os\nPRETTY_NAME=New\nVERSION_ID=10\n", "TITLE=Reset\n");
        s->images[1] = image_of("ID=os\nPRETTY_NAME=Old\nVERSION_ID=9\n", NULL);
        fake_dir_add(&s->f, "\\EFI\\Linux");
        fake_file_add(&s->f, "\\EFI\\Linux\\old.efi", s->images[1]);
        fake_file_add(&s->f, "\\EFI\\Linux\\new+3.efi", s->images[0]);
        fake_file_add(&s->f, "\\EFI\\Linux\\junk.efi", PAWL_SPAN_LITERAL("MZ no program"));
        fake_file_add(&s->f, "\\EFI\\Linux\\readme.txt", PAWL_SPAN_LITERAL("text"));
        if (conf)
                fake_file_add(&s->f, PAWL_LOADER_CONF_PATH, pawl_span_str(conf));
        pawl_copy(s->f.self.path, "\\EFI\\BOOT\\BOOTX64.EFI", 22);
        pawl_copy(s->f.self.part_uuid, "b4f9a7c0-56c4-3142-bd05-2b2556891644", 37);
        pawl_copy(s->f.self.firmware_info, "Test 1.00", 10);
        pawl_copy(s->f.self.firmware_type, "UEFI 2.70", 10);
}

static void set_text(scene *s, const char *name, const char *text)
{
        uint8_t value[256];
        pawl_writer w = pawl_writer_of(value, sizeof(value));

        assert_int_equal(pawl_utf16_write(&w, pawl_span_str(text)), PAWL_OK);
        assert_int_equal(pawl_write_le16(&w, 0), PAWL_OK);
        fake_variable_set(&s->f, PAWL_VENDOR_LOADER, name, pawl_written(&w));
}

/* '.' stands for no key in time, '^' and '_' for the arrows, '!' for escape, '\b' for itself. */
static void type(scene *s, const char *keys)
{
        for (; *keys; keys++) {
                assert_true(s->f.n_keys < FAKE_KEYS_MAX);
                s->f.keys[s->f.n_keys++] = *keys == '.'    ? 0
                                           : *keys == '^'  ? PAWL_KEY_UP
                                           : *keys == '_'  ? PAWL_KEY_DOWN
                                           : *keys == '!'  ? PAWL_KEY_ESCAPE
                                           : *keys == '\n' ? PAWL_KEY_ENTER
                                                           : (uint8_t)*keys;
        }
}

static pawl_err run(scene *s)
{
        pawl_err err;

        alarm(20); /* a boot that hangs ends the test program */
        err = pawl_loader_run(&s->f.platform);
        alarm(0);
        assert_int_equal(s->f.n_allocations, 0);
        assert_int_equal(s->f.n_loaded, 0);
        return err;
}

static void tear_down(scene *s)
{
        fake_platform_end(&s->f);
        for (size_t i = 0; i < sizeof(s->images) / sizeof(s->images[0]); i++)
                free((void *)(uintptr_t)s->images[i].data);
}

static bool said(const scene *s, const char *text)
{
        return strstr(s->f.said, text) != NULL;
}

/* Keys in, first started file and its options out. NULL: nothing is started. */
static const struct session {
        const char *conf, *keys, *file, *options, *text;
} sessions[] = {
  /* nothing configured: the newest, at once */
        {NULL,                               ".q",             "new+2-1.efi", none,              NULL               },
        { "timeout menu-disabled\n",         "q",              "new+2-1.efi", none,              NULL               },
        { "default old*\n",                  ".q",             "old.efi",     none,              NULL               },
        { "default new*@1\n",                ".q",             "new+2-1.efi", none,              NULL               },
        { "timeout 3\n",                     "...q",           "new+2-1.efi", none,              "Starting in 1 s"  },
        { "timeout 3\ndefault O*\n",         "...q",           "old.efi",     none,              "> 3 Old  9"       },
 /* a key shows the hidden menu, and stops the countdown */
        { NULL,                              " q",             NULL,          NULL,              "> 1 New  10"      },
        { "timeout 3\n",                     ".!q",            NULL,          NULL,              "(3 tries left)"   },
        { "timeout 3\n",                     "q",              NULL,          NULL,              "Starting in 3 s"  },
        { "timeout menu-force\n",            "q",              NULL,          NULL,              "2 New (Reset)  10"},
        { "timeout menu-force\n",            "__\nq",          "old.efi",     none,              "> 3 Old"          },
        { "timeout menu-force\n",            "jjk\nq",         "new+2-1.efi", "@1",              "> 2 New (Reset)"  },
        { "timeout menu-force\n",            "^____^\nq",      "new+2-1.efi", "@1",              NULL               },
        { "timeout menu-force\n",            "3q",             "old.efi",     none,              NULL               },
        { "timeout menu-force\n",            "942q",           "new+2-1.efi", "@1",              NULL               },
 /* the editor */
        { "timeout menu-force\n",            "e edited\nq",    "new+2-1.efi", CMDLINE " edited",
         "> " CMDLINE " edited"                                                                                     },
        { "timeout menu-force\n",            "eX\b edited\nq", "new+2-1.efi", CMDLINE " edited", NULL               },
        { "timeout menu-force\n",
         "e\x15"
                "edited \x05 \x0b\nq",                         "new+2-1.efi", "edited  ",        NULL               },
        { "timeout menu-force\n",            "je edited\nq",   "new+2-1.efi", "@1 reset edited", NULL               },
        { "timeout menu-force\n",            "e\nq",           "new+2-1.efi", none,              NULL               },
        { "timeout menu-force\n",            "e\x15\nq",       "new+2-1.efi", none,              NULL               },
        { "timeout menu-force\n",            "e edited!\nq",   "new+2-1.efi", none,              NULL               },
        { "timeout menu-force\neditor no\n", "e edited\nq",    "new+2-1.efi", none,              NULL               },
 /* leaving */
        { "timeout menu-force\n",            "roq",            NULL,          NULL,              "r: restart"       },
};

static void test_sessions(void **state)
{
        static scene s;

        (void)state;
        for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
                const struct session *x = &sessions[i];

                set_up(&s, x->conf);
                type(&s, x->keys);
                assert_int_equal(run(&s), PAWL_OK);
                if (s.n_starts != (x->file ? 1 : 0) || (x->text && !said(&s, x->text)))
                        print_error("session %zu:\n%s\n", i, s.f.said);
                assert_int_equal(s.n_starts, x->file ? 1 : 0);
                if (x->file) {
                        assert_string_equal(s.starts[0].file, x->file);
                        assert_string_equal(s.starts[0].options, x->options);
                }
                if (x->text)
                        assert_true(said(&s, x->text));
                tear_down(&s);
        }
}

static void test_lines_that_look_alike(void **state)
{
        static scene s;

        (void)state;
        set_up(&s, "timeout menu-force\n");
        fake_file_add(&s.f, "\\EFI\\Linux\\copy.efi", s.images[1]);
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_true(said(&s, "3 Old  9  old.efi "));
        assert_true(said(&s, "4 Old  9  copy.efi "));
        assert_true(said(&s, "1 New  10  (3 tries left)"));
        tear_down(&s);
}

static void test_what_the_os_is_told(void **state)
{
        static scene s;

        (void)state;
        set_up(&s, "timeout menu-force\n");
        set_text(&s, "LoaderEntrySelected", "of an attacker, lasting");
        type(&s, "\nq");
        assert_int_equal(run(&s), PAWL_OK);
        assert_true(fake_variable_is(&s.f, "LoaderInfo", "pawl-boot " PAWL_VERSION));
        assert_true(fake_variable_is(&s.f, "LoaderEntrySelected", "new.efi"));
        assert_true(fake_variable_is(&s.f, "LoaderBootCountPath", "\\EFI\\Linux\\new+2-1.efi"));
        assert_true(fake_variable_is(&s.f, "LoaderImageIdentifier", s.f.self.path));
        assert_true(fake_variable_is(&s.f, "LoaderDevicePartUUID", s.f.self.part_uuid));
        assert_true(fake_variable_is(&s.f, "LoaderFirmwareType", "UEFI 2.70"));
        assert_true(fake_variable_is(&s.f, "LoaderTimeInitUSec", "1000000"));
        assert_non_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderTimeMenuUSec"));
        assert_non_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderTimeExecUSec"));
        assert_int_equal(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderEntries")->len,
                2 * sizeof("new.efi\0new.efi@1\0old.efi"));
        assert_true(said(&s, "junk.efi is not in the menu"));
        tear_down(&s);
}

static void test_variables(void **state)
{
        static scene s;

        (void)state;
        /* for one boot: the entry, with its profile, and the time */
        set_up(&s, "timeout menu-force\ndefault new*\n");
        set_text(&s, "LoaderEntryOneShot", "NEW.efi@1");
        set_text(&s, "LoaderConfigTimeoutOneShot", "menu-disabled");
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].options, "@1");
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderEntryOneShot"));
        tear_down(&s);

        set_up(&s, "timeout menu-force\ndefault new*\n");
        set_text(&s, "LoaderEntryDefault", "old.efi");
        set_text(&s, "LoaderConfigTimeout", "2");
        type(&s, "..q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "old.efi");
        assert_non_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderEntryDefault"));
        tear_down(&s);

        /* not a timeout, too long, not text: not used, and gone where it is for one boot */
        set_up(&s, "timeout menu-disabled\n");
        set_text(&s, "LoaderConfigTimeout", "never");
        set_text(&s, "LoaderConfigTimeoutOneShot",
                "123456789012345678901234567890123456789012345678901234567890");
        fake_variable_set(&s.f, PAWL_VENDOR_LOADER, "LoaderEntryOneShot",
                pawl_span_of(s.f.said, sizeof(s.f.variables[0].value)));
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "new+2-1.efi");
        assert_true(said(&s, "LoaderConfigTimeout is no timeout"));
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderEntryOneShot"));
        tear_down(&s);
}

static void test_counting(void **state)
{
        static scene s;

        (void)state;
        /* each start takes a try, also when the same entry is started again from the menu */
        set_up(&s, "timeout menu-disabled\n");
        type(&s, "\n\nq");
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.n_starts, 3);
        assert_string_equal(s.starts[0].file, "new+2-1.efi");
        assert_string_equal(s.starts[1].file, "new+1-2.efi");
        assert_string_equal(s.starts[2].file, "new+0-3.efi");
        assert_true(said(&s, "bad: no tries left"));
        tear_down(&s);

        /* an image that firmware refuses takes one too */
        set_up(&s, "timeout menu-disabled\n");
        s.f.load_err = PAWL_ERR_DENIED;
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.n_starts, 0);
        assert_true(said(&s, "new+2-1.efi was not started: access denied"));
        assert_true(said(&s, "next: sign it"));
        assert_true(said(&s, "(2 tries left)"));
        tear_down(&s);

        /* a disk that cannot be written does not count, in silence; other trouble is told */
        set_up(&s, "timeout menu-disabled\n");
        s.f.rename_err = PAWL_ERR_DENIED;
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "new+3.efi");
        assert_false(said(&s, "cannot be counted"));
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderBootCountPath"));
        tear_down(&s);
        set_up(&s, "timeout menu-disabled\n");
        s.f.rename_err = PAWL_ERR_IO;
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "new+3.efi");
        assert_true(said(&s, "cannot be counted"));
        tear_down(&s);

        /* a name that has no room for the second number */
        set_up(&s, "timeout menu-disabled\n");
        snprintf(s.f.files[2].path, sizeof(s.f.files[2].path), "\\EFI\\Linux\\new%0*d+3.efi",
                PAWL_ENTRY_NAME_MAX - 10, 0);
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_non_null(strstr(s.starts[0].file, "0+3.efi"));
        assert_true(said(&s, "cannot be counted"));
        tear_down(&s);

        /* a read-only file is neither counted nor bad */
        set_up(&s, "timeout menu-disabled\n");
        snprintf(s.f.files[2].path, sizeof(s.f.files[2].path), "\\EFI\\Linux\\new+0-3.efi");
        s.f.files[2].is_read_only = true;
        type(&s, "q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "new+0-3.efi");
        assert_null(fake_variable_get(&s.f, PAWL_VENDOR_LOADER, "LoaderBootCountPath"));
        tear_down(&s);
}

static void test_secure_boot_ends_editing(void **state)
{
        static scene s;

        (void)state;
        set_up(&s, "timeout menu-force\neditor yes\n");
        fake_variable_set(&s.f, PAWL_VENDOR_GLOBAL, "SecureBoot", PAWL_SPAN_LITERAL("\1"));
        type(&s, "e\nq");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].options, none);
        assert_false(said(&s, "e: edit"));
        tear_down(&s);
}

static void test_measurements(void **state)
{
        static const char conf[] = "timeout menu-force\n";
        static scene s;
        uint8_t options[256];
        pawl_writer w = pawl_writer_of(options, sizeof(options));

        (void)state;
        set_up(&s, conf);
        type(&s, "e edited\nq");
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.f.n_measurements, 2);
        assert_int_equal(s.f.measurements[0].event_type, PAWL_EV_EVENT_TAG);
        assert_int_equal(s.f.measurements[1].event_type, PAWL_EV_IPL);
        assert_true(is_measured(&s.f, 5, pawl_span_str(conf)));
        assert_int_equal(pawl_utf16_write(&w, PAWL_SPAN_LITERAL(CMDLINE " edited\0")), PAWL_OK);
        assert_true(is_measured(&s.f, 12, pawl_written(&w)));
        /* the event is the command line itself */
        assert_true(pawl_span_equal(pawl_written(&w),
                pawl_span_of(s.f.measurements[1].event, s.f.measurements[1].event_len)));
        tear_down(&s);
}

/* A TPM that refuses: loader.conf and edited lines are not used, the rest starts. */
static void test_broken_tpm(void **state)
{
        static scene s;

        (void)state;
        set_up(&s, "timeout menu-force\ndefault old*\n");
        s.f.is_measuring_broken = true;
        type(&s, ".q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].file, "new+2-1.efi");
        assert_true(said(&s, "loader.conf is not used: the TPM reported an error"));
        tear_down(&s);

        set_up(&s, NULL);
        s.f.is_measuring_broken = true;
        type(&s, " e edited\n2q");
        assert_int_equal(run(&s), PAWL_OK);
        assert_int_equal(s.n_starts, 1);
        assert_string_equal(s.starts[0].options, "@1");
        assert_true(said(&s, "was not started: the TPM reported an error"));
        assert_true(said(&s, "next: start the entry without editing it"));
        tear_down(&s);

        /* without a TPM nothing can be unsealed: all is used */
        set_up(&s, "timeout menu-force\n");
        s.f.has_tpm = false;
        type(&s, "e edited\nq");
        assert_int_equal(run(&s), PAWL_OK);
        assert_string_equal(s.starts[0].options, CMDLINE " edited");
        tear_down(&s);
}

static void test_nothing_to_start(void **state)
{
        static scene s;

        (void)state;
        set_up(&s, NULL);
        s.f.n_files = 1;
        assert_int_equal(run(&s), PAWL_ERR_NOT_FOUND);
        assert_true(said(&s, "no unified kernel image in \\EFI\\Linux\\"));
        tear_down(&s);
        set_up(&s, NULL);
        s.f.n_files = 0;
        assert_int_equal(run(&s), PAWL_ERR_NOT_FOUND);
        tear_down(&s);
}

/* A keyboard that never works: the countdown still ends, a menu that would wait for ever does not.
 */
static void test_no_keyboard(void **state)
{
        static scene s;
        unsigned n_calls;

        (void)state;
        set_up(&s, "timeout 5\n");
        type(&s, ".....q");
        assert_int_equal(run(&s), PAWL_OK);
        n_calls = s.f.n_calls;
        tear_down(&s);
        for (unsigned n = 1; n <= n_calls; n++) {
                set_up(&s, "timeout 5\n");
                type(&s, "qqqqqqqqqqqq");
                s.f.failure = FAKE_FAIL_FROM;
                s.f.fail_at = n;
                assert_true(run(&s) != PAWL_OK || s.f.n_keys_read > 0);
                tear_down(&s);
        }
}

static const struct {
        const char *conf, *keys;
} /* a 'q' may come to stand in an editor, which escape ends */
fault_scenes[] = {
        {"default old*\n",             ".q!q!q!q!q"                    },
        { "timeout 2\ndefault old*\n", "..\nq!q!q!q!q"                 },
        { "timeout menu-force\n",      "e edited\n e edited\nq!q!q!q!q"},
        { "timeout menu-force\n",      "_\n_\nq!q!q!q!q"               },
};

static unsigned fault_run(scene *s, size_t i, fake_failure failure, unsigned fail_at)
{
        unsigned n_calls;

        set_up(s, fault_scenes[i].conf);
        set_text(s, "LoaderConfigTimeoutOneShot",
                fault_scenes[i].keys[0] == '.' ? "2" : "menu-force");
        s->f.program_status = 3;
        s->f.failure = failure;
        s->f.fail_at = fail_at;
        type(s, fault_scenes[i].keys);
        /* whatever fails: it comes to an end, and check_start holds at every start */
        (void)!run(s);
        n_calls = s->f.n_calls;
        tear_down(s);
        return n_calls;
}

static void test_every_call_fails(void **state)
{
        static scene s;

        (void)state;
        for (size_t i = 0; i < sizeof(fault_scenes) / sizeof(fault_scenes[0]); i++) {
                unsigned n_calls = fault_run(&s, i, FAKE_FAIL_ONE, 0);

                assert_true(n_calls > 30);
                for (unsigned n = 1; n <= n_calls; n++) {
                        fault_run(&s, i, FAKE_FAIL_ONE, n);
                        fault_run(&s, i, FAKE_FAIL_ONE_AFTER, n);
                        fault_run(&s, i, FAKE_FAIL_FROM, n);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sessions),
                cmocka_unit_test(test_lines_that_look_alike),
                cmocka_unit_test(test_what_the_os_is_told),
                cmocka_unit_test(test_variables),
                cmocka_unit_test(test_counting),
                cmocka_unit_test(test_secure_boot_ends_editing),
                cmocka_unit_test(test_measurements),
                cmocka_unit_test(test_broken_tpm),
                cmocka_unit_test(test_nothing_to_start),
                cmocka_unit_test(test_no_keyboard),
                cmocka_unit_test(test_every_call_fails),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/sidecar.h"

typedef struct sample {
        const char *name;
        pawl_span content;
} sample;

/* Not in order. tests/golden/credentials.cpio holds the same files, written by another program; a
 * boot of Debian's stub shows that systemd makes the same bytes. */
static const sample samples[] = {
        {"b.cred",                    PAWL_SPAN_LITERAL("the second\n")                   },
        { "a.cred",                   PAWL_SPAN_LITERAL("x")                              },
        { "long-name.with.dots.cred", PAWL_SPAN_LITERAL("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc")},
        { "Z.cred",                   PAWL_SPAN_LITERAL("")                               },
};
#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static pawl_err content_of(void *arg, const pawl_sidecar_file *f, pawl_span *ret)
{
        (void)arg;
        for (size_t i = 0; i < N_SAMPLES; i++)
                if (strcmp(samples[i].name, f->name) == 0) {
                        *ret = samples[i].content;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}

static void fill(pawl_sidecar_list *l)
{
        pawl_zero(l, sizeof(*l));
        for (size_t i = 0; i < N_SAMPLES; i++)
                assert_int_equal(
                        pawl_sidecar_add(l, samples[i].name, samples[i].content.len), PAWL_OK);
}

static void test_golden(void **state)
{
        static pawl_sidecar_list l;
        static uint8_t want[4096], got[4096];
        FILE *f = fopen(GOLDEN "/credentials.cpio", "r");
        size_t n, size;
        pawl_span archive;

        (void)state;
        assert_non_null(f);
        n = fread(want, 1, sizeof(want), f);
        (void)fclose(f);
        fill(&l);
        size = pawl_sidecar_archive_size(PAWL_SIDECAR_CREDENTIALS, &l);
        assert_int_equal(size, n);
        assert_int_equal(pawl_sidecar_archive(PAWL_SIDECAR_CREDENTIALS, &l, content_of, NULL, got,
                                 size, &archive),
                PAWL_OK);
        assert_int_equal(archive.len, n);
        assert_memory_equal(got, want, n);
}

static void test_global_folder_and_labels(void **state)
{
        static pawl_sidecar_list l;
        static uint8_t buf[4096];
        pawl_span archive;

        (void)state;
        fill(&l);
        assert_int_equal(pawl_sidecar_archive(PAWL_SIDECAR_GLOBAL_CREDENTIALS, &l, content_of, NULL,
                                 buf, sizeof(buf), &archive),
                PAWL_OK);
        assert_int_equal(
                archive.len, pawl_sidecar_archive_size(PAWL_SIDECAR_GLOBAL_CREDENTIALS, &l));
        assert_true(
                pawl_span_contains(archive, PAWL_SPAN_LITERAL(".extra/global_credentials/a.cred")));
        assert_string_equal(pawl_sidecar_label(PAWL_SIDECAR_CREDENTIALS), "Credentials initrd");
        assert_string_equal(
                pawl_sidecar_label(PAWL_SIDECAR_GLOBAL_CREDENTIALS), "Global credentials initrd");
}

static void test_no_space(void **state)
{
        static pawl_sidecar_list l;
        size_t need;

        (void)state;
        fill(&l);
        need = pawl_sidecar_archive_size(PAWL_SIDECAR_CREDENTIALS, &l);
        for (size_t size = 0; size < need; size++) {
                uint8_t *buf = malloc(size > 0 ? size : 1);
                pawl_span archive;

                assert_non_null(buf);
                assert_int_equal(pawl_sidecar_archive(PAWL_SIDECAR_CREDENTIALS, &l, content_of,
                                         NULL, buf, size, &archive),
                        PAWL_ERR_NO_SPACE);
                free(buf);
        }
}

static pawl_err too_short(void *arg, const pawl_sidecar_file *f, pawl_span *ret)
{
        PAWL_TRY(content_of(arg, f, ret));
        if (ret->len > 0)
                ret->len--;
        return PAWL_OK;
}

static void test_content_of_another_size(void **state)
{
        static pawl_sidecar_list l;
        static uint8_t buf[4096];
        pawl_span archive;

        (void)state;
        fill(&l);
        assert_int_equal(pawl_sidecar_archive(PAWL_SIDECAR_CREDENTIALS, &l, too_short, NULL, buf,
                                 sizeof(buf), &archive),
                PAWL_ERR_MISMATCH);
}

static void test_nothing_makes_no_archive(void **state)
{
        static const pawl_sidecar_list l;
        uint8_t buf[512];
        pawl_span archive;

        (void)state;
        assert_int_equal(pawl_sidecar_archive_size(PAWL_SIDECAR_CREDENTIALS, &l), 0);
        assert_int_equal(pawl_sidecar_archive(PAWL_SIDECAR_CREDENTIALS, &l, content_of, NULL, buf,
                                 sizeof(buf), &archive),
                PAWL_ERR_MISSING);
}

static void test_names(void **state)
{
        static const struct {
                const char *name;
                bool is_wanted;
        } rows[] = {
                {"a.cred",          true },
                { "A.CRED",         true },
                { "a b.Cred",       true },
                { "x.cred.cred",    true },
                { "",               false},
                { ".cred",          false},
                { ".a.cred",        false},
                { "cred",           false},
                { "a.cre",          false},
                { "a.creds",        false},
                { "a?.cred",        false},
                { "a\xc3\xa4.cred", false},
                { "a\n.cred",       false},
                { "a\x7f.cred",     false},
                { "a/b.cred",       false},
                { "a\\b.cred",      false},
        };
        char name[PAWL_SIDECAR_NAME_MAX + 2];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(pawl_sidecar_is_wanted(rows[i].name), rows[i].is_wanted);
        for (size_t len = PAWL_SIDECAR_NAME_MAX - 1; len <= PAWL_SIDECAR_NAME_MAX; len++) {
                (void)snprintf(name, sizeof(name), "%0*d.cred", (int)len - 5, 7);
                assert_int_equal(strlen(name), len);
                assert_int_equal(pawl_sidecar_is_wanted(name), len < PAWL_SIDECAR_NAME_MAX);
        }
}

static void test_limits(void **state)
{
        static pawl_sidecar_list l;
        char name[32];

        (void)state;
        pawl_zero(&l, sizeof(l));
        assert_int_equal(
                pawl_sidecar_add(&l, "big.cred", PAWL_SIDECAR_SIZE_MAX + 1ull), PAWL_ERR_LIMIT);
        assert_int_equal(pawl_sidecar_add(&l, "big.cred", UINT64_MAX), PAWL_ERR_LIMIT);
        assert_int_equal(pawl_sidecar_add(&l, "big.cred", PAWL_SIDECAR_SIZE_MAX), PAWL_OK);
        assert_int_equal(pawl_sidecar_add(&l, "big.cred", 0), PAWL_ERR_DUPLICATE);
        assert_int_equal(pawl_sidecar_add(&l, "other.txt", 0), PAWL_ERR_FORMAT);
        for (int i = 1; i < PAWL_SIDECAR_FILES_MAX; i++) {
                (void)snprintf(name, sizeof(name), "%02d.cred", i * 37 % 64);
                assert_int_equal(pawl_sidecar_add(&l, name, 0), PAWL_OK);
        }
        assert_int_equal(pawl_sidecar_add(&l, "one-more.cred", 0), PAWL_ERR_LIMIT);
        assert_int_equal(l.n, PAWL_SIDECAR_FILES_MAX);
        for (size_t i = 1; i < l.n; i++)
                assert_true(strcmp(l.files[i - 1].name, l.files[i].name) < 0);
}

static void test_folder(void **state)
{
        static const char *const rows[][2] = {
                {"\\EFI\\Linux\\os.efi",         "\\EFI\\Linux\\os.efi.extra.d"    },
                { "\\EFI\\Linux\\os+3.efi",      "\\EFI\\Linux\\os.efi.extra.d"    },
                { "\\EFI\\Linux\\os+3-0.efi",    "\\EFI\\Linux\\os.efi.extra.d"    },
                { "\\EFI\\Linux\\os+1+02-1.EFI", "\\EFI\\Linux\\os+1.EFI.extra.d"  },
                { "\\EFI\\os+3\\os+x.efi",       "\\EFI\\os+3\\os+x.efi.extra.d"   },
                { "\\vmlinuz+3",                 "\\vmlinuz+3.extra.d"             },
                { "\\EFI\\BOOT\\BOOTX64.EFI",    "\\EFI\\BOOT\\BOOTX64.EFI.extra.d"},
        };
        char got[64];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_int_equal(pawl_sidecar_folder(rows[i][0], got, sizeof(got)), PAWL_OK);
                assert_string_equal(got, rows[i][1]);
                assert_int_equal(pawl_sidecar_folder(rows[i][0], got, strlen(rows[i][1])),
                        PAWL_ERR_NO_SPACE);
        }
        assert_int_equal(pawl_sidecar_folder("", got, sizeof(got)), PAWL_ERR_MISSING);
        assert_int_equal(pawl_sidecar_folder("\\EFI\\", got, sizeof(got)), PAWL_ERR_MISSING);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_global_folder_and_labels),
                cmocka_unit_test(test_no_space),
                cmocka_unit_test(test_content_of_another_size),
                cmocka_unit_test(test_nothing_makes_no_archive),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_folder),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI variables, in a folder that stands for efivarfs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/host/efi-var.h"

static char dir[] = "/tmp/pawl-test-efivars-XXXXXX";

static int make_dir(void **state)
{
        (void)state;
        return mkdtemp(dir) && setenv("PAWL_EFIVARS", dir, 1) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
        (void)state;
        return rmdir(dir);
}

static void put(pawl_span data)
{
        pawl_diag d = { 0 };

        assert_int_equal(pawl_efi_var_delete("Var", PAWL_EFI_LOADER_GUID, &d), PAWL_OK);
        assert_int_equal(pawl_efi_var_write("Var", PAWL_EFI_LOADER_GUID, 7, data, &d), PAWL_OK);
}

static void test_read_write(void **state)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        uint32_t attrs = 0;
        pawl_diag d = { 0 };

        (void)state;
        assert_int_equal(
                pawl_efi_var_read("Var", PAWL_EFI_LOADER_GUID, &b, &attrs, &d), PAWL_ERR_NOT_FOUND);
        assert_non_null(strstr(d.text, "Var"));
        put(PAWL_SPAN_LITERAL("abc"));
        assert_int_equal(pawl_efi_var_read("Var", PAWL_EFI_LOADER_GUID, &b, &attrs, &d), PAWL_OK);
        assert_int_equal(attrs, 7);
        assert_hex(pawl_buffer_span(&b), "616263");
        assert_int_equal(pawl_efi_var_delete("Var", PAWL_EFI_LOADER_GUID, &d), PAWL_OK);
        assert_int_equal(pawl_efi_var_delete("Var", PAWL_EFI_LOADER_GUID, &d), PAWL_OK);
}

static void test_flag(void **state)
{
        pawl_diag d = { 0 };
        bool flag = false;

        (void)state;
        put(PAWL_SPAN_LITERAL("\x01"));
        assert_int_equal(pawl_efi_var_flag("Var", PAWL_EFI_LOADER_GUID, &flag, &d), PAWL_OK);
        assert_true(flag);
        put(PAWL_SPAN_LITERAL("\x02"));
        assert_int_equal(
                pawl_efi_var_flag("Var", PAWL_EFI_LOADER_GUID, &flag, &d), PAWL_ERR_FORMAT);
        put(PAWL_SPAN_LITERAL("\x01\x00"));
        assert_int_equal(
                pawl_efi_var_flag("Var", PAWL_EFI_LOADER_GUID, &flag, &d), PAWL_ERR_FORMAT);
        assert_int_equal(pawl_efi_var_delete("Var", PAWL_EFI_LOADER_GUID, &d), PAWL_OK);
}

static void test_text(void **state)
{
        static const struct {
                pawl_span data;
                const char *text; /* NULL: refused */
        } rows[] = {
                {PAWL_SPAN_LITERAL("1\0"
                                    "1\0\0\0"),
                 "11"                                                          },
                { PAWL_SPAN_LITERAL("1\0"),                      "1"           },
                { PAWL_SPAN_LITERAL(""),                         ""            },
                { PAWL_SPAN_LITERAL("\xe4\x00\xac\x20"),         "\u00e4\u20ac"},
                { PAWL_SPAN_LITERAL("1"),                        NULL          },
                { PAWL_SPAN_LITERAL("\x00\x00\x31\x00"),         NULL          },
                { PAWL_SPAN_LITERAL("\x00\xd8"),                 NULL          },
        };
        pawl_diag d = { 0 };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_autofree char *text = NULL;

                put(rows[i].data);
                assert_int_equal(pawl_efi_var_text("Var", PAWL_EFI_LOADER_GUID, &text, &d),
                        rows[i].text ? PAWL_OK : PAWL_ERR_FORMAT);
                if (rows[i].text)
                        assert_string_equal(text, rows[i].text);
        }
        assert_int_equal(pawl_efi_var_delete("Var", PAWL_EFI_LOADER_GUID, &d), PAWL_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read_write),
                cmocka_unit_test(test_flag),
                cmocka_unit_test(test_text),
        };

        return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of credentials, and credentials that stand as text; confidential machines by their CPUID.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/init/cmdline.h"
#include "userspace/init/confidential.h"
#include "userspace/init/cred-text.h"

static void test_names(void **state)
{
        static const struct {
                const char *name;
                bool is_valid;
        } rows[] = {
                {"a",               true },
                { "network.wg-key", true },
                { ".hidden",        true },
                { "...",            true },
                { "with blank ~",   true },
                { "",               false},
                { ".",              false},
                { "..",             false},
                { "a/b",            false},
                { "a:b",            false},
                { "a\nb",           false},
                { "a\x7f",          false},
                { "\xc3\xa4",       false},
        };
        char name[PAWL_CRED_NAME_MAX + 1];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(
                        pawl_cred_name_is_valid(pawl_span_str(rows[i].name)), rows[i].is_valid);
        for (size_t i = 0; i < sizeof(name); i++)
                name[i] = 'n';
        assert_true(pawl_cred_name_is_valid(pawl_span_of(name, 255)));
        assert_false(pawl_cred_name_is_valid(pawl_span_of(name, 256)));
        assert_false(pawl_cred_name_is_valid(PAWL_SPAN_LITERAL("a\0b")));
}

static void check(pawl_err want, pawl_err got, const pawl_cred_text *t, const char *name,
        const char *value, bool is_base64)
{
        assert_int_equal(got, want);
        if (want != PAWL_OK)
                return;
        assert_string_equal(t->name, name);
        assert_true(pawl_span_equal(t->value, pawl_span_str(value)));
        assert_int_equal(t->is_base64, is_base64);
}

static void test_smbios(void **state)
{
        static const struct {
                const char *text;
                pawl_err want;
                const char *name, *value;
                bool is_base64;
        } rows[] = {
                {"io.systemd.credential:a=b",            PAWL_OK,            "a",   "b",    false},
                { "io.systemd.credential:a.b==x=y",      PAWL_OK,            "a.b", "=x=y", false},
                { "io.systemd.credential:a=",            PAWL_OK,            "a",   "",     false},
                { "io.systemd.credential.binary:a=YQ==", PAWL_OK,            "a",   "YQ==", true },
                { "io.systemd.credential:a",             PAWL_ERR_FORMAT,    NULL,  NULL,   false},
                { "io.systemd.credential:=b",            PAWL_ERR_FORMAT,    NULL,  NULL,   false},
                { "io.systemd.credential:../a=b",        PAWL_ERR_FORMAT,    NULL,  NULL,   false},
                { "io.systemd.credential:..=b",          PAWL_ERR_FORMAT,    NULL,  NULL,   false},
                { "io.systemd.credential",               PAWL_ERR_NOT_FOUND, NULL,  NULL,   false},
                { "io.systemd.credentials:a=b",          PAWL_ERR_NOT_FOUND, NULL,  NULL,   false},
                { "IO.systemd.credential:a=b",           PAWL_ERR_NOT_FOUND, NULL,  NULL,   false},
                { "",                                    PAWL_ERR_NOT_FOUND, NULL,  NULL,   false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_cred_text t;

                check(rows[i].want, pawl_cred_text_smbios(pawl_span_str(rows[i].text), &t), &t,
                        rows[i].name, rows[i].value, rows[i].is_base64);
        }
}

static void test_cmdline(void **state)
{
        static const char line[] = "a systemd.set_credential=n:v systemd.set_credential=m:x:y "
                                   "\"systemd.set_credential=o:two words\" "
                                   "systemd.set_credential_binary=p:YQ== "
                                   "systemd.set_credential=long:0123456789abcdef "
                                   "systemd.set_credential=last:1 -- systemd.set_credential=q:r";
        static const char *const want[][2] = {
                {"n",     "v"        },
                { "m",    "x:y"      },
                { "o",    "two words"},
                { "last", "1"        },
        };
        pawl_reader r = pawl_reader_of(PAWL_SPAN_LITERAL(line));
        char value[16];
        pawl_cred_text t;
        pawl_err err;
        size_t n = 0;

        (void)state;
        while ((err = pawl_cmdline_next(&r, "systemd.set_credential", value, sizeof(value))) !=
                PAWL_ERR_NOT_FOUND) {
                if (n == 3 && err == PAWL_ERR_NO_SPACE)
                        continue; /* the long one; what follows is found all the same */
                assert_int_equal(err, PAWL_OK);
                check(PAWL_OK, pawl_cred_text_cmdline(pawl_span_str(value), false, &t), &t,
                        want[n][0], want[n][1], false);
                n++;
        }
        assert_int_equal(n, 4);
        assert_int_equal(pawl_cmdline_next(&r, "systemd.set_credential", value, sizeof(value)),
                PAWL_ERR_NOT_FOUND);
        assert_int_equal(
                pawl_cred_text_cmdline(PAWL_SPAN_LITERAL("n=v"), false, &t), PAWL_ERR_FORMAT);
}

static void test_booleans(void **state)
{
        bool is = false;

        (void)state;
        assert_int_equal(pawl_parse_boolean("YES", &is), PAWL_OK);
        assert_true(is);
        assert_int_equal(pawl_parse_boolean("off", &is), PAWL_OK);
        assert_false(is);
        assert_int_equal(pawl_parse_boolean("", &is), PAWL_ERR_FORMAT);
        assert_int_equal(pawl_parse_boolean("nope", &is), PAWL_ERR_FORMAT);
}

/* --- CPUID, as these machines answer --- */

typedef struct leaf {
        uint32_t number, registers[4];
} leaf;

#define HYPERVISOR                                                                                 \
        {                                                                                          \
                1,                                                                                 \
                {                                                                                  \
                        0, 0, 1u << 31, 0                                                          \
                }                                                                                  \
        }
#define HV_VENDOR(n)                                                                               \
        {                                                                                          \
                0x40000000,                                                                        \
                {                                                                                  \
                        (n), 0x7263694d, 0x666f736f, 0x76482074                                    \
                }                                                                                  \
        }

static const leaf metal[] = {
        {0,           { 0x21, 0, 0, 0 }      },
        { 0x80000000, { 0x8000001f, 0, 0, 0 }},
        { 0x8000001f, { 3, 0, 0, 0 }         }
};
static const leaf guest[] = {
        HYPERVISOR, {0,           { 0x20, 0, 0, 0 }      },
         { 0x80000000, { 0x8000001f, 0, 0, 0 }},
        { 0x8000001f, { 1, 0, 0, 0 }         }
};
static const leaf tdx[] = {
        HYPERVISOR, {0,     { 0x21, 0, 0, 0 }                        },
         { 0x21, { 0, 0x65746e49, 0x20202020, 0x5844546c }}
};
static const leaf sev[] = {
        HYPERVISOR, {0x80000000,  { 0x8000001f, 0, 0, 0 }},
         { 0x8000001f, { 2, 0, 0, 0 }         }
};
static const leaf hyperv[] = {
        HYPERVISOR, HV_VENDOR(0x4000000c), {0x40000003,  { 0, 1u << 22, 0, 0 }},
        { 0x4000000c, { 0, 2, 0, 0 }       }
};
static const leaf hyperv_plain[] = {
        HYPERVISOR, HV_VENDOR(0x4000000c), {0x4000000c, { 0, 2, 0, 0 }}
};

static const leaf *leaves;
static size_t n_leaves;

static void answer(uint32_t number, uint32_t ret[static 4])
{
        for (size_t i = 0; i < 4; i++)
                ret[i] = 0;
        for (size_t i = 0; i < n_leaves; i++)
                if (leaves[i].number == number)
                        pawl_copy(ret, leaves[i].registers, sizeof(leaves[i].registers));
}

static void test_confidential(void **state)
{
        static const struct {
                const leaf *leaves;
                size_t n;
                bool want;
        } rows[] = {
                {metal,         sizeof(metal) / sizeof(leaf),        false},
                { guest,        sizeof(guest) / sizeof(leaf),        false},
                { tdx,          sizeof(tdx) / sizeof(leaf),          true },
                { sev,          sizeof(sev) / sizeof(leaf),          true },
                { hyperv,       sizeof(hyperv) / sizeof(leaf),       true },
                { hyperv_plain, sizeof(hyperv_plain) / sizeof(leaf), false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                leaves = rows[i].leaves;
                n_leaves = rows[i].n;
                assert_int_equal(pawl_is_confidential_by(answer), rows[i].want);
        }
        (void)pawl_is_confidential();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_smbios),
                cmocka_unit_test(test_cmdline),
                cmocka_unit_test(test_booleans),
                cmocka_unit_test(test_confidential),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

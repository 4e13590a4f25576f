/* SPDX-License-Identifier: BSD-2-Clause */
/* The shipped profiles say what the documents say, and a profile that says anything else is refused
 * with the reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/seal/profile.h"

#ifndef POLICIES
#error "POLICIES comes from meson.build"
#endif

static pawl_profile load(const char *name)
{
        pawl_profile p = { 0 };
        pawl_diag d = { 0 };

        if (pawl_profile_load(POLICIES, name, &p, &d) != PAWL_OK)
                fail_msg("%s", d.text);
        assert_string_equal(p.name, name);
        return p;
}

static void test_shipped(void **state)
{
        pawl_profile os = load("signed-os"), pin = load("signed-os+pin"),
                     exact = load("exact-boot");

        (void)state;
        assert_int_equal(os.signed_mask, 1u << 11);
        assert_int_equal(os.literal_mask, 1u << 7 | 1u << 12 | 1u << 15);
        assert_string_equal(os.ref, "initrd");
        assert_true(os.needs_secure_boot);
        assert_false(os.needs_pin);
        assert_int_equal(pin.signed_mask, os.signed_mask);
        assert_int_equal(pin.literal_mask, os.literal_mask);
        assert_string_equal(pin.ref, "initrd");
        assert_true(pin.needs_secure_boot && pin.needs_pin);
        assert_int_equal(exact.signed_mask, 0);
        assert_int_equal(exact.literal_mask, 1u << 4 | 1u << 7 | 1u << 11 | 1u << 12 | 1u << 15);
        assert_false(exact.needs_secure_boot || exact.needs_pin);
}

#define NAMES "\"name\":\"a\",\"summary\":\"s\","
#define PCR7  "{\"pcr\":7,\"bind\":\"literal\",\"why\":\"w\"}"

static void test_refused(void **state)
{
        static const struct {
                const char *json, *text;
        } rows[] = {
                {"{" NAMES "\"pcrs\":[" PCR7 "],\"pcr\":1}",                               "\"pcr\""  },
                { "{" NAMES "\"pcrs\":[" PCR7 "," PCR7 "]}",                               "PCR 7"    },
                { "{" NAMES "\"pcrs\":[]}",                                                "pcrs"     },
                { "{" NAMES "\"pcrs\":[7]}",                                               "pcrs"     },
                { "{" NAMES "\"pcrs\":[{\"pcr\":24,\"bind\":\"literal\",\"why\":\"w\"}]}", "pcr"      },
                { "{" NAMES "\"pcrs\":[{\"pcr\":7,\"bind\":\"maybe\",\"why\":\"w\"}]}",    "bind"     },
                { "{" NAMES "\"pcrs\":[{\"pcr\":7,\"bind\":\"literal\",\"why\":\"\"}]}",   "why"      },
                { "{" NAMES "\"pcrs\":[{\"pcr\":7,\"bind\":\"literal\"}]}",                "why"      },
                { "{" NAMES "\"pcrs\":[{\"pcr\":11,\"bind\":\"signed\",\"why\":\"w\"}]}",
                 "reference"                                                                          },
                { "{" NAMES "\"reference\":\"initrd\",\"pcrs\":[" PCR7 "]}",               "reference"},
                { "{" NAMES "\"needs-pin\":1,\"pcrs\":[" PCR7 "]}",                        "needs-pin"},
                { "{\"pcrs\":[" PCR7 "]}",                                                 "name"     },
                { "[]",                                                                    "object"   },
                { "",                                                                      "JSON"     },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_profile p = { .name = "untouched" };
                pawl_diag d = { 0 };

                assert_int_not_equal(
                        pawl_profile_parse(pawl_span_str(rows[i].json), "FILE", &p, &d), PAWL_OK);
                assert_string_equal(p.name, "untouched");
                assert_ptr_equal(strstr(d.text, "FILE: "), d.text);
                if (!strstr(d.text, rows[i].text))
                        fail_msg("\"%s\" is not told in \"%s\"", rows[i].text, d.text);
        }
}

static void test_names(void **state)
{
        static const char *const bad[] = { "", ".", "../pcr-policies/signed-os", "a/b", "A",
                "a-name-that-is-longer-than-any-profile-may-have" };
        pawl_profile p;
        pawl_diag d;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(pawl_profile_load(POLICIES, bad[i], &p, &d), PAWL_ERR_USAGE);
        assert_int_equal(pawl_profile_load(POLICIES, "none", &p, &d), PAWL_ERR_NOT_FOUND);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shipped),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

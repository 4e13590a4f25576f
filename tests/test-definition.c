/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/disk/definition.h"

static pawl_err parse(const char *text, pawl_definition *def, pawl_diag *d)
{
        *d = (pawl_diag){ 0 };
        return pawl_definition_parse(pawl_span_str(text), "50-state.conf", def, d);
}

static void test_valid(void **state)
{
        pawl_definition def;
        pawl_diag d;

        (void)state;
        assert_int_equal(parse("# what outlives a boot\n\n[Partition]\n"
                               "Type = var\nLabel=state\r\nSizeMinBytes=128M\nSizeMaxBytes=1G\n"
                               "Format=ext4\nEncrypt=tpm2\nFactoryReset=yes\nPolicy=exact-boot\n"
                               "RecoveryShow=ttyS0 tty0",
                                 &def, &d),
                PAWL_OK);
        assert_string_equal(def.type, "4d21b016-b534-45c2-a9fb-5c16e091fd2d");
        assert_string_equal(def.designator, "var");
        assert_string_equal(def.mount_point, "/var");
        assert_string_equal(def.label, "state");
        assert_int_equal(def.min_size, 128u << 20);
        assert_int_equal(def.max_size, 1u << 30);
        assert_true(def.is_ext4 && def.is_encrypted && def.is_factory_reset);
        assert_string_equal(def.policy, "exact-boot");
        assert_string_equal(def.recovery_show, "ttyS0 tty0");
}

static void test_defaults(void **state)
{
        pawl_definition def;
        pawl_diag d;

        (void)state;
        assert_int_equal(
                parse("[Partition]\nType=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n", &def, &d),
                PAWL_OK);
        assert_string_equal(def.type, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
        assert_null(def.designator);
        assert_string_equal(def.label, "pawl");
        assert_int_equal(def.min_size, PAWL_DEFINITION_MIN_SIZE);
        assert_int_equal(def.max_size, 0);
        assert_false(def.is_encrypted || def.is_ext4 || def.is_factory_reset);
        assert_string_equal(def.policy, "signed-os");
        assert_string_equal(def.recovery_show, "console");
}

/* Each file is refused with what stands beside it, which names the line. */
static void test_errors(void **state)
{
#define HEAD "[Partition]\nType=var\n"
        static const struct {
                const char *text;
                pawl_err err;
                const char *said;
        } rows[] = {
                {"",                                                    PAWL_ERR_MISSING,     "50-state.conf: Type= is missing"         },
                { "[Partition]\nLabel=x\n",                             PAWL_ERR_MISSING,     "50-state.conf: Type= is missing"         },
                { "Type=var\n",                                         PAWL_ERR_FORMAT,      "50-state.conf:1: key: stands before"     },
                { "\n[Disk]\n",                                         PAWL_ERR_UNSUPPORTED,
                 "50-state.conf:2: section: only [Partition]"                                                                           },
                { HEAD "Weight=3\n",                                    PAWL_ERR_UNSUPPORTED, "50-state.conf:3: Weight: unknown key"    },
                { HEAD "\n;x\nLabel\n",                                 PAWL_ERR_FORMAT,
                 "50-state.conf:5: line: must be KEY=VALUE"                                                                             },
                { HEAD "=x\n",                                          PAWL_ERR_FORMAT,      "50-state.conf:3: line: must be KEY=VALUE"},
                { HEAD "Type=var\n",                                    PAWL_ERR_DUPLICATE,   "50-state.conf:3: Type: stands twice"     },
                { "[Partition]\nType=root\n",                           PAWL_ERR_UNSUPPORTED,
                 "50-state.conf:2: Type: must be var"                                                                                   },
                { "[Partition]\nType=\n",                               PAWL_ERR_FORMAT,      "50-state.conf:2: Type: has no value"     },
                { HEAD "Label=\n",                                      PAWL_ERR_FORMAT,      "50-state.conf:3: Label: has no value"    },
                { HEAD "Label=a\xc3\xa4\n",                             PAWL_ERR_FORMAT,      "50-state.conf:3: Label: only ASCII"      },
                { HEAD "Label=1234567890123456789012345678901234567\n", PAWL_ERR_LIMIT,
                 "50-state.conf:3: Label: the value is too long"                                                                        },
                { HEAD "SizeMinBytes=x\n",                              PAWL_ERR_FORMAT,
                 "50-state.conf:3: SizeMinBytes: must be"                                                                               },
                { HEAD "SizeMinBytes=\n",                               PAWL_ERR_FORMAT,
                 "50-state.conf:3: SizeMinBytes: must be"                                                                               },
                { HEAD "SizeMinBytes=5Q\n",                             PAWL_ERR_FORMAT,
                 "50-state.conf:3: SizeMinBytes: must be"                                                                               },
                { HEAD "SizeMinBytes=5MM\n",                            PAWL_ERR_FORMAT,
                 "50-state.conf:3: SizeMinBytes: must be"                                                                               },
                { HEAD "SizeMinBytes=18446744073709551616\n",           PAWL_ERR_LIMIT,
                 "50-state.conf:3: SizeMinBytes: too large"                                                                             },
                { HEAD "SizeMaxBytes=99999999T\n",                      PAWL_ERR_LIMIT,
                 "50-state.conf:3: SizeMaxBytes: too large"                                                                             },
                { HEAD "SizeMaxBytes=0\n",                              PAWL_ERR_FORMAT,
                 "50-state.conf:3: SizeMaxBytes: must not be 0"                                                                         },
                { HEAD "SizeMaxBytes=1M\n",                             PAWL_ERR_FORMAT,
                 "50-state.conf: SizeMaxBytes= is smaller"                                                                              },
                { HEAD "Format=btrfs\n",                                PAWL_ERR_UNSUPPORTED,
                 "50-state.conf:3: Format: only ext4"                                                                                   },
                { HEAD "Encrypt=key-file\n",                            PAWL_ERR_UNSUPPORTED,
                 "50-state.conf:3: Encrypt: must be tpm2"                                                                               },
                { HEAD "SizeMinBytes=64M\nEncrypt=tpm2\n",              PAWL_ERR_UNSUPPORTED,
                 "50-state.conf: Encrypt=tpm2 needs Format"                                                                             },
                { HEAD "Format=ext4\nEncrypt=tpm2\n",                   PAWL_ERR_FORMAT,
                 "50-state.conf: SizeMinBytes= must be at least"                                                                        },
                { HEAD "FactoryReset=maybe\n",                          PAWL_ERR_FORMAT,
                 "50-state.conf:3: FactoryReset: must be"                                                                               },
                { HEAD "Policy=../../x\n",                              PAWL_ERR_FORMAT,
                 "50-state.conf:3: Policy: has a character"                                                                             },
                { HEAD "RecoveryShow=/dev/x\n",                         PAWL_ERR_FORMAT,
                 "50-state.conf:3: RecoveryShow: has a"                                                                                 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_definition def = { .min_size = 77 };
                pawl_diag d;

                print_message("%s", rows[i].text);
                assert_int_equal(parse(rows[i].text, &def, &d), rows[i].err);
                assert_non_null(strstr(d.text, rows[i].said));
                assert_int_equal(def.min_size, 77);
        }
}

static void test_too_large(void **state)
{
        static uint8_t text[PAWL_DEFINITION_FILE_MAX + 1];
        pawl_definition def;
        pawl_diag d = { 0 };

        (void)state;
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = '\n';
        assert_int_equal(pawl_definition_parse(pawl_span_of(text, sizeof(text)), "x", &def, &d),
                PAWL_ERR_LIMIT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_valid),
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_too_large),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

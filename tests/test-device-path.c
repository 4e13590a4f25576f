/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/device-path.h"
#include "tests/hex.h"

/* The bytes are made by another program from the tables of UEFI 2.10, 10.3. */
/* clang-format off: version 14 ends with a fault over this table */
static const struct {
        const char *what, *hex, *text;
        pawl_err err;
} paths[] = {
        {"a disk and a file",
         "02010c00d041030a0000000001010600011f03120a000100ffff000004012a0001000000000800"
                "000000000000000800000000001346501ab519444ba83dd926d40daa1c0202040430005c004500"
                "460049005c0042004f004f0054005c0042004f004f0054005800360034002e0045004600490000"
                "007fff0400",                                                                                                       "PciRoot(0x0)/Pci(0x1f,0x1)/Sata(0x1,0xffff,0x0)/HD(1,GPT,1a504613-19b5-4b44-a8"
                "3d-d926d40daa1c,0x800,0x80000)/\\EFI\\BOOT\\BOOTX64.EFI",                                                                                  PAWL_OK           },
        { "without an end",                             "02010c00d041030a0000000001010600011f",                                     "PciRoot(0x0)/Pci(0x1f,0x1)",
         PAWL_OK                                                                                                                                                                                           },
        { "what follows the end does not count",        "02010c00d041030a000000007fff040001010600011f",
         "PciRoot(0x0)",                                                                                                                                                                 PAWL_OK           },
        { "two paths",                                  "02010c00d041030a000000007f01040002010c00d041080a010000007fff0400",
         "PciRoot(0x0),PcieRoot(0x1)",                                                                                                                                                   PAWL_OK           },
        { "acpi and mbr",
         "02010c00d04101050200000004012a00020000003f000000000000000001000000000000123456"
                "7800000000000000000000000001017fff0400",                                                                           "Acpi(0x50141d0,0x2)/HD(2,MBR,12345678,0x3f,0x100)", PAWL_OK           },
        { "nothing of a terminal",
         "040420005c0061001b005b0032004a00e9000000680069006400640065006e007fff0400",                                                "\\a?[2J?",                                          PAWL_OK           },
        { "firmware",
         "040714001346501ab519444ba83dd926d40daa1c040614001346501ab519444ba83dd926d40daa"
                "1c7fff0400",                                                                                                       "Fv(1a504613-19b5-4b44-a83d-d926d40daa1c)/FvFile(1a504613-19b5-4b44-a83d-d926d4"
                "0daa1c)",                                                                                                                                  PAWL_OK           },
        { "vendors",
         "010415001346501ab519444ba83dd926d40daa1c78030a14001346501ab519444ba83dd926d40d"
                "aa1c040314001346501ab519444ba83dd926d40daa1c7fff0400",                                                             "VenHw(1a504613-19b5-4b44-a83d-d926d40daa1c)/VenMsg(1a504613-19b5-4b44-a83d-d92"
                "6d40daa1c)/VenMedia(1a504613-19b5-4b44-a83d-d926d40daa1c)",                                      PAWL_OK           },
        { "memory",                                     "010318000b0000000010000000000000ff2f00000000000001050800030000007fff0400",
         "MemoryMapped(0xb,0x1000,0x2fff)/Ctrl(0x3)",                                                                                                                                    PAWL_OK           },
        { "buses",                                      "030506000b000302080001000000031710000100000001020304050607087fff0400",
         "USB(0xb,0x0)/Scsi(0x1,0x0)/NVMe(0x1,08-07-06-05-04-03-02-01)",                                                                                                                 PAWL_OK           },
        { "network",
         "030b25000cc47aff601c000000000000000000000000000000000000000000000000000001030c"
                "1700000000000a00020f0000000000000000000000030d3c000000000000000000000000000000"
                "0000fe800000000000000000000000000001000000000000000000000000000000000000000000"
                "00000003180f00687474703a2f2f682f78077fff0400",                                                                     "MAC(0cc47aff601c)/IPv4(10.0.2.15)/IPv6(fe80:0000:0000:0000:0000:0000:0000:0001"
                ")/Uri(http://h/x?)",                                                                                     PAWL_OK           },
        { "media",
         "040218000100000040000000000000008000000000000000040926000001000000000000ff0100"
                "00000000001346501ab519444ba83dd926d40daa1c000005010d00020000006469736b007fff04"
                "00",                                                                                                               "CDROM(0x1)/RamDisk(0x100,0x1ff)/BBS(0x2,disk)",     PAWL_OK           },
        { "unknown",                                    "03631800000102030405060708090a0b0c0d0e0f101112137fff0400",
         "Path(3,99,000102030405060708090a0b0c0d0e0f...)",                                                                                                                               PAWL_OK           },
        { "a node that is too short is shown as bytes", "01010500017fff0400",                                                       "Path(1,1,01)",
         PAWL_OK                                                                                                                                                                                           },
        { "empty",                                      "",                                                                         "",                                                  PAWL_OK           },
        { "a length of three",                          "02010c00d041030a0000000001010300",                                         "PciRoot(0x0)",
         PAWL_ERR_FORMAT                                                                                                                                                                                   },
        { "cut in a node",                              "02010c00d041030a000000000101060001",                                       "PciRoot(0x0)",
         PAWL_ERR_TRUNCATED                                                                                                                                                                                },
        { "cut in a header",                            "02010c00d041030a0000000001",                                               "PciRoot(0x0)",                                      PAWL_ERR_TRUNCATED},
};
/* clang-format on */

static void check(const char *hex, const char *expected, pawl_err err)
{
        uint8_t bytes[1024];
        char text[512];
        size_t n = hex_decode(hex, bytes, sizeof(bytes));
        uint8_t *copy = exact_copy(pawl_span_of(bytes, n));

        assert_int_equal(pawl_device_path_text(pawl_span_of(copy, n), text, sizeof(text)), err);
        assert_string_equal(text, expected);
        free(copy);
}

static void test_texts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                print_message("%s\n", paths[i].what);
                check(paths[i].hex, paths[i].text, paths[i].err);
        }
}

/* In any size of buffer: the beginning of the text, and its NUL. */
static void test_cut(void **state)
{
        uint8_t bytes[1024];
        size_t n = hex_decode(paths[0].hex, bytes, sizeof(bytes));

        (void)state;
        for (size_t size = 1; size < strlen(paths[0].text) + 3; size++) {
                char *text = malloc(size);

                assert_non_null(text);
                assert_int_equal(
                        pawl_device_path_text(pawl_span_of(bytes, n), text, size), PAWL_OK);
                assert_true(strlen(text) < size);
                assert_int_equal(strncmp(text, paths[0].text, strlen(text)), 0);
                assert_true(strlen(text) == size - 1 || strcmp(text, paths[0].text) == 0);
                free(text);
        }
        assert_int_equal(
                pawl_device_path_text(PAWL_SPAN_NULL, (char *)bytes, 0), PAWL_ERR_NO_SPACE);
}

static void test_too_many_nodes(void **state)
{
        uint8_t bytes[6 * (PAWL_DEVICE_PATH_NODES_MAX + 1)];
        char text[4096];

        (void)state;
        for (size_t i = 0; i < sizeof(bytes); i += 6)
                pawl_copy(bytes + i, "\x01\x01\x06\x00\x00\x00", 6);
        assert_int_equal(
                pawl_device_path_text(pawl_span_of(bytes, sizeof(bytes) - 6), text, sizeof(text)),
                PAWL_OK);
        assert_int_equal(
                pawl_device_path_text(pawl_span_of(bytes, sizeof(bytes)), text, sizeof(text)),
                PAWL_ERR_LIMIT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_texts),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_too_many_nodes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

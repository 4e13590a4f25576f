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

#define END      "7fff0400"
#define ROOT     "02010c00d041030a00000000"
#define PCI      "010106000101"
#define SATA     "03120a000100ffff0000"
#define ESP_     "2811d37ab0a1bf4fb2f5c3a5d8f1e001"
#define DISK_0   "04012a000100000000080000000000000000100000000000"
#define DISK     DISK_0 ESP_ "0202"
#define BOOT     "040418005c004500460049005c0062002e00650066000000"
#define ESP_TEXT "7ad31128-a1b0-4fbf-b2f5-c3a5d8f1e001"

static const struct {
        const char *bytes, *text;
        pawl_err err;
} cases[] = {
        {"",                                                                                  "",                                         PAWL_OK           },
        { END,                                                                                "",                                         PAWL_OK           },
        { ROOT PCI SATA DISK BOOT END,
         "PciRoot(0x0)/Pci(0x1,0x1)/Sata(0x1,0xffff,0x0)/HD(1,GPT," ESP_TEXT
                ",0x800,0x100000)/\\EFI\\b.ef",                                                                                           PAWL_OK           },
 /* hardware */
        { "010205000a" END,                                                                   "PcCard(0xa)",                              PAWL_OK           },
        { "010318000b0000000000ffff000000000010000100000000" END,
         "MemoryMapped(0xb,0xffff0000,0x1001000)",                                                                                        PAWL_OK           },
        { "01041400" ESP_ END,                                                                "VenHw(" ESP_TEXT ")",                      PAWL_OK           },
        { "01041600" ESP_ "abcd" END,                                                         "VenHw(" ESP_TEXT ",abcd)",                 PAWL_OK           },
        { "0105080007000000" END,                                                             "Ctrl(0x7)",                                PAWL_OK           },
        { "01060d00010020000000000000" END,                                                   "BMC(0x1,0x2000)",                          PAWL_OK           },
 /* ACPI */
        { "02010c00d041080a03000000" END,                                                     "PcieRoot(0x3)",                            PAWL_OK           },
        { "02010c00d041050102000000" END,                                                     "Acpi(PNP0105,0x2)",                        PAWL_OK           },
        { "02010c000000010a02000000" END,                                                     "Acpi(0xa010000,0x2)",                      PAWL_OK           },
        { "02021a00d041080a01000000d041030a41435049300000433100" END,
         "AcpiEx(PNP0A08,PNP0A03,0x1,ACPI0,C1,)",                                                                                         PAWL_OK           },
        { "02030c000001018001020380" END,                                                     "AcpiAdr(0x80010100,0x80030201)",           PAWL_OK           },
        { "0204080001000000" END,                                                             "NvdimmAcpiAdr(0x1)",                       PAWL_OK           },
 /* messaging */
        { "0301080001000100" END,                                                             "Ata(Secondary,Master,0x1)",                PAWL_OK           },
        { "0302080003000200" END,                                                             "Scsi(0x3,0x2)",                            PAWL_OK           },
        { "030506000201" END,                                                                 "USB(0x2,0x1)",                             PAWL_OK           },
        { "030f0b000904efbe080650" END,                                                       "UsbClass(0x409,0xbeef,0x8,0x6,0x50)",      PAWL_OK           },
        { "03101000010009040fbe410042000000" END,                                             "UsbWwid(0x409,0xbe0f,0x1,\"AB\")",         PAWL_OK           },
        { "0311050004" END,                                                                   "Unit(0x4)",                                PAWL_OK           },
        { "030a1400" ESP_ END,                                                                "VenMsg(" ESP_TEXT ")",                     PAWL_OK           },
        { "030e13000000000000c2010000000000080101" END,                                       "Uart(115200,8,N,1)",                       PAWL_OK           },
        { "0313170000000a080500000000000000010069716e2e61" END,
         "iSCSI(iqn.a,0x1,0x500000000000000,CRC32C,CRC32C,None,TCP)",                                                                     PAWL_OK           },
        { "031406006400" END,                                                                 "Vlan(0x64)",                               PAWL_OK           },
        { "03171000010000000102030405060708" END,                                             "NVMe(0x1,08-07-06-05-04-03-02-01)",        PAWL_OK           },
        { "031906000102" END,                                                                 "UFS(0x1,0x2)",                             PAWL_OK           },
        { "031a050000" END,                                                                   "SD(0x0)",                                  PAWL_OK           },
        { "031d050000" END,                                                                   "eMMC(0x0)",                                PAWL_OK           },
        { "030b2500525400123456000000000000000000000000000000000000000000000000000001" END,
         "MAC(525400123456,0x1)",                                                                                                         PAWL_OK           },
        { "030c1b00c0a80002c0a8000100000000060001c0a80001ffffff00" END,
         "IPv4(192.168.0.1,TCP,Static,192.168.0.2,192.168.0.1,255.255.255.0)",                                                            PAWL_OK           },
        { "030c13000a0000020a00000100000000110000" END,                                       "IPv4(10.0.0.1,UDP,DHCP,10.0.0.2)",
         PAWL_OK                                                                                                                                            },
        { "030d3c0000000000000000000000000000000000fe80000000000000525400fffe123456000000003a000140"
          "fe800000000000000000000000000001" END,
         "IPv6(fe80:0000:0000:0000:5254:00ff:fe12:3456,0x3a,StatelessAutoConfigure,"
                "0000:0000:0000:0000:0000:0000:0000:0000,64,"
                "fe80:0000:0000:0000:0000:0000:0000:0001)",                                                                               PAWL_OK           },
        { "03180e00687474703a2f2f612f25" END,                                                 "Uri(http://a/%)",                          PAWL_OK           },
        { "031805000a" END,                                                                   "Uri(%0a)",                                 PAWL_OK           },
        { "03180400" END,                                                                     "Uri()",                                    PAWL_OK           },
        { "031b0a00010203040506" END,                                                         "Bluetooth(010203040506)",                  PAWL_OK           },
        { "031e0b0001020304050601" END,                                                       "BluetoothLE(010203040506,0x1)",            PAWL_OK           },
        { "031c24006162000000000000000000000000000000000000000000000000000000000000" END,
         "Wi-Fi(ab)",                                                                                                                     PAWL_OK           },
        { "031f250000c0000201000000000000000000000000c0000202000000000000000000000000" END,
         "Dns(192.0.2.1,192.0.2.2)",                                                                                                      PAWL_OK           },
 /* media */
        { "04012a0002000000003f00000000000000001000000000003412cdab000000000000000000000000010"
          "1" END,
         "HD(2,MBR,0xabcd1234,0x3f00,0x100000)",                                                                                          PAWL_OK           },
        { "040218000100000010000000000000002000000000000000" END,                             "CDROM(0x1,0x10,0x20)",                     PAWL_OK           },
        { "04061400" ESP_ END,                                                                "FvFile(" ESP_TEXT ")",                     PAWL_OK           },
        { "04071400" ESP_ "04061400" ESP_ END,                                                "Fv(" ESP_TEXT ")/FvFile(" ESP_TEXT ")",    PAWL_OK           },
        { "040818000000000000100000000000000020000000000000" END,                             "Offset(0x1000,0x2000)",
         PAWL_OK                                                                                                                                            },
        { "04092600001000000000000000200000000000005a53ab77fc454b625560f7b281d1f96e0000" END,
         "VirtualDisk(0x1000,0x2000,0)",                                                                                                  PAWL_OK           },
        { "0409260000100000000000000020000000000000" ESP_ "0100" END,
         "RamDisk(0x1000,0x2000,1," ESP_TEXT ")",                                                                                         PAWL_OK           },
 /* BBS */
        { "05010d00020001004844490000" END,                                                   "BBS(HD,HDI,0x1)",                          PAWL_OK           },
 /* instances */
        { PCI "7f010400" ROOT PCI END,                                                        "Pci(0x1,0x1),PciRoot(0x0)/Pci(0x1,0x1)",   PAWL_OK           },
 /* not known, or too short for what they say they are */
        { "096306000102" END,                                                                 "Path(9,99,0102)",                          PAWL_OK           },
        { "01630400" END,                                                                     "Path(1,99)",                               PAWL_OK           },
        { PCI "0101050001" PCI END,                                                           "Pci(0x1,0x1)/Path(1,1,01)/Pci(0x1,0x1)",   PAWL_OK           },
        { "040106000100" END,                                                                 "Path(4,1,0100)",                           PAWL_OK           },
        { PCI "030c0c00c0a80002c0a80001" END,                                                 "Pci(0x1,0x1)/Path(3,12,c0a80002c0a80001)", PAWL_OK           },
 /* bad lengths: what stands before is told */
        { PCI "04040300" END,                                                                 "Pci(0x1,0x1)",                             PAWL_ERR_FORMAT   },
        { PCI "0404ffff" END,                                                                 "Pci(0x1,0x1)",                             PAWL_ERR_TRUNCATED},
        { PCI "040400",                                                                       "Pci(0x1,0x1)",                             PAWL_ERR_TRUNCATED},
        { PCI,                                                                                "Pci(0x1,0x1)",                             PAWL_ERR_TRUNCATED},
        { PCI END "00",                                                                       "Pci(0x1,0x1)",                             PAWL_ERR_TRAILING },
 /* hostile names: escape, C1, line feed, right-to-left override, lone surrogate, '%' */
        { "04040e001b0085000a002e202500" END,                                                 "%1b%c2%85%0a%e2%80%ae%25",                 PAWL_OK           },
        { "0404080000d84100" END,                                                             "?A",                                       PAWL_OK           },
        { "040408003dd800de" END,                                                             "\xf0\x9f\x98\x80",                         PAWL_OK           },
        { "040409004100420043" END,                                                           "AB",                                       PAWL_OK           },
};

/* In blocks of exactly the size, so that a sanitizer sees a read or write behind the end. */
static pawl_err text_of(pawl_span path, size_t size, char **ret)
{
        uint8_t *copy = exact_copy(path);
        char *text = malloc(size);
        pawl_err err;

        assert_non_null(text);
        err = pawl_device_path_text(pawl_span_of(copy, path.len), text, size);
        free(copy);
        *ret = text;
        return err;
}

static void test_texts(void **state)
{
        uint8_t bytes[512];
        char *text;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                size_t n = hex_decode(cases[i].bytes, bytes, sizeof(bytes));
                pawl_err err = text_of(pawl_span_of(bytes, n), 512, &text);

                assert_string_equal(text, cases[i].text);
                assert_int_equal(err, cases[i].err);
                free(text);
        }
}

/* A smaller buffer holds the beginning of the same text, up to a whole character. */
static void test_cut(void **state)
{
        uint8_t bytes[512];
        char *whole, *text;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                size_t n = hex_decode(cases[i].bytes, bytes, sizeof(bytes));
                const pawl_span path = pawl_span_of(bytes, n);
                pawl_err want = text_of(path, 512, &whole);

                for (size_t size = 1; size <= strlen(whole) + 1; size++) {
                        pawl_err err = text_of(path, size, &text);

                        assert_true(strlen(text) < size);
                        assert_memory_equal(text, whole, strlen(text));
                        /* "%e2%80%ae" is what is longest and not parted */
                        assert_true(strlen(text) + 20 > size || size > strlen(whole));
                        assert_true(((unsigned char)whole[strlen(text)] & 0xc0) != 0x80);
                        if (want == PAWL_OK)
                                assert_int_equal(
                                        err, size > strlen(whole) ? PAWL_OK : PAWL_ERR_NO_SPACE);
                        free(text);
                }
                free(whole);
        }
}

static void test_truncated(void **state)
{
        uint8_t bytes[512];
        size_t n = hex_decode(ROOT PCI SATA DISK BOOT END, bytes, sizeof(bytes));
        char *whole, *text;

        (void)state;
        assert_int_equal(text_of(pawl_span_of(bytes, n), 512, &whole), PAWL_OK);
        for (size_t len = 1; len < n; len++) {
                assert_int_equal(text_of(pawl_span_of(bytes, len), 512, &text), PAWL_ERR_TRUNCATED);
                assert_memory_equal(text, whole, strlen(text));
                free(text);
        }
        free(whole);
}

static void test_flipped(void **state)
{
        uint8_t bytes[512];
        size_t n = hex_decode(ROOT PCI SATA DISK BOOT END, bytes, sizeof(bytes));
        char *text;

        (void)state;
        for (size_t bit = 0; bit < 8 * n; bit++) {
                bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                (void)!text_of(pawl_span_of(bytes, n), 512, &text);
                for (const char *p = text; *p; p++)
                        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
                free(text);
                bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

static void test_limit(void **state)
{
        uint8_t bytes[4 * (PAWL_DEVICE_PATH_NODES_MAX + 1)];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));
        char *text;

        (void)state;
        for (size_t i = 0; i <= PAWL_DEVICE_PATH_NODES_MAX; i++)
                assert_int_equal(pawl_write_bytes(&w, pawl_span_of(i < PAWL_DEVICE_PATH_NODES_MAX
                                                                           ? "\x04\x04\x04\0"
                                                                           : "\x7f\xff\x04\0",
                                                              4)),
                        PAWL_OK);
        assert_int_equal(text_of(pawl_written(&w), 512, &text), PAWL_ERR_LIMIT);
        free(text);
        assert_int_equal(text_of(pawl_span_of(bytes + 4, sizeof(bytes) - 4), 512, &text), PAWL_OK);
        free(text);
}

static void test_failed_read_moves_nothing(void **state)
{
        pawl_reader r = pawl_reader_of(PAWL_SPAN_LITERAL("\x01\x01\x06\0\x01"));
        pawl_device_node node;

        (void)state;
        assert_int_equal(pawl_device_node_next(&r, &node), PAWL_ERR_TRUNCATED);
        assert_int_equal(r.off, 0);
        assert_int_equal(r.left.len, 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_texts),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_flipped),
                cmocka_unit_test(test_limit),
                cmocka_unit_test(test_failed_read_moves_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device-path.h"

#include "core/efi-variable.h"

#define HEADER_SIZE 4u
#define HEX_MAX     16u /* bytes of an unknown node that are shown */

enum { HARDWARE = 1, ACPI = 2, MESSAGING = 3, MEDIA = 4, BIOS = 5, END = 0x7f };
#define END_OF_ALL 0xffu

pawl_err pawl_device_path_next(pawl_reader *r, pawl_device_node *ret)
{
        pawl_reader at = *r;
        pawl_device_node n;
        uint16_t len = 0;

        if (at.left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_read_u8(&at, &n.type));
        PAWL_TRY(pawl_read_u8(&at, &n.subtype));
        PAWL_TRY(pawl_read_le16(&at, &len));
        if (len < HEADER_SIZE)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_bytes(&at, len - HEADER_SIZE, &n.data));
        if (n.type == END && n.subtype == END_OF_ALL)
                return PAWL_ERR_NOT_FOUND;
        *r = at;
        *ret = n;
        return PAWL_OK;
}

/* --- writing; a full buffer cuts the text and is no error --- */

typedef struct text {
        char *p;
        size_t size, len; /* `len` < `size` */
} text;

static void put_char(text *t, char c)
{
        if (t->len + 1 < t->size)
                t->p[t->len++] = c;
        t->p[t->len] = '\0';
}

static void put(text *t, const char *s)
{
        for (; *s; s++)
                put_char(t, *s);
}

static void put_number(text *t, uint64_t v, unsigned base)
{
        char digits[24];
        size_t n = 0;

        do {
                digits[n++] = "0123456789abcdef"[v % base];
                v /= base;
        } while (v != 0);
        while (n > 0)
                put_char(t, digits[--n]);
}

static void put_hex(text *t, uint64_t v)
{
        put(t, "0x");
        put_number(t, v, 16);
}

static void put_bytes(text *t, pawl_span s, const char *between)
{
        for (size_t i = 0; i < s.len; i++) {
                put(t, i > 0 ? between : "");
                put_char(t, "0123456789abcdef"[s.data[i] >> 4]);
                put_char(t, "0123456789abcdef"[s.data[i] & 15]);
        }
}

static void put_guid(text *t, pawl_span guid)
{
        char buf[PAWL_GUID_TEXT_SIZE];

        pawl_guid_text(guid.data, buf);
        put(t, buf);
}

static bool is_printable(uint32_t c)
{
        return c >= 0x20 && c < 0x7f;
}

static void put_utf16(text *t, pawl_span s)
{
        for (size_t i = 0; i + 1 < s.len; i += 2) {
                const uint32_t c = (uint32_t)s.data[i] | (uint32_t)s.data[i + 1] << 8;

                if (c == 0)
                        return;
                put_char(t, is_printable(c) ? (char)c : '?');
        }
}

static void put_ascii(text *t, pawl_span s)
{
        for (size_t i = 0; i < s.len && s.data[i] != 0; i++)
                put_char(t, is_printable(s.data[i]) ? (char)s.data[i] : '?');
}

/* --- nodes: each takes fields off `r`; one that is too short is shown as bytes --- */

typedef pawl_err node_writer(text *t, pawl_reader *r);

static pawl_err write_pci(text *t, pawl_reader *r)
{
        uint8_t function = 0, device = 0;

        PAWL_TRY(pawl_read_u8(r, &function));
        PAWL_TRY(pawl_read_u8(r, &device));
        put(t, "Pci(");
        put_hex(t, device);
        put(t, ",");
        put_hex(t, function);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_memory(text *t, pawl_reader *r)
{
        uint32_t kind = 0;
        uint64_t start = 0, end = 0;

        PAWL_TRY(pawl_read_le32(r, &kind));
        PAWL_TRY(pawl_read_le64(r, &start));
        PAWL_TRY(pawl_read_le64(r, &end));
        put(t, "MemoryMapped(");
        put_hex(t, kind);
        put(t, ",");
        put_hex(t, start);
        put(t, ",");
        put_hex(t, end);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_guid_of(text *t, pawl_reader *r, const char *name)
{
        pawl_span guid;

        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &guid));
        put(t, name);
        put(t, "(");
        put_guid(t, guid);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_vendor_hardware(text *t, pawl_reader *r)
{
        return write_guid_of(t, r, "VenHw");
}

static pawl_err write_vendor_messaging(text *t, pawl_reader *r)
{
        return write_guid_of(t, r, "VenMsg");
}

static pawl_err write_vendor_media(text *t, pawl_reader *r)
{
        return write_guid_of(t, r, "VenMedia");
}

static pawl_err write_firmware_file(text *t, pawl_reader *r)
{
        return write_guid_of(t, r, "FvFile");
}

static pawl_err write_firmware_volume(text *t, pawl_reader *r)
{
        return write_guid_of(t, r, "Fv");
}

static pawl_err write_controller(text *t, pawl_reader *r)
{
        uint32_t n = 0;

        PAWL_TRY(pawl_read_le32(r, &n));
        put(t, "Ctrl(");
        put_hex(t, n);
        put(t, ")");
        return PAWL_OK;
}

/* A compressed EISA id: PNP0A03 is a PCI root, PNP0A08 one of PCI Express. */
#define EISA_PNP 0x41d0u

static pawl_err write_acpi(text *t, pawl_reader *r)
{
        uint32_t hid = 0, uid = 0;

        PAWL_TRY(pawl_read_le32(r, &hid));
        PAWL_TRY(pawl_read_le32(r, &uid));
        if ((hid & 0xffff) == EISA_PNP && (hid >> 16 == 0x0a03 || hid >> 16 == 0x0a08)) {
                put(t, hid >> 16 == 0x0a03 ? "PciRoot(" : "PcieRoot(");
                put_hex(t, uid);
        } else {
                put(t, "Acpi(");
                put_hex(t, hid);
                put(t, ",");
                put_hex(t, uid);
        }
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_sata(text *t, pawl_reader *r)
{
        uint16_t port = 0, multiplier = 0, lun = 0;

        PAWL_TRY(pawl_read_le16(r, &port));
        PAWL_TRY(pawl_read_le16(r, &multiplier));
        PAWL_TRY(pawl_read_le16(r, &lun));
        put(t, "Sata(");
        put_hex(t, port);
        put(t, ",");
        put_hex(t, multiplier);
        put(t, ",");
        put_hex(t, lun);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_scsi(text *t, pawl_reader *r)
{
        uint16_t target = 0, lun = 0;

        PAWL_TRY(pawl_read_le16(r, &target));
        PAWL_TRY(pawl_read_le16(r, &lun));
        put(t, "Scsi(");
        put_hex(t, target);
        put(t, ",");
        put_hex(t, lun);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_usb(text *t, pawl_reader *r)
{
        uint8_t port = 0, interface = 0;

        PAWL_TRY(pawl_read_u8(r, &port));
        PAWL_TRY(pawl_read_u8(r, &interface));
        put(t, "USB(");
        put_hex(t, port);
        put(t, ",");
        put_hex(t, interface);
        put(t, ")");
        return PAWL_OK;
}

/* The namespace's number and its EUI-64, which is big-endian. */
static pawl_err write_nvme(text *t, pawl_reader *r)
{
        uint32_t space = 0;
        pawl_span eui;

        PAWL_TRY(pawl_read_le32(r, &space));
        PAWL_TRY(pawl_read_bytes(r, 8, &eui));
        put(t, "NVMe(");
        put_hex(t, space);
        put(t, ",");
        for (size_t i = eui.len; i > 0; i--) {
                put_bytes(t, pawl_span_of(eui.data + i - 1, 1), "");
                put(t, i > 1 ? "-" : "");
        }
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_mac(text *t, pawl_reader *r)
{
        pawl_span address;

        PAWL_TRY(pawl_read_bytes(r, 32, &address));
        put(t, "MAC(");
        put_bytes(t, pawl_span_of(address.data, 6), "");
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_ipv4(text *t, pawl_reader *r)
{
        pawl_span address;

        PAWL_TRY(pawl_read_skip(r, 4)); /* the local one */
        PAWL_TRY(pawl_read_bytes(r, 4, &address));
        put(t, "IPv4(");
        for (size_t i = 0; i < address.len; i++) {
                put(t, i > 0 ? "." : "");
                put_number(t, address.data[i], 10);
        }
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_ipv6(text *t, pawl_reader *r)
{
        pawl_span address;

        PAWL_TRY(pawl_read_skip(r, 16));
        PAWL_TRY(pawl_read_bytes(r, 16, &address));
        put(t, "IPv6(");
        for (size_t i = 0; i < address.len; i += 2) {
                put(t, i > 0 ? ":" : "");
                put_bytes(t, pawl_span_of(address.data + i, 2), "");
        }
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_uri(text *t, pawl_reader *r)
{
        put(t, "Uri(");
        put_ascii(t, r->left);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_disk(text *t, pawl_reader *r)
{
        uint32_t number = 0;
        uint64_t start = 0, size = 0;
        uint8_t format = 0, kind = 0;
        pawl_span signature;

        PAWL_TRY(pawl_read_le32(r, &number));
        PAWL_TRY(pawl_read_le64(r, &start));
        PAWL_TRY(pawl_read_le64(r, &size));
        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &signature));
        PAWL_TRY(pawl_read_u8(r, &format));
        PAWL_TRY(pawl_read_u8(r, &kind));
        put(t, "HD(");
        put_number(t, number, 10);
        put(t, format == 2 ? ",GPT," : ",MBR,");
        if (kind == 2)
                put_guid(t, signature);
        else
                put_bytes(t, pawl_span_of(signature.data, 4), "");
        put(t, ",");
        put_hex(t, start);
        put(t, ",");
        put_hex(t, size);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_cdrom(text *t, pawl_reader *r)
{
        uint32_t entry = 0;

        PAWL_TRY(pawl_read_le32(r, &entry));
        put(t, "CDROM(");
        put_hex(t, entry);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_file(text *t, pawl_reader *r)
{
        put_utf16(t, r->left);
        return PAWL_OK;
}

static pawl_err write_ram_disk(text *t, pawl_reader *r)
{
        uint64_t start = 0, end = 0;

        PAWL_TRY(pawl_read_le64(r, &start));
        PAWL_TRY(pawl_read_le64(r, &end));
        put(t, "RamDisk(");
        put_hex(t, start);
        put(t, ",");
        put_hex(t, end);
        put(t, ")");
        return PAWL_OK;
}

static pawl_err write_bbs(text *t, pawl_reader *r)
{
        uint16_t kind = 0;

        PAWL_TRY(pawl_read_le16(r, &kind));
        PAWL_TRY(pawl_read_skip(r, 2)); /* status */
        put(t, "BBS(");
        put_hex(t, kind);
        put(t, ",");
        put_ascii(t, r->left);
        put(t, ")");
        return PAWL_OK;
}

static const struct {
        uint8_t type, subtype;
        node_writer *write;
} writers[] = {
        {HARDWARE,   1,  write_pci             },
        { HARDWARE,  3,  write_memory          },
        { HARDWARE,  4,  write_vendor_hardware },
        { HARDWARE,  5,  write_controller      },
        { ACPI,      1,  write_acpi            },
        { MESSAGING, 2,  write_scsi            },
        { MESSAGING, 5,  write_usb             },
        { MESSAGING, 10, write_vendor_messaging},
        { MESSAGING, 11, write_mac             },
        { MESSAGING, 12, write_ipv4            },
        { MESSAGING, 13, write_ipv6            },
        { MESSAGING, 18, write_sata            },
        { MESSAGING, 23, write_nvme            },
        { MESSAGING, 24, write_uri             },
        { MEDIA,     1,  write_disk            },
        { MEDIA,     2,  write_cdrom           },
        { MEDIA,     3,  write_vendor_media    },
        { MEDIA,     4,  write_file            },
        { MEDIA,     6,  write_firmware_file   },
        { MEDIA,     7,  write_firmware_volume },
        { MEDIA,     9,  write_ram_disk        },
        { BIOS,      1,  write_bbs             },
};

static void write_unknown(text *t, const pawl_device_node *n)
{
        put(t, "Path(");
        put_number(t, n->type, 10);
        put(t, ",");
        put_number(t, n->subtype, 10);
        put(t, ",");
        put_bytes(t, pawl_span_of(n->data.data, n->data.len < HEX_MAX ? n->data.len : HEX_MAX), "");
        put(t, n->data.len > HEX_MAX ? "...)" : ")");
}

static void write_node(text *t, const pawl_device_node *n)
{
        const size_t before = t->len;

        for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
                pawl_reader r = pawl_reader_of(n->data);

                if (writers[i].type != n->type || writers[i].subtype != n->subtype)
                        continue;
                if (writers[i].write(t, &r) == PAWL_OK)
                        return;
                t->len = before;
                t->p[before] = '\0';
        }
        write_unknown(t, n);
}

pawl_err pawl_device_path_text(pawl_span path, char *ret, size_t size)
{
        text t = { .p = ret, .size = size };
        pawl_reader r = pawl_reader_of(path);
        pawl_device_node n;
        pawl_err err;
        unsigned count = 0;

        if (size == 0)
                return PAWL_ERR_NO_SPACE;
        ret[0] = '\0';
        while ((err = pawl_device_path_next(&r, &n)) == PAWL_OK) {
                if (count++ == PAWL_DEVICE_PATH_NODES_MAX)
                        return PAWL_ERR_LIMIT;
                /* the end of one path of several */
                if (n.type == END) {
                        put(&t, ",");
                        continue;
                }
                put(&t, t.len > 0 && t.p[t.len - 1] != ',' ? "/" : "");
                write_node(&t, &n);
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI 2.10, 10.3.5 and 10.3.6. */
#include "core/device-node.h"

#include "core/efi-variable.h"

/* Subtypes of media nodes; CD-ROM and offset are numbers only. */
#define HARD_DRIVE 1
#define VENDOR     3
#define FILE_PATH  4
#define PROTOCOL   5
#define FV_FILE    6
#define FV         7
#define RAM_DISK   9

/* MBRType and SignatureType of a hard drive. */
#define FORMAT_MBR    1
#define FORMAT_GPT    2
#define SIGNATURE_MBR 1
#define SIGNATURE_GPT 2

#define BBS_101 1 /* subtype of a BBS node */

static pawl_err put_signature(pawl_text *t, pawl_span signature, uint8_t format, uint8_t kind)
{
        pawl_reader r = pawl_reader_of(signature);
        uint32_t mbr = 0;

        if (format == FORMAT_MBR)
                pawl_text_put(t, "MBR,");
        else if (format == FORMAT_GPT)
                pawl_text_put(t, "GPT,");
        else {
                pawl_text_decimal(t, format);
                pawl_text_put(t, ",");
        }
        if (kind == SIGNATURE_GPT)
                return pawl_text_guid(t, &r);
        PAWL_TRY(pawl_read_le32(&r, &mbr));
        if (kind == SIGNATURE_MBR)
                pawl_text_hex(t, mbr);
        else
                pawl_text_bytes(t, signature);
        return PAWL_OK;
}

/* HD(partition,format,signature,start,size); UEFI 2.10, 10.3.5.1. */
static pawl_err put_hard_drive(pawl_text *t, pawl_reader *r)
{
        uint32_t partition = 0;
        uint64_t start = 0, size = 0;
        uint8_t format = 0, kind = 0;
        pawl_span signature;

        PAWL_TRY(pawl_read_le32(r, &partition));
        PAWL_TRY(pawl_read_le64(r, &start));
        PAWL_TRY(pawl_read_le64(r, &size));
        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &signature));
        PAWL_TRY(pawl_read_u8(r, &format));
        PAWL_TRY(pawl_read_u8(r, &kind));
        pawl_text_put(t, "HD(");
        pawl_text_decimal(t, partition);
        pawl_text_put(t, ",");
        PAWL_TRY(put_signature(t, signature, format, kind));
        pawl_text_put(t, ",");
        pawl_text_hex(t, start);
        pawl_text_put(t, ",");
        pawl_text_hex(t, size);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* Kinds of disks in memory that have a name. UEFI 2.10, 10.3.5.9. */
static const struct {
        uint8_t guid[PAWL_GUID_SIZE];
        const char *name;
} disks[] = {
        {{ 0x5a, 0x53, 0xab, 0x77, 0xfc, 0x45, 0x4b, 0x62, 0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1,
                  0xf9, 0x6e },
         "VirtualDisk("          },
        { { 0x30, 0xbd, 0x5a, 0x3d, 0x75, 0x41, 0xce, 0x87, 0x6d, 0x64, 0xd2, 0xad, 0xe5, 0x23,
                  0xc4, 0xbb },
         "VirtualCD("            },
        { { 0xc9, 0x02, 0xea, 0x5c, 0x07, 0x4d, 0xd3, 0x69, 0x26, 0x9f, 0x44, 0x96, 0xfb, 0xe0,
                  0x96, 0xf9 },
         "PersistentVirtualDisk("},
        { { 0x88, 0x81, 0x01, 0x08, 0xcd, 0x42, 0x48, 0xbb, 0x10, 0x0f, 0x53, 0x87, 0xd5, 0x3d,
                  0xed, 0x3d },
         "PersistentVirtualCD("  },
};

static const char *disk_name(pawl_span guid)
{
        for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
                if (pawl_span_equal(guid, pawl_span_of(disks[i].guid, PAWL_GUID_SIZE)))
                        return disks[i].name;
        return NULL;
}

/* Name(start,end,instance), and the kind where it has no name. */
static pawl_err put_ram_disk(pawl_text *t, pawl_reader *r)
{
        uint64_t start = 0, end = 0;
        uint16_t instance = 0;
        const char *name;
        pawl_reader kind;
        pawl_span guid;

        PAWL_TRY(pawl_read_le64(r, &start));
        PAWL_TRY(pawl_read_le64(r, &end));
        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &guid));
        PAWL_TRY(pawl_read_le16(r, &instance));
        name = disk_name(guid);
        pawl_text_put(t, name ? name : "RamDisk(");
        pawl_text_hex(t, start);
        pawl_text_put(t, ",");
        pawl_text_hex(t, end);
        pawl_text_put(t, ",");
        pawl_text_decimal(t, instance);
        if (!name) {
                kind = pawl_reader_of(guid);
                pawl_text_put(t, ",");
                PAWL_TRY(pawl_text_guid(t, &kind));
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* BBS(kind,description,status); UEFI 2.10, 10.3.6. */
static pawl_err put_bbs(pawl_text *t, pawl_reader *r)
{
        static const char *const kinds[] = { NULL, "Floppy", "HD", "CDROM", "PCMCIA", "USB",
                "Network" };
        uint16_t kind = 0, status = 0;

        PAWL_TRY(pawl_read_le16(r, &kind));
        PAWL_TRY(pawl_read_le16(r, &status));
        pawl_text_put(t, "BBS(");
        if (kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind])
                pawl_text_put(t, kinds[kind]);
        else
                pawl_text_hex(t, kind);
        pawl_text_put(t, ",");
        pawl_text_ascii(t, r->left);
        pawl_text_put(t, ",");
        pawl_text_hex(t, status);
        pawl_text_put(t, ")");
        return PAWL_OK;
}

static pawl_err put_media(pawl_text *t, uint8_t subtype, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        switch (subtype) {
        case HARD_DRIVE:
                return put_hard_drive(t, &r);
        case VENDOR:
                return pawl_vendor_node_text(t, "VenMedia", data);
        case FILE_PATH:
                pawl_text_utf16(t, data);
                return PAWL_OK;
        case PROTOCOL:
                return pawl_vendor_node_text(t, "Media", data);
        case FV_FILE:
                return pawl_vendor_node_text(t, "FvFile", data);
        case FV:
                return pawl_vendor_node_text(t, "Fv", data);
        case RAM_DISK:
                return put_ram_disk(t, &r);
        default:
                return PAWL_ERR_UNSUPPORTED;
        }
}

pawl_err pawl_media_node_text(pawl_text *t, uint8_t type, uint8_t subtype, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        if (type == PAWL_NODE_BBS)
                return subtype == BBS_101 ? put_bbs(t, &r) : PAWL_ERR_UNSUPPORTED;
        return put_media(t, subtype, data);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device-node.h"

#include "core/efi-variable.h"

#define FIELDS_MAX 5
#define BYTES_MAX  64 /* of a node's data that are shown */

/* UEFI 2.10, 10.3.2 to 10.3.5; offsets count from behind the header. */
static const struct {
        uint8_t type, subtype;
        const char *name;
        size_t size; /* of the data, at least */
        struct {
                uint8_t off, size; /* little-endian; size 0: there are no more */
        } fields[FIELDS_MAX];
} rows[] = {
        {PAWL_NODE_HARDWARE,   1,  "Pci",           2,  { { 1, 1 }, { 0, 1 } }           },
        { PAWL_NODE_HARDWARE,  2,  "PcCard",        1,  { { 0, 1 } }                     },
        { PAWL_NODE_HARDWARE,  3,  "MemoryMapped",  20, { { 0, 4 }, { 4, 8 }, { 12, 8 } }},
        { PAWL_NODE_HARDWARE,  5,  "Ctrl",          4,  { { 0, 4 } }                     },
        { PAWL_NODE_HARDWARE,  6,  "BMC",           9,  { { 0, 1 }, { 1, 8 } }           },
        { PAWL_NODE_ACPI,      4,  "NvdimmAcpiAdr", 4,  { { 0, 4 } }                     },
        { PAWL_NODE_MESSAGING, 2,  "Scsi",          4,  { { 0, 2 }, { 2, 2 } }           },
        { PAWL_NODE_MESSAGING, 3,  "Fibre",         20, { { 4, 8 }, { 12, 8 } }          },
        { PAWL_NODE_MESSAGING, 4,  "I1394",         12, { { 4, 8 } }                     },
        { PAWL_NODE_MESSAGING, 5,  "USB",           2,  { { 0, 1 }, { 1, 1 } }           },
        { PAWL_NODE_MESSAGING, 6,  "I2O",           4,  { { 0, 4 } }                     },
        { PAWL_NODE_MESSAGING, 15, "UsbClass",      7,
         { { 0, 2 }, { 2, 2 }, { 4, 1 }, { 5, 1 }, { 6, 1 } }                            },
        { PAWL_NODE_MESSAGING, 17, "Unit",          1,  { { 0, 1 } }                     },
        { PAWL_NODE_MESSAGING, 18, "Sata",          6,  { { 0, 2 }, { 2, 2 }, { 4, 2 } } },
        { PAWL_NODE_MESSAGING, 20, "Vlan",          2,  { { 0, 2 } }                     },
        { PAWL_NODE_MESSAGING, 25, "UFS",           2,  { { 0, 1 }, { 1, 1 } }           },
        { PAWL_NODE_MESSAGING, 26, "SD",            1,  { { 0, 1 } }                     },
        { PAWL_NODE_MESSAGING, 29, "eMMC",          1,  { { 0, 1 } }                     },
        { PAWL_NODE_MEDIA,     2,  "CDROM",         20, { { 0, 4 }, { 4, 8 }, { 12, 8 } }},
        { PAWL_NODE_MEDIA,     8,  "Offset",        20, { { 4, 8 }, { 12, 8 } }          },
};

/* Of 1, 2, 4 or 8 bytes. */
static uint64_t number_of(pawl_span s)
{
        uint64_t n = 0;

        for (size_t i = s.len; i-- > 0;)
                n = n << 8 | s.data[i];
        return n;
}

pawl_err pawl_numeric_node_text(pawl_text *t, uint8_t type, uint8_t subtype, pawl_span data)
{
        size_t row = 0;

        while (row < sizeof(rows) / sizeof(rows[0]) &&
                (rows[row].type != type || rows[row].subtype != subtype))
                row++;
        if (row == sizeof(rows) / sizeof(rows[0]))
                return PAWL_ERR_NOT_FOUND;
        if (data.len < rows[row].size)
                return PAWL_ERR_TRUNCATED;
        pawl_text_put(t, rows[row].name);
        for (size_t i = 0; i < FIELDS_MAX && rows[row].fields[i].size > 0; i++) {
                pawl_span field;

                PAWL_TRY(pawl_span_slice(
                        data, rows[row].fields[i].off, rows[row].fields[i].size, &field));
                pawl_text_put(t, i == 0 ? "(" : ",");
                pawl_text_hex(t, number_of(field));
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

pawl_err pawl_text_guid(pawl_text *t, pawl_reader *r)
{
        char text[PAWL_GUID_TEXT_SIZE];
        pawl_span guid;

        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &guid));
        pawl_guid_text(guid.data, text);
        pawl_text_put(t, text);
        return PAWL_OK;
}

void pawl_text_some_bytes(pawl_text *t, pawl_span s)
{
        pawl_text_bytes(t, pawl_span_of(s.data, s.len < BYTES_MAX ? s.len : BYTES_MAX));
        if (s.len > BYTES_MAX)
                pawl_text_put(t, "...");
}

pawl_err pawl_vendor_node_text(pawl_text *t, const char *name, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        pawl_text_put(t, name);
        pawl_text_put(t, "(");
        PAWL_TRY(pawl_text_guid(t, &r));
        if (r.left.len > 0) {
                pawl_text_put(t, ",");
                pawl_text_some_bytes(t, r.left);
        }
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI 2.10, 10.3.3. */
#include "core/device-node.h"

#define SUBTYPE_ACPI     1
#define SUBTYPE_EXPANDED 2
#define SUBTYPE_ADR      3
#define PNP              0x41d0u /* "PNP" as three compressed letters */

/* Ids that have a name in the text form. UEFI 2.10, table 10.55. */
static const struct {
        uint16_t id;
        const char *name;
} names[] = {
        {0x0a03,  "PciRoot"     },
        { 0x0a08, "PcieRoot"    },
        { 0x0604, "Floppy"      },
        { 0x0301, "Keyboard"    },
        { 0x0501, "Serial"      },
        { 0x0401, "ParallelPort"},
};

/* "PNP0A03", or a number where the three letters are none. ACPI 6.5, 19.3.4, EISAID. */
static void put_id(pawl_text *t, uint32_t id)
{
        char text[8] = { 0 };

        for (unsigned i = 0; i < 3; i++) {
                unsigned letter = id >> (10 - 5 * i) & 0x1f;

                if (letter < 1 || letter > 26) {
                        pawl_text_hex(t, id);
                        return;
                }
                text[i] = (char)('A' + letter - 1);
        }
        for (unsigned i = 0; i < 4; i++)
                text[3 + i] = "0123456789ABCDEF"[id >> (28 - 4 * i) & 0xf];
        pawl_text_put(t, text);
}

static const char *name_of(uint32_t id)
{
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (id == ((uint32_t)names[i].id << 16 | PNP))
                        return names[i].name;
        return NULL;
}

static pawl_err put_acpi(pawl_text *t, pawl_reader *r)
{
        uint32_t id = 0, uid = 0;
        const char *name;

        PAWL_TRY(pawl_read_le32(r, &id));
        PAWL_TRY(pawl_read_le32(r, &uid));
        name = name_of(id);
        if (name) {
                pawl_text_put(t, name);
                pawl_text_put(t, "(");
        } else {
                pawl_text_put(t, "Acpi(");
                put_id(t, id);
                pawl_text_put(t, ",");
        }
        pawl_text_hex(t, uid);
        return PAWL_OK;
}

/* The bytes up to a NUL, which is taken off too. */
static pawl_err read_string(pawl_reader *r, pawl_span *ret)
{
        size_t n = 0;

        while (n < r->left.len && r->left.data[n] != 0)
                n++;
        PAWL_TRY(pawl_read_bytes(r, n, ret));
        return pawl_read_skip(r, 1);
}

/* The ids as numbers, then as text, where they are some. */
static pawl_err put_expanded(pawl_text *t, pawl_reader *r)
{
        uint32_t id = 0, uid = 0, compatible = 0;
        pawl_span id_text, uid_text, compatible_text;

        PAWL_TRY(pawl_read_le32(r, &id));
        PAWL_TRY(pawl_read_le32(r, &uid));
        PAWL_TRY(pawl_read_le32(r, &compatible));
        PAWL_TRY(read_string(r, &id_text));
        PAWL_TRY(read_string(r, &uid_text));
        PAWL_TRY(read_string(r, &compatible_text));
        pawl_text_put(t, "AcpiEx(");
        put_id(t, id);
        pawl_text_put(t, ",");
        put_id(t, compatible);
        pawl_text_put(t, ",");
        pawl_text_hex(t, uid);
        pawl_text_put(t, ",");
        pawl_text_ascii(t, id_text);
        pawl_text_put(t, ",");
        pawl_text_ascii(t, compatible_text);
        pawl_text_put(t, ",");
        pawl_text_ascii(t, uid_text);
        return PAWL_OK;
}

/* One or more displays. */
static pawl_err put_adr(pawl_text *t, pawl_reader *r)
{
        const char *between = "AcpiAdr(";
        uint32_t adr = 0;

        do {
                PAWL_TRY(pawl_read_le32(r, &adr));
                pawl_text_put(t, between);
                pawl_text_hex(t, adr);
                between = ",";
        } while (r->left.len > 0);
        return PAWL_OK;
}

pawl_err pawl_acpi_node_text(pawl_text *t, uint8_t subtype, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);

        if (subtype == SUBTYPE_ACPI)
                PAWL_TRY(put_acpi(t, &r));
        else if (subtype == SUBTYPE_EXPANDED)
                PAWL_TRY(put_expanded(t, &r));
        else if (subtype == SUBTYPE_ADR)
                PAWL_TRY(put_adr(t, &r));
        else
                return PAWL_ERR_UNSUPPORTED;
        pawl_text_put(t, ")");
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-firmware.h"

#include <string.h>

#include "core/device-path.h"
#include "core/efi-variable.h"
#include "userspace/host/utf16.h"

#define PATH_SIZE    2048
#define TABLES_SHOWN 32

static void put_path(pawl_words *w, pawl_span path)
{
        char text[PATH_SIZE];
        pawl_err err = pawl_device_path_text(path, text, sizeof(text));

        pawl_words_put(w, ", %s", text);
        if (err == PAWL_ERR_NO_SPACE)
                pawl_words_put(w, "...");
        else if (err != PAWL_OK)
                pawl_words_put(w, " (damaged)");
}

/* PFP 1.05, 10.2.3. */
pawl_err pawl_image_describe(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        uint64_t size, path_len;
        pawl_span path;

        PAWL_TRY(pawl_read_skip(&r, 8)); /* where it was loaded */
        PAWL_TRY(pawl_read_le64(&r, &size));
        PAWL_TRY(pawl_read_skip(&r, 8)); /* link-time address */
        PAWL_TRY(pawl_read_le64(&r, &path_len));
        if (path_len > r.left.len) /* before it is narrowed to size_t */
                return PAWL_ERR_TRUNCATED;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)path_len, &path));
        pawl_words_put(w, "image");
        if (size > 0)
                pawl_words_put(w, " of %llu bytes", (unsigned long long)size);
        if (path.len > 0)
                put_path(w, path);
        else
                pawl_words_put(w, ", without a path");
        return PAWL_OK;
}

/* PFP 1.05, 10.2.4. */
pawl_err pawl_blob_describe(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        uint64_t base, size;

        PAWL_TRY(pawl_read_le64(&r, &base));
        PAWL_TRY(pawl_read_le64(&r, &size));
        PAWL_TRY(pawl_read_end(&r));
        pawl_words_put(w, "firmware, %llu bytes at 0x%llx", (unsigned long long)size,
                (unsigned long long)base);
        return PAWL_OK;
}

/* The description of PFP 1.05, 10.2.5 and 10.2.8: its length in one byte, then ASCII. */
static pawl_err read_description(pawl_reader *r, pawl_span *ret)
{
        uint8_t len;

        PAWL_TRY(pawl_read_u8(r, &len));
        return pawl_read_bytes(r, len, ret);
}

pawl_err pawl_blob2_describe(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        pawl_span name;

        PAWL_TRY(read_description(&r, &name));
        PAWL_TRY(pawl_blob_describe(w, r.left));
        pawl_words_put(w, ", ");
        pawl_words_ascii(w, name);
        return PAWL_OK;
}

/* Text comes first: sixteen letters are no address. */
pawl_err pawl_code_describe(pawl_words *w, pawl_span data)
{
        const size_t before = w->len;

        if (pawl_looks_like_ascii(data)) {
                pawl_words_ascii(w, data);
                return PAWL_OK;
        }
        if (pawl_blob_describe(w, data) == PAWL_OK)
                return PAWL_OK;
        pawl_words_cut(w, before);
        return pawl_blob2_describe(w, data);
}

/* Tables that have a name; the others are the firmware's own. */
static const struct {
        const char *guid, *name;
} tables[] = {
        {"eb9d2d30-2d88-11d3-9a16-0090273fc14d",  "ACPI 1.0"   },
        { "8868e871-e4f1-11d3-bc22-0080c73c8881", "ACPI 2.0"   },
        { "eb9d2d31-2d88-11d3-9a16-0090273fc14d", "SMBIOS"     },
        { "f2fd1544-9794-4a2c-992e-e5bbcf20e394", "SMBIOS 3"   },
        { "b1b621d5-f19c-41a5-830b-d9152c69aae0", "device tree"},
};

static void put_table(pawl_words *w, pawl_span guid)
{
        char text[PAWL_GUID_TEXT_SIZE];

        pawl_guid_text(guid.data, text);
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
                if (strcmp(tables[i].guid, text) == 0) {
                        pawl_words_put(w, "%s", tables[i].name);
                        return;
                }
        pawl_words_put(w, "%s", text);
}

/* PFP 1.05, 10.2.8. */
pawl_err pawl_tables_describe(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        uint64_t n;

        PAWL_TRY(pawl_read_le64(&r, &n));
        if (r.left.len % (PAWL_GUID_SIZE + 8) != 0 || n != r.left.len / (PAWL_GUID_SIZE + 8))
                return PAWL_ERR_FORMAT;
        pawl_words_put(w, "tables of the firmware");
        for (uint64_t i = 0; i < n && i < TABLES_SHOWN; i++) {
                pawl_span guid;

                PAWL_TRY(pawl_read_bytes(&r, PAWL_GUID_SIZE, &guid));
                PAWL_TRY(pawl_read_skip(&r, 8)); /* where it is */
                pawl_words_put(w, i == 0 ? ": " : ", ");
                put_table(w, guid);
        }
        if (n > TABLES_SHOWN)
                pawl_words_put(w, ", ...");
        return PAWL_OK;
}

pawl_err pawl_tables2_describe(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        pawl_span name;

        PAWL_TRY(read_description(&r, &name));
        PAWL_TRY(pawl_tables_describe(w, r.left));
        pawl_words_put(w, " (");
        pawl_words_ascii(w, name);
        pawl_words_put(w, ")");
        return PAWL_OK;
}

/* PFP 1.05, 10.4.1: UTF-16, or a GUID; virtual machines have an empty text. */
pawl_err pawl_crtm_version_describe(pawl_words *w, pawl_span data)
{
        pawl_words_put(w, "firmware version ");
        if (data.len == PAWL_GUID_SIZE && !pawl_looks_like_utf16(data))
                pawl_words_guid(w, data);
        else if (data.len == 0 || pawl_span_equal(data, PAWL_SPAN_LITERAL("\0\0")))
                pawl_words_put(w, "not named");
        else
                pawl_words_data(w, data);
        return PAWL_OK;
}

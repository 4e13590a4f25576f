/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/efi-variable.h"

const uint8_t pawl_guid_global[PAWL_GUID_SIZE] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
        0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
const uint8_t pawl_guid_image_security[PAWL_GUID_SIZE] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96,
        0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };

pawl_err pawl_efi_variable_read(pawl_span event, pawl_efi_variable *ret)
{
        pawl_reader r = pawl_reader_of(event);
        pawl_efi_variable v;
        uint64_t name_len, data_len;

        PAWL_TRY(pawl_read_bytes(&r, PAWL_GUID_SIZE, &v.guid));
        PAWL_TRY(pawl_read_le64(&r, &name_len)); /* in characters */
        PAWL_TRY(pawl_read_le64(&r, &data_len)); /* in bytes */
        if (name_len > PAWL_VARIABLE_NAME_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)name_len * 2, &v.name));
        if (data_len > r.left.len) /* before it is narrowed to size_t */
                return PAWL_ERR_TRUNCATED;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)data_len, &v.data));
        v.n_trailing = r.left.len;
        *ret = v;
        return PAWL_OK;
}

bool pawl_efi_variable_is_named(const pawl_efi_variable *v, const char *name)
{
        const pawl_span utf16 = v->name, ascii = pawl_span_str(name);

        if (utf16.len != 2 * ascii.len)
                return false;
        for (size_t i = 0; i < ascii.len; i++)
                if (utf16.data[2 * i] != ascii.data[i] || utf16.data[2 * i + 1] != 0)
                        return false;
        return true;
}

bool pawl_efi_variable_is(
        const pawl_efi_variable *v, const char *name, const uint8_t guid[static PAWL_GUID_SIZE])
{
        return pawl_span_equal(v->guid, pawl_span_of(guid, PAWL_GUID_SIZE)) &&
               pawl_efi_variable_is_named(v, name);
}

void pawl_guid_text(const uint8_t guid[static PAWL_GUID_SIZE], char ret[static PAWL_GUID_TEXT_SIZE])
{
        static const char digits[] = "0123456789abcdef";
        static const uint8_t order[PAWL_GUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13,
                14, 15 };
        size_t n = 0;

        for (size_t i = 0; i < PAWL_GUID_SIZE; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        ret[n++] = '-';
                ret[n++] = digits[guid[order[i]] >> 4];
                ret[n++] = digits[guid[order[i]] & 0xf];
        }
        ret[n] = '\0';
}

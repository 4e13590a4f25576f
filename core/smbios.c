/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/smbios.h"

#define HEADER_SIZE  4
#define END_OF_TABLE 127

/* 6.1.3: strings with a NUL each, and one NUL more; two NULs where there are none. */
static pawl_err read_strings(pawl_reader *r, pawl_span *ret)
{
        const pawl_span s = r->left;
        size_t n = 0;

        while (n + 1 < s.len && (s.data[n] != 0 || s.data[n + 1] != 0))
                n++;
        if (n + 1 >= s.len)
                return PAWL_ERR_TRUNCATED;
        *ret = pawl_span_of(s.data, n == 0 ? 0 : n + 1);
        return pawl_read_skip(r, n + 2);
}

pawl_err pawl_smbios_next(pawl_reader *table, pawl_smbios_structure *ret)
{
        pawl_reader r = *table;
        pawl_smbios_structure s = { 0 };
        uint8_t len;

        if (r.left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_read_u8(&r, &s.type));
        PAWL_TRY(pawl_read_u8(&r, &len));
        PAWL_TRY(pawl_read_le16(&r, &s.handle));
        if (len < HEADER_SIZE)
                return PAWL_ERR_FORMAT;
        if (s.type == END_OF_TABLE)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)len - HEADER_SIZE, &s.formatted));
        PAWL_TRY(read_strings(&r, &s.strings));
        *ret = s;
        *table = r;
        return PAWL_OK;
}

pawl_err pawl_smbios_string_next(pawl_reader *strings, pawl_span *ret)
{
        const pawl_span s = strings->left;
        size_t n = 0;

        while (n < s.len && s.data[n] != 0)
                n++;
        if (n >= s.len)
                return PAWL_ERR_NOT_FOUND;
        *ret = pawl_span_of(s.data, n);
        return pawl_read_skip(strings, n + 1);
}

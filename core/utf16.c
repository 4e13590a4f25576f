/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/utf16.h"

static bool next_unit(pawl_reader *r, uint16_t *ret)
{
        pawl_reader ahead = *r;

        if (pawl_read_le16(&ahead, ret) != PAWL_OK || *ret == 0)
                return false;
        *r = ahead;
        return true;
}

pawl_err pawl_utf16_next(pawl_reader *r, uint32_t *ret)
{
        uint16_t unit, low;
        pawl_reader ahead;

        if (!next_unit(r, &unit))
                return PAWL_ERR_NOT_FOUND;
        *ret = unit;
        if (unit < 0xd800 || unit > 0xdfff)
                return PAWL_OK;
        *ret = '?';
        ahead = *r;
        if (unit > 0xdbff || !next_unit(&ahead, &low) || low < 0xdc00 || low > 0xdfff)
                return PAWL_OK;
        *ret = 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
        *r = ahead;
        return PAWL_OK;
}

pawl_err pawl_utf8_write(pawl_writer *w, uint32_t c)
{
        static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        uint8_t b[4];

        for (size_t i = n; i-- > 1; c >>= 6)
                b[i] = (uint8_t)(0x80 | (c & 0x3f));
        b[0] = (uint8_t)(lead[n] | c);
        return pawl_write_bytes(w, pawl_span_of(b, n));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/utf16.h"

static bool next_unit(pawl_reader *r, uint16_t *ret)
{
        return pawl_read_le16(r, ret) == PAWL_OK && *ret != 0;
}

static uint32_t next_char(pawl_reader *r, uint16_t unit)
{
        pawl_reader ahead = *r;
        uint16_t low;

        if (unit < 0xd800 || unit > 0xdfff)
                return unit;
        if (unit > 0xdbff || !next_unit(&ahead, &low) || low < 0xdc00 || low > 0xdfff)
                return '?';
        *r = ahead;
        return 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

static pawl_err write_utf8(pawl_writer *w, uint32_t c)
{
        uint8_t b[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

        for (size_t i = n; i-- > 1; c >>= 6)
                b[i] = (uint8_t)(0x80 | (c & 0x3f));
        b[0] = (uint8_t)(lead[n] | c);
        return pawl_write_bytes(w, pawl_span_of(b, n));
}

size_t pawl_utf16_to_utf8(pawl_span utf16, char *ret, size_t size)
{
        pawl_reader r = pawl_reader_of(utf16);
        pawl_writer w = pawl_writer_of(ret, size - 1);
        uint16_t unit;

        while (next_unit(&r, &unit))
                if (write_utf8(&w, next_char(&r, unit)) != PAWL_OK)
                        break;
        ret[w.len] = '\0';
        return w.len;
}

bool pawl_looks_like_utf16(pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        size_t n_latin = 0;
        uint16_t unit = 0;

        if (s.len < 2 || s.len % 2 != 0)
                return false;
        while (next_unit(&r, &unit)) {
                if (unit < ' ' && unit != '\n' && unit != '\t' && unit != '\r')
                        return false;
                n_latin += unit < 0x250;
        }
        return r.left.len == 0 && n_latin * 4 >= s.len; /* at least half of the characters */
}

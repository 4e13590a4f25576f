/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/utf16.h"

#include "core/utf16.h"

size_t pawl_utf16_to_utf8(pawl_span utf16, char *ret, size_t size)
{
        pawl_reader r = pawl_reader_of(utf16);
        pawl_writer w = pawl_writer_of(ret, size - 1);
        uint32_t c;

        while (pawl_utf16_next(&r, &c) == PAWL_OK && pawl_utf8_write(&w, c) == PAWL_OK)
                continue;
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
        while (pawl_read_le16(&r, &unit) == PAWL_OK && unit != 0) {
                if (unit < ' ' && unit != '\n' && unit != '\t' && unit != '\r')
                        return false;
                n_latin += unit < 0x250;
        }
        return r.left.len == 0 && n_latin * 4 >= s.len; /* at least half of the characters */
}

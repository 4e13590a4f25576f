/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/text.h"

#include "core/utf16.h"

static const char digits[] = "0123456789abcdef";

pawl_text pawl_text_of(char *buf, size_t size)
{
        return (pawl_text){ .w = pawl_writer_of(buf, size - 1) };
}

pawl_err pawl_text_end(pawl_text *t)
{
        t->w.data[t->w.len] = '\0';
        return t->is_cut ? PAWL_ERR_NO_SPACE : PAWL_OK;
}

/* What may not be parted. */
static void put_whole(pawl_text *t, pawl_span s)
{
        if (!t->is_cut && pawl_write_bytes(&t->w, s) != PAWL_OK)
                t->is_cut = true;
}

void pawl_text_put(pawl_text *t, const char *s)
{
        for (; *s != '\0'; s++)
                put_whole(t, pawl_span_of(s, 1));
}

void pawl_text_decimal(pawl_text *t, uint64_t n)
{
        char buf[20];
        size_t at = sizeof(buf);

        do {
                buf[--at] = digits[n % 10];
                n /= 10;
        } while (n > 0);
        put_whole(t, pawl_span_of(buf + at, sizeof(buf) - at));
}

void pawl_text_hex(pawl_text *t, uint64_t n)
{
        char buf[2 + 16];
        size_t at = sizeof(buf);

        do {
                buf[--at] = digits[n & 0xf];
                n >>= 4;
        } while (n > 0);
        buf[--at] = 'x';
        buf[--at] = '0';
        put_whole(t, pawl_span_of(buf + at, sizeof(buf) - at));
}

void pawl_text_bytes(pawl_text *t, pawl_span s)
{
        for (size_t i = 0; i < s.len; i++) {
                const char pair[] = { digits[s.data[i] >> 4], digits[s.data[i] & 0xf] };

                put_whole(t, pawl_span_of(pair, sizeof(pair)));
        }
}

/* Controls (C0, DEL, C1), line and paragraph ends, and what turns the direction of text around:
 * Unicode's classes Cc, Zl, Zp and Bidi_Control. */
static bool is_active(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void put_escaped(pawl_text *t, pawl_span s)
{
        char buf[3 * 4];
        size_t n = 0;

        for (size_t i = 0; i < s.len && n + 3 <= sizeof(buf); i++) {
                buf[n++] = '%';
                buf[n++] = digits[s.data[i] >> 4];
                buf[n++] = digits[s.data[i] & 0xf];
        }
        put_whole(t, pawl_span_of(buf, n));
}

static void put_char(pawl_text *t, uint32_t c)
{
        uint8_t buf[4];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));

        if (pawl_utf8_write(&w, c) != PAWL_OK)
                return; /* cannot be: four bytes hold every character */
        if (is_active(c) || c == '%')
                put_escaped(t, pawl_written(&w));
        else
                put_whole(t, pawl_written(&w));
}

void pawl_text_utf16(pawl_text *t, pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        uint32_t c;

        while (!t->is_cut && pawl_utf16_next(&r, &c) == PAWL_OK)
                put_char(t, c);
}

static void put_ascii(pawl_text *t, pawl_span s, bool is_uri)
{
        for (size_t i = 0; i < s.len && s.data[i] != 0 && !t->is_cut; i++) {
                const pawl_span byte = pawl_span_of(s.data + i, 1);

                if (s.data[i] < 0x20 || s.data[i] >= 0x7f || (s.data[i] == '%' && !is_uri))
                        put_escaped(t, byte);
                else
                        put_whole(t, byte);
        }
}

void pawl_text_ascii(pawl_text *t, pawl_span s)
{
        put_ascii(t, s, /* is_uri= */ false);
}

void pawl_text_uri(pawl_text *t, pawl_span s)
{
        put_ascii(t, s, /* is_uri= */ true);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/efi-variable.h"
#include "userspace/host/diag.h"
#include "userspace/host/utf16.h"

#define HEX_BYTES 16 /* of data that says nothing to us */

pawl_words pawl_words_of(char *buf, size_t size)
{
        buf[0] = '\0';
        return (pawl_words){ buf, size, 0 };
}

void pawl_words_cut(pawl_words *w, size_t len)
{
        w->len = len;
        w->p[len] = '\0';
}

void pawl_words_put(pawl_words *w, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(w->p + w->len, w->size - w->len, fmt, ap);
        va_end(ap);
        if (n > 0)
                w->len = w->len + (size_t)n < w->size ? w->len + (size_t)n : w->size - 1;
}

static bool is_space(uint8_t c)
{
        return c == '\n' || c == '\r' || c == '\t';
}

void pawl_words_ascii(pawl_words *w, pawl_span s)
{
        size_t end = 0;

        while (end < s.len && s.data[end] != 0)
                end++;
        while (end > 0 && is_space(s.data[end - 1]))
                end--;
        for (size_t i = 0; i < end && w->len + 1 < w->size; i++) {
                const uint8_t c = s.data[i];

                w->p[w->len++] = is_space(c) ? ' ' : c < 0x7f ? (char)c : '?';
        }
        w->p[w->len] = '\0';
}

void pawl_words_utf16(pawl_words *w, pawl_span s)
{
        w->len += pawl_utf16_to_utf8(s, w->p + w->len, w->size - w->len);
}

static void put_hex(pawl_words *w, pawl_span s)
{
        pawl_words_put(w, "%zu bytes", s.len);
        for (size_t i = 0; i < s.len && i < HEX_BYTES; i++)
                pawl_words_put(w, "%s%02x", i == 0 ? ": " : "", s.data[i]);
        if (s.len > HEX_BYTES)
                pawl_words_put(w, "...");
}

bool pawl_looks_like_ascii(pawl_span s)
{
        size_t n = 0, end = s.len;

        while (end > 0 && s.data[end - 1] == 0)
                end--;
        while (n < end && ((s.data[n] >= ' ' && s.data[n] < 0x7f) || is_space(s.data[n])))
                n++;
        return n > 0 && n == end;
}

void pawl_words_data(pawl_words *w, pawl_span s)
{
        /* some loaders log UTF-16 with half a NUL */
        const pawl_span even = pawl_span_of(s.data, s.len & ~(size_t)1);

        if (pawl_looks_like_utf16(s) ||
                (s.len % 2 != 0 && s.data[s.len - 1] == 0 && pawl_looks_like_utf16(even)))
                pawl_words_utf16(w, s);
        else if (pawl_looks_like_ascii(s))
                pawl_words_ascii(w, s);
        else
                put_hex(w, s);
}

void pawl_words_guid(pawl_words *w, pawl_span guid)
{
        char text[PAWL_GUID_TEXT_SIZE];

        pawl_guid_text(guid.data, text);
        pawl_words_put(w, "%s", text);
}

void pawl_words_count(pawl_words *w, uint64_t n, const char *one, const char *many)
{
        pawl_words_put(w, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

void pawl_words_finish(pawl_words *w)
{
        char *s = w->p;
        size_t n = w->len, tail = 0;

        pawl_text_sanitize(s);
        while (tail < n && tail < 3 && ((unsigned char)s[n - 1 - tail] & 0xc0) == 0x80)
                tail++;
        if (n > tail && (unsigned char)s[n - 1 - tail] >= 0xc0) {
                unsigned char lead = (unsigned char)s[n - 1 - tail];

                if (tail < (lead >= 0xf0 ? 3u : lead >= 0xe0 ? 2u : 1u))
                        pawl_words_cut(w, n - 1 - tail);
        }
}

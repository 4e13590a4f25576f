/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "userspace/report/style.h"

struct pawl_html {
        FILE *f;
        char *bytes;            /* of `f` */
        size_t stream_len, len; /* of `f`: true after a flush; written so far */
        pawl_html_tag open[PAWL_HTML_DEPTH_MAX];
        size_t depth;
        bool in_tag; /* "<name" stands there, without its ">" */
        pawl_err err;
};

static const struct {
        const char *word;
        bool is_block;
} tags[] = {
#define TAG_ROW(name, word, is_block) [PAWL_HTML_##name] = { word, is_block },
        PAWL_HTML_TAGS(TAG_ROW)
#undef TAG_ROW
};

static const char *const attributes[] = {
#define ATTR_ROW(name, word) [PAWL_HTML_ATTR_##name] = word,
        PAWL_HTML_ATTRS(ATTR_ROW)
#undef ATTR_ROW
};

/* --- bytes as they are: for constants of this program, so only in this file --- */

static void put_bytes(pawl_html *h, const char *s, size_t n)
{
        if (h->err != PAWL_OK)
                return;
        if (n > PAWL_HTML_SIZE_MAX - h->len) {
                h->err = PAWL_ERR_LIMIT;
                return;
        }
        if (fwrite(s, 1, n, h->f) != n)
                h->err = PAWL_ERR_NO_MEMORY;
        h->len += n;
}

static void put_constant(pawl_html *h, const char *s)
{
        put_bytes(h, s, strlen(s));
}

/* --- everything else --- */

/* One character of UTF-8 (RFC 3629), or 0 for bytes that are none: too long a form, a surrogate, or
 * cut off. `ret_len`: how many bytes it has. */
static uint32_t decode(const unsigned char *s, size_t *ret_len)
{
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

        *ret_len = 1;
        if (n == 0 || s[0] > 0xf4)
                return 0;
        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80) /* the NUL at the end too */
                        return 0;
                c = c << 6 | (s[i] & 0x3f);
        }
        if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
                return 0;
        *ret_len = n;
        return c;
}

/* Controls, and characters that are not seen but change how others are: they could make a text read
 * as another one. */
static bool is_unseen(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
               (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
               (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
               (c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe ||
               (c >= 0xe0000 && c <= 0xe0fff);
}

static const char *entity(uint32_t c)
{
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&#39;";
        default:
                return is_unseen(c) ? "\xef\xbf\xbd" /* U+FFFD */ : NULL;
        }
}

/* The one function: as text and as a value between double quotes the result is nothing but text. */
static void put_escaped(pawl_html *h, const char *text)
{
        const unsigned char *s = (const unsigned char *)text;
        size_t n;

        for (; *s != '\0'; s += n) {
                const char *instead = entity(decode(s, &n));

                if (instead)
                        put_constant(h, instead);
                else
                        put_bytes(h, (const char *)s, n);
        }
}

__attribute__((format(printf, 2, 0))) static void put_format(
        pawl_html *h, const char *fmt, va_list ap)
{
        pawl_autofree char *text = NULL;

        if (vasprintf(&text, fmt, ap) < 0) {
                text = NULL;
                h->err = PAWL_ERR_NO_MEMORY;
                return;
        }
        put_escaped(h, text);
}

/* --- elements --- */

static void close_tag(pawl_html *h)
{
        if (h->in_tag)
                put_constant(h, ">");
        h->in_tag = false;
}

void pawl_html_begin(pawl_html *h, pawl_html_tag tag)
{
        close_tag(h);
        if (h->depth == PAWL_HTML_DEPTH_MAX) {
                h->err = PAWL_ERR_INTERNAL;
                return;
        }
        h->open[h->depth++] = tag;
        h->in_tag = true;
        put_constant(h, "<");
        put_constant(h, tags[tag].word);
}

static void begin_attr(pawl_html *h, const char *name)
{
        if (!h->in_tag)
                h->err = PAWL_ERR_INTERNAL;
        put_constant(h, " ");
        put_constant(h, name);
        put_constant(h, "=\"");
}

void pawl_html_attr(pawl_html *h, pawl_html_attribute a, const char *fmt, ...)
{
        va_list ap;

        begin_attr(h, attributes[a]);
        va_start(ap, fmt);
        put_format(h, fmt, ap);
        va_end(ap);
        put_constant(h, "\"");
}

void pawl_html_text(pawl_html *h, const char *fmt, ...)
{
        va_list ap;

        close_tag(h);
        va_start(ap, fmt);
        put_format(h, fmt, ap);
        va_end(ap);
}

void pawl_html_end(pawl_html *h)
{
        close_tag(h);
        if (h->depth == 0) {
                h->err = PAWL_ERR_INTERNAL;
                return;
        }
        h->depth--;
        put_constant(h, "</");
        put_constant(h, tags[h->open[h->depth]].word);
        put_constant(h, tags[h->open[h->depth]].is_block ? ">\n" : ">");
}

void pawl_html_begin_class(pawl_html *h, pawl_html_tag tag, const char *class)
{
        pawl_html_begin(h, tag);
        if (class)
                pawl_html_attr(h, PAWL_HTML_ATTR_CLASS, "%s", class);
}

void pawl_html_put(pawl_html *h, pawl_html_tag tag, const char *class, const char *fmt, ...)
{
        va_list ap;

        pawl_html_begin_class(h, tag, class);
        close_tag(h);
        va_start(ap, fmt);
        put_format(h, fmt, ap);
        va_end(ap);
        pawl_html_end(h);
}

void pawl_html_begin_link(pawl_html *h, const char *class, const char *fmt, ...)
{
        va_list ap;

        pawl_html_begin_class(h, PAWL_HTML_A, class);
        /* "#" in front: whatever follows, it is a place of this page */
        begin_attr(h, "href");
        put_constant(h, "#");
        va_start(ap, fmt);
        put_format(h, fmt, ap);
        va_end(ap);
        put_constant(h, "\"");
}

/* --- the page --- */

void pawl_html_free_p(pawl_html **h)
{
        if (!*h)
                return;
        if ((*h)->f)
                (void)fclose((*h)->f);
        free((*h)->bytes);
        free(*h);
        *h = NULL;
}

pawl_err pawl_html_new(const char *title, pawl_html **ret)
{
        static const char head[] =
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
        pawl_autohtml pawl_html *h = calloc(1, sizeof(*h));

        if (!h || !(h->f = open_memstream(&h->bytes, &h->stream_len)))
                return PAWL_ERR_NO_MEMORY;
        put_constant(h, head);
        put_escaped(h, title);
        put_constant(h, "</title>\n<style>\n");
        for (const char *const *part = pawl_report_style; *part; part++)
                put_constant(h, *part);
        put_constant(h, "</style>\n</head>\n<body>\n");
        *ret = pawl_take(&h);
        return PAWL_OK;
}

size_t pawl_html_size(const pawl_html *h)
{
        return h->len;
}

pawl_err pawl_html_finish(pawl_html *h, pawl_buffer *ret)
{
        close_tag(h);
        if (h->depth != 0)
                h->err = PAWL_ERR_INTERNAL;
        put_constant(h, "</body>\n</html>\n");
        if (fflush(h->f) != 0)
                h->err = PAWL_ERR_NO_MEMORY;
        PAWL_TRY(h->err);
        return pawl_buffer_dup(pawl_span_of(h->bytes, h->len), ret);
}

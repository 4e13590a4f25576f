/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/recovery-key.h"

#if PAWL_HAVE_QRENCODE

#include <qrencode.h>

#define QUIET 2 /* dots of empty border */

/* Wipes what it drew from: the code is the key. */
static void code_free_p(QRcode **c)
{
        if (!*c)
                return;
        pawl_wipe((*c)->data, (size_t)(*c)->width * (size_t)(*c)->width);
        QRcode_free(*c);
}

static bool is_dark(const QRcode *c, int x, int y)
{
        if (x < 0 || y < 0 || x >= c->width || y >= c->width)
                return false;
        return c->data[y * c->width + x] & 1;
}

/* Two rows in one line of text; a light dot is drawn, a dark one left out. */
static void print_utf8(const QRcode *c, FILE *f)
{
        static const char *const blocks[] = { "\u2588", "\u2580", "\u2584", " " };

        for (int y = -QUIET; y < c->width + QUIET; y += 2) {
                for (int x = -QUIET; x < c->width + QUIET; x++)
                        (void)fputs(blocks[is_dark(c, x, y) * 2 + is_dark(c, x, y + 1)], f);
                (void)fputc('\n', f);
        }
}

static void print_ascii(const QRcode *c, FILE *f)
{
        for (int y = -QUIET; y < c->width + QUIET; y++) {
                for (int x = -QUIET; x < c->width + QUIET; x++)
                        (void)fputs(is_dark(c, x, y) ? "  " : "##", f);
                (void)fputc('\n', f);
        }
}

pawl_err pawl_qr_print(pawl_span text, pawl_qr_style style, FILE *f)
{
        pawl_cleanup(code_free_p) QRcode *c = NULL;

        if (text.len > 1024)
                return PAWL_ERR_LIMIT;
        c = QRcode_encodeData((int)text.len, text.data, 0, QR_ECLEVEL_M);
        if (!c)
                return PAWL_ERR_NO_MEMORY;
        if (style == PAWL_QR_UTF8)
                print_utf8(c, f);
        else
                print_ascii(c, f);
        return fflush(f) == 0 && !ferror(f) ? PAWL_OK : PAWL_ERR_IO;
}

#else

pawl_err pawl_qr_print(pawl_span text, pawl_qr_style style, FILE *f)
{
        (void)text;
        (void)style;
        (void)f;
        return PAWL_ERR_UNSUPPORTED;
}

#endif

bool pawl_qr_is_built_in(void)
{
        return PAWL_HAVE_QRENCODE;
}

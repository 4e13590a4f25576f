/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"

/* Control characters as a serial line or a keyboard sends them. */
#define CTRL_A    0x01u
#define CTRL_E    0x05u
#define CTRL_K    0x0bu
#define CTRL_U    0x15u
#define KEY_ERASE 0x7fu

#define PROMPT_LEN 2u
#define WIDTH_MAX  160u /* bytes that are shown at a time */

typedef struct editor {
        const pawl_platform *platform;
        unsigned row;
        char *text;
        size_t size; /* of `text`, with NUL */
        size_t len, at;
        size_t first; /* the first character in sight */
} editor;

static size_t width_of(const editor *e)
{
        unsigned columns = 80, rows;

        e->platform->console_size(e->platform->ctx, &columns, &rows);
        if (columns < 20)
                columns = 20;
        return columns > WIDTH_MAX ? WIDTH_MAX : columns - PROMPT_LEN - 1;
}

static void draw(editor *e)
{
        const pawl_platform *p = e->platform;
        size_t width = width_of(e), n = 0;
        char line[PROMPT_LEN + WIDTH_MAX + 1] = "> ";

        if (e->at < e->first || e->at >= e->first + width)
                e->first = e->at < width ? 0 : e->at - width + 1;
        for (; n < width; n++) {
                uint8_t c = e->first + n < e->len ? (uint8_t)e->text[e->first + n] : ' ';

                line[PROMPT_LEN + n] = c < 0x20 || c > 0x7e ? '?' : (char)c;
        }
        line[PROMPT_LEN + n] = '\0';
        p->move(p->ctx, 0, e->row);
        p->print(p->ctx, line);
        p->move(p->ctx, (unsigned)(PROMPT_LEN + e->at - e->first), e->row);
}

/* Takes `n` characters out at `at`. */
static void cut(editor *e, size_t at, size_t n)
{
        for (size_t i = at; i + n <= e->len; i++)
                e->text[i] = e->text[i + n];
        e->len -= n;
        e->at = at;
}

static void insert(editor *e, char c)
{
        if (e->len + 1 >= e->size)
                return;
        for (size_t i = e->len + 1; i > e->at; i--)
                e->text[i] = e->text[i - 1];
        e->text[e->at++] = c;
        e->len++;
}

static void act(editor *e, uint32_t key)
{
        switch (key) {
        case PAWL_KEY_LEFT:
                e->at -= e->at > 0;
                break;
        case PAWL_KEY_RIGHT:
                e->at += e->at < e->len;
                break;
        case PAWL_KEY_HOME:
        case CTRL_A:
                e->at = 0;
                break;
        case PAWL_KEY_END:
        case CTRL_E:
                e->at = e->len;
                break;
        case PAWL_KEY_BACKSPACE:
        case KEY_ERASE:
                if (e->at > 0)
                        cut(e, e->at - 1, 1);
                break;
        case PAWL_KEY_DELETE:
                /* firmware takes the DEL that serial terminals send for backspace as this key: at
                 * the end of the line, where nothing else is left for it, it erases backwards */
                if (e->at == e->len && e->at > 0)
                        cut(e, e->at - 1, 1);
                else if (e->at < e->len)
                        cut(e, e->at, 1);
                break;
        case CTRL_K:
                cut(e, e->at, e->len - e->at);
                break;
        case CTRL_U:
                cut(e, 0, e->at);
                break;
        default:
                if (key >= 0x20 && key < 0x7f)
                        insert(e, (char)key);
        }
}

pawl_err pawl_loader_edit(const pawl_platform *p, unsigned row, char *text, size_t size)
{
        editor e = { .platform = p, .row = row, .text = text, .size = size };
        uint32_t key;

        e.len = e.at = pawl_span_str(text).len;
        for (;;) {
                draw(&e);
                PAWL_TRY(pawl_screen_read_key(p, UINT64_MAX, &key));
                if (key == PAWL_KEY_ESCAPE)
                        return PAWL_ERR_CANCELLED;
                if (key == PAWL_KEY_ENTER)
                        return PAWL_OK;
                act(&e, key);
        }
}

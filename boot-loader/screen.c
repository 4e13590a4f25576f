/* SPDX-License-Identifier: BSD-2-Clause */
/* What the menu looks like: plain ASCII and cursor movements only, so that it works on a serial
 * line. Top down: a title, the entries, an empty line, the keys, the status line, messages. */
#include "boot-loader/loader.h"
#include "efi-common/text.h"

#define LIST_ROW   2 /* of the first entry */
#define OTHER_ROWS (LIST_ROW + 4 + 2 * PAWL_LOADER_MESSAGES)
#define LINE_MAX   200     /* bytes with NUL */
#define KEY_TRIES  10      /* failures in a row before a keyboard is given up */
#define KEY_PAUSE  100000u /* microseconds between two of them */

typedef struct line {
        char text[LINE_MAX];
        pawl_writer w;
} line;

/* Text that does not fit is cut: a narrow console shows the begin. */
static void add(line *l, const char *text)
{
        for (; *text && l->w.len < l->w.cap; text++)
                l->text[l->w.len++] = *text;
}

static void add_number(line *l, uint64_t v)
{
        char digits[24];
        pawl_writer w = pawl_writer_of(digits, sizeof(digits));

        if (pawl_write_decimal(&w, v) == PAWL_OK && pawl_write_u8(&w, 0) == PAWL_OK)
                add(l, digits);
}

static unsigned width_of(const pawl_platform *p)
{
        unsigned columns = 80, rows;

        p->console_size(p->ctx, &columns, &rows);
        /* a character in the last column would wrap */
        return columns < 21 ? 20 : columns > LINE_MAX ? LINE_MAX - 1 : columns - 1;
}

static void start_line(const pawl_loader *l, line *ret)
{
        ret->w = pawl_writer_of(ret->text, width_of(l->platform));
}

static void print_line(const pawl_loader *l, line *text, unsigned row)
{
        const pawl_platform *p = l->platform;

        while (text->w.len < text->w.cap)
                text->text[text->w.len++] = ' ';
        text->text[text->w.len] = '\0';
        p->move(p->ctx, 0, row);
        p->print(p->ctx, text->text);
}

size_t pawl_screen_entries(const pawl_loader *l)
{
        unsigned columns, rows = 25;

        l->platform->console_size(l->platform->ctx, &columns, &rows);
        return rows > OTHER_ROWS ? rows - OTHER_ROWS : 1;
}

static size_t rows_in_list(const pawl_loader *l)
{
        size_t max = pawl_screen_entries(l);

        return l->n_entries < max ? l->n_entries : max;
}

unsigned pawl_screen_status_row(const pawl_loader *l)
{
        return (unsigned)(LIST_ROW + rows_in_list(l) + 2);
}

void pawl_screen_status(const pawl_loader *l, const char *text)
{
        line s;

        start_line(l, &s);
        add(&s, text);
        print_line(l, &s, pawl_screen_status_row(l));
}

static bool is_same(const char *a, const char *b)
{
        return pawl_span_equal(pawl_span_str(a), pawl_span_str(b));
}

/* Two lines that look alike say which file they mean. */
static void add_id(line *s, const pawl_loader *l, size_t i)
{
        const pawl_boot_entry *e = &l->entries[i];

        for (size_t j = 0; j < l->n_entries; j++)
                if (j != i && is_same(l->entries[j].title, e->title) &&
                        is_same(l->entries[j].version, e->version)) {
                        add(s, "  ");
                        add(s, e->id);
                        return;
                }
}

static void add_tries(line *s, const pawl_boot_entry *e)
{
        if (!e->is_counted)
                return;
        if (e->left == 0) {
                add(s, "  (bad: no tries left)");
                return;
        }
        add(s, "  (");
        add_number(s, e->left);
        add(s, e->left == 1 ? " try left)" : " tries left)");
}

void pawl_screen_draw_entry(const pawl_loader *l, size_t first, size_t i)
{
        const pawl_platform *p = l->platform;
        const pawl_boot_entry *e = &l->entries[i];
        bool is_selected = i == l->selected;
        line s;

        start_line(l, &s);
        add(&s, is_selected ? "> " : "  ");
        if (i < 9)
                add_number(&s, i + 1);
        add(&s, i < 9 ? " " : "  ");
        add(&s, e->title);
        if (e->version[0]) {
                add(&s, "  ");
                add(&s, e->version);
        }
        add_id(&s, l, i);
        add_tries(&s, e);
        p->highlight(p->ctx, is_selected);
        print_line(l, &s, (unsigned)(LIST_ROW + i - first));
        p->highlight(p->ctx, false);
}

static void draw_messages(const pawl_loader *l)
{
        const pawl_platform *p = l->platform;

        p->move(p->ctx, 0, pawl_screen_status_row(l) + 2);
        for (size_t i = 0; i < PAWL_LOADER_MESSAGES; i++)
                if (l->messages[i][0]) {
                        p->print(p->ctx, l->messages[i]);
                        p->print(p->ctx, "\n");
                }
}

void pawl_screen_draw(const pawl_loader *l, size_t first)
{
        const pawl_platform *p = l->platform;
        line s;

        p->clear(p->ctx);
        start_line(l, &s);
        add(&s, "Pawl boot loader " PAWL_VERSION);
        print_line(l, &s, 0);
        for (size_t i = first; i < l->n_entries && i < first + rows_in_list(l); i++)
                pawl_screen_draw_entry(l, first, i);
        draw_messages(l);
        start_line(l, &s);
        add(&s, "Up/Down j/k: choose  Enter 1-9: start  ");
        add(&s, l->may_edit ? "e: edit  " : "");
        add(&s, "q: leave  r: restart  o: off");
        print_line(l, &s, pawl_screen_status_row(l) - 1);
}

pawl_err pawl_screen_read_key(const pawl_platform *p, uint64_t timeout_usec, uint32_t *ret)
{
        for (unsigned i = 0; i < KEY_TRIES; i++) {
                pawl_err err = p->read_key(p->ctx, timeout_usec, ret);

                if (err == PAWL_OK || (err == PAWL_ERR_TIMEOUT && timeout_usec != UINT64_MAX))
                        return err;
                p->stall(p->ctx, KEY_PAUSE);
        }
        return PAWL_ERR_IO;
}

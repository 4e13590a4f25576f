/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"
#include "efi-common/text.h"

#define SECOND_USEC 1000000u

/* The first entry in sight so that the selected one is. */
static size_t first_in_sight(const pawl_loader *l)
{
        size_t max = pawl_screen_entries(l);

        return l->selected < max ? 0 : l->selected - max + 1;
}

/* Marks another entry; the whole list is drawn only if it has to move. */
static void select(pawl_loader *l, size_t i)
{
        size_t before = l->selected, first = first_in_sight(l);

        if (i >= l->n_entries || i == before)
                return;
        l->selected = i;
        l->is_edited = false;
        if (first_in_sight(l) != first) {
                pawl_screen_draw(l, first_in_sight(l));
                return;
        }
        pawl_screen_draw_entry(l, first, before);
        pawl_screen_draw_entry(l, first, i);
}

/* Lets a person change the command line. True if the entry is to be started. */
static bool edit(pawl_loader *l)
{
        const pawl_platform *p = l->platform;
        pawl_boot_entry *e = &l->entries[l->selected];
        char *own = NULL;
        void *memory;
        pawl_err err = p->allocate(p->ctx, PAWL_LOADER_CMDLINE_MAX, &memory);

        l->is_edited = false;
        if (err == PAWL_OK) {
                own = memory;
                err = pawl_loader_read_cmdline(l, e, own, PAWL_LOADER_CMDLINE_MAX);
        }
        if (err == PAWL_OK) {
                pawl_copy(l->cmdline, own, pawl_span_str(own).len + 1);
                err = pawl_loader_edit(
                        p, pawl_screen_status_row(l), l->cmdline, PAWL_LOADER_CMDLINE_MAX);
        }
        /* what was not changed is not handed over, and so not measured */
        if (err == PAWL_OK)
                l->is_edited = !pawl_span_equal(pawl_span_str(own), pawl_span_str(l->cmdline));
        if (own)
                p->free(p->ctx, own, PAWL_LOADER_CMDLINE_MAX);
        if (err != PAWL_OK && err != PAWL_ERR_CANCELLED)
                pawl_loader_say(l, e->file_name,
                        ": its command line cannot be edited: ", pawl_err_text(err), NULL);
        if (err != PAWL_OK)
                pawl_screen_draw(l, first_in_sight(l));
        return err == PAWL_OK;
}

/* Whether `key` ends the menu, and with what. */
static bool act(pawl_loader *l, uint32_t key, pawl_menu_action *ret)
{
        *ret = PAWL_MENU_START;
        switch (key) {
        case PAWL_KEY_UP:
        case 'k':
                select(l, l->selected == 0 ? 0 : l->selected - 1);
                return false;
        case PAWL_KEY_DOWN:
        case 'j':
                select(l, l->selected + 1);
                return false;
        case PAWL_KEY_HOME:
        case PAWL_KEY_PAGE_UP:
                select(l, 0);
                return false;
        case PAWL_KEY_END:
        case PAWL_KEY_PAGE_DOWN:
                select(l, l->n_entries - 1);
                return false;
        case PAWL_KEY_ENTER:
        case PAWL_KEY_RIGHT:
                l->is_edited = false;
                return true;
        case 'e':
                return l->may_edit && edit(l);
        case 'q':
                *ret = PAWL_MENU_QUIT;
                return true;
        case 'r':
                *ret = PAWL_MENU_REBOOT;
                return true;
        case 'o':
                *ret = PAWL_MENU_POWEROFF;
                return true;
        default:
                if (key < '1' || key > '9' || key - '1' >= l->n_entries)
                        return false;
                select(l, key - '1');
                l->is_edited = false;
                return true;
        }
}

static void show_countdown(const pawl_loader *l, uint32_t seconds)
{
        char text[64];
        pawl_writer w = pawl_writer_of(text, sizeof(text));

        if (pawl_write_str(&w, "Starting in ") == PAWL_OK &&
                pawl_write_decimal(&w, seconds) == PAWL_OK &&
                pawl_write_str(&w, " s; any key stops this") == PAWL_OK &&
                pawl_write_u8(&w, 0) == PAWL_OK)
                pawl_screen_status(l, text);
}

/* Counts down. TIMEOUT at the end; a key of a person stops it and is returned. */
static pawl_err count_down(pawl_loader *l, uint32_t seconds, uint32_t *ret_key)
{
        pawl_err err = PAWL_ERR_TIMEOUT;

        while (seconds > 0 && err == PAWL_ERR_TIMEOUT) {
                show_countdown(l, seconds--);
                err = pawl_screen_read_key(l->platform, SECOND_USEC, ret_key);
        }
        pawl_screen_status(l, "");
        return err;
}

pawl_err pawl_loader_menu(pawl_loader *l, uint32_t timeout, pawl_menu_action *ret)
{
        const pawl_platform *p = l->platform;
        uint32_t key;
        pawl_err err;

        /* firmware would end a menu that waits after five minutes */
        p->watchdog_off(p->ctx);
        pawl_loader_tell_time(l, "LoaderTimeMenuUSec");
        pawl_screen_draw(l, first_in_sight(l));
        l->is_edited = false;
        if (timeout <= PAWL_TIMEOUT_MAX) {
                err = count_down(l, timeout, &key);
                /* without a keyboard the machine starts all the same */
                if (err == PAWL_OK && act(l, key, ret))
                        return PAWL_OK;
                if (err != PAWL_OK) {
                        *ret = PAWL_MENU_START;
                        return PAWL_OK;
                }
        }
        do
                PAWL_TRY(pawl_screen_read_key(p, UINT64_MAX, &key));
        while (!act(l, key, ret));
        return PAWL_OK;
}

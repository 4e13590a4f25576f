/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot loader: finds UKIs on its own partition, lets a person or the configuration choose one,
 * counts the try, and has the firmware check and start it. It decides nothing about what may run:
 * that is the firmware's signature check. Everything that it reads (files, EFI variables, keys) may
 * be an attacker's. Measures what lets it act differently: loader.conf before it is used, and what
 * it hands to an image. https://systemd.io/BOOT_LOADER_INTERFACE; UAPI.1 Boot Loader Specification,
 * type #2 entries. */
#ifndef PAWL_BOOT_LOADER_LOADER_H
#define PAWL_BOOT_LOADER_LOADER_H

#include "core/boot-entry.h"
#include "core/loader-conf.h"
#include "efi-common/measuring.h"

#define PAWL_LOADER_CMDLINE_MAX 4096 /* bytes with NUL of a command line that can be edited */
#define PAWL_LOADER_MESSAGES    3
#define PAWL_LOADER_MESSAGE_MAX 320 /* bytes with NUL; the rest is cut */

typedef struct pawl_loader {
        const pawl_platform *platform;
        pawl_self self;
        pawl_measuring measuring;
        /* the last lines that were told, newest last: the menu wipes the screen and shows them
         * again
         */
        char messages[PAWL_LOADER_MESSAGES][PAWL_LOADER_MESSAGE_MAX];

        /* the configuration: variables of one boot before lasting ones before loader.conf */
        uint32_t timeout; /* as in core/loader-conf.h */
        bool may_edit;
        char oneshot[PAWL_ENTRY_NAME_MAX];
        char var_default[PAWL_GLOB_MAX + 1];
        char conf_default[PAWL_GLOB_MAX + 1];

        pawl_boot_entry *entries; /* PAWL_LOADER_ENTRIES_MAX of them, owned */
        size_t n_entries;
        size_t selected;
        /* the command line that a person wrote for the selected entry; PAWL_LOADER_CMDLINE_MAX
         * bytes, owned */
        char *cmdline;
        bool is_edited;
} pawl_loader;

typedef enum pawl_menu_action {
        PAWL_MENU_START, /* the selected entry, with `cmdline` if it is edited */
        PAWL_MENU_QUIT,
        PAWL_MENU_REBOOT,
        PAWL_MENU_POWEROFF,
} pawl_menu_action;

/* Runs until the person leaves the menu or nothing can be started; what it starts and comes back
 * from leads to the menu. PAWL_OK only if a person wanted to leave. */
PAWL_MUST_CHECK pawl_err pawl_loader_run(const pawl_platform *p);

/* Prints a line from up to four parts, and keeps it for the menu; unused parts are NULL. */
void pawl_loader_say(pawl_loader *l, const char *a, const char *b, const char *c, const char *d);

/* config.c: measures and reads loader.conf, reads the variables. Trouble is told and leaves the
 * defaults. */
void pawl_loader_configure(pawl_loader *l);

/* entries.c: fills, sorts and cleans the list. NOT_FOUND if there is nothing to start. */
PAWL_MUST_CHECK pawl_err pawl_loader_find_entries(pawl_loader *l);
/* The image's own command line for an entry, as text with NUL; empty if it has none. LIMIT if it is
 * too long for `size`. */
PAWL_MUST_CHECK pawl_err pawl_loader_read_cmdline(
        pawl_loader *l, const pawl_boot_entry *e, char *ret, size_t size);

/* variables.c: what the OS is told before and after an entry was chosen. Trouble is told. */
void pawl_loader_tell_found(pawl_loader *l);
void pawl_loader_tell_selected(pawl_loader *l, const char *counted_path);
void pawl_loader_tell_time(pawl_loader *l, const char *name);

/* menu.c. Shows the entries; starts the selected one by itself after `timeout` seconds, or waits
 * for ever (PAWL_TIMEOUT_MENU_FORCE). IO if the keyboard does not work. */
PAWL_MUST_CHECK pawl_err pawl_loader_menu(pawl_loader *l, uint32_t timeout, pawl_menu_action *ret);

/* editor.c. Edits NUL-terminated text of `size` bytes in place on one line of the console.
 * CANCELLED if the person gave up; IO. */
PAWL_MUST_CHECK pawl_err pawl_loader_edit(
        const pawl_platform *p, unsigned row, char *text, size_t size);

/* screen.c */

/* Draws the whole menu; `first` is the entry in the first line of the list. */
void pawl_screen_draw(const pawl_loader *l, size_t first);
/* Draws the line of one entry. */
void pawl_screen_draw_entry(const pawl_loader *l, size_t first, size_t i);
/* Entries that fit on the console at a time, at least 1. */
size_t pawl_screen_entries(const pawl_loader *l);
/* The line for the countdown and the editor, by its row; and writes text there, padded. */
unsigned pawl_screen_status_row(const pawl_loader *l);
void pawl_screen_status(const pawl_loader *l, const char *text);
/* Reads a key, over keyboards that fail now and then. TIMEOUT; IO if it fails again and again. */
PAWL_MUST_CHECK pawl_err pawl_screen_read_key(
        const pawl_platform *p, uint64_t timeout_usec, uint32_t *ret);

/* start.c: counts the try and starts the selected entry. Returns only if that failed, or if the
 * program ended; the reason is told. */
void pawl_loader_start(pawl_loader *l);

#endif

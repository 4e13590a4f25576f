/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"

#include "efi-common/variables.h"

/* How long a key may take that is to show a hidden menu: firmware polls its keyboards and serial
 * lines some fifty times a second. */
#define HIDDEN_USEC 100000u

static void keep_message(pawl_loader *l, const char *const *parts, size_t n)
{
        char *line = l->messages[PAWL_LOADER_MESSAGES - 1];
        size_t len = 0;

        for (size_t i = 1; i < PAWL_LOADER_MESSAGES; i++)
                pawl_copy(l->messages[i - 1], l->messages[i], PAWL_LOADER_MESSAGE_MAX);
        for (size_t i = 0; i < n; i++)
                for (const char *c = parts[i]; c && *c && len + 1 < PAWL_LOADER_MESSAGE_MAX; c++)
                        line[len++] = *c;
        line[len] = '\0';
}

void pawl_loader_say(pawl_loader *l, const char *a, const char *b, const char *c, const char *d)
{
        const char *parts[] = { "pawl-boot: ", a, b, c, d, "\n" };

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                if (parts[i])
                        l->platform->print(l->platform->ctx, parts[i]);
        keep_message(l, parts + 1, sizeof(parts) / sizeof(parts[0]) - 2);
}

static pawl_err allocate_lists(pawl_loader *l)
{
        const pawl_platform *p = l->platform;
        void *entries = NULL, *cmdline = NULL;

        PAWL_TRY(p->allocate(p->ctx, PAWL_LOADER_ENTRIES_MAX * sizeof(pawl_boot_entry), &entries));
        l->entries = entries;
        PAWL_TRY(p->allocate(p->ctx, PAWL_LOADER_CMDLINE_MAX, &cmdline));
        l->cmdline = cmdline;
        return PAWL_OK;
}

static void release_lists(pawl_loader *l)
{
        const pawl_platform *p = l->platform;

        if (l->entries)
                p->free(p->ctx, l->entries, PAWL_LOADER_ENTRIES_MAX * sizeof(pawl_boot_entry));
        if (l->cmdline)
                p->free(p->ctx, l->cmdline, PAWL_LOADER_CMDLINE_MAX);
}

static void choose(pawl_loader *l)
{
        l->selected = pawl_boot_entry_choose(l->entries, l->n_entries, pawl_span_str(l->oneshot),
                pawl_span_str(l->var_default), pawl_span_str(l->conf_default));
}

/* Whether the default starts without a menu: a hidden menu is shown where a key is held. */
static bool is_menu_skipped(pawl_loader *l)
{
        uint32_t key;

        if (l->timeout == PAWL_TIMEOUT_MENU_DISABLED)
                return true;
        if (l->timeout != PAWL_TIMEOUT_MENU_HIDDEN)
                return false;
        return l->platform->read_key(l->platform->ctx, HIDDEN_USEC, &key) != PAWL_OK;
}

/* One action after the other, until the person leaves. */
static pawl_err talk(pawl_loader *l, uint32_t timeout)
{
        const pawl_platform *p = l->platform;
        pawl_menu_action action;

        for (;;) {
                PAWL_TRY(pawl_loader_menu(l, timeout, &action));
                switch (action) {
                case PAWL_MENU_START:
                        pawl_loader_start(l);
                        break;
                case PAWL_MENU_QUIT:
                        return PAWL_OK;
                case PAWL_MENU_REBOOT:
                        p->reset(p->ctx, PAWL_RESET_REBOOT);
                        break;
                case PAWL_MENU_POWEROFF:
                        p->reset(p->ctx, PAWL_RESET_POWEROFF);
                        break;
                }
                /* what did not work is not tried again without a person */
                timeout = PAWL_TIMEOUT_MENU_FORCE;
        }
}

static pawl_err boot(pawl_loader *l)
{
        uint32_t timeout = PAWL_TIMEOUT_MENU_FORCE;

        PAWL_TRY(pawl_loader_find_entries(l));
        choose(l);
        pawl_loader_tell_found(l);
        if (is_menu_skipped(l))
                pawl_loader_start(l);
        else if (l->timeout != PAWL_TIMEOUT_MENU_HIDDEN)
                timeout = l->timeout;
        return talk(l, timeout);
}

static pawl_err prepare(pawl_loader *l)
{
        pawl_err err = l->platform->self(l->platform->ctx, &l->self);

        if (err != PAWL_OK) {
                pawl_loader_say(l, "this program: ", pawl_err_text(err),
                        "; next: copy it to the boot partition again", NULL);
                return err;
        }
        err = allocate_lists(l);
        if (err != PAWL_OK)
                pawl_loader_say(l, "memory for the menu: ", pawl_err_text(err),
                        "; next: restart the machine", NULL);
        return err;
}

pawl_err pawl_loader_run(const pawl_platform *p)
{
        pawl_loader l = { .platform = p };
        pawl_err err;

        pawl_loader_tell_time(&l, "LoaderTimeInitUSec");
        pawl_measuring_start(p, &l.measuring);
        err = prepare(&l);
        if (err == PAWL_OK) {
                pawl_loader_configure(&l);
                err = boot(&l);
        }
        release_lists(&l);
        return err;
}

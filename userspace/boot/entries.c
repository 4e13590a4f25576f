/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/boot/entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "userspace/host/cleanup.h"
#include "userspace/uki/image.h"

void pawl_entries_done(pawl_entries *e)
{
        free(e->list);
        *e = (pawl_entries){ 0 };
}

static void closedir_p(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* As much of a text as the loader reads. */
static pawl_span text_of(const pawl_uki *uki, pawl_uki_section s)
{
        const pawl_span content = uki->has[s] ? uki->content[s] : PAWL_SPAN_NULL;

        return pawl_span_of(content.data,
                content.len < PAWL_LOADER_TEXT_MAX ? content.len : PAWL_LOADER_TEXT_MAX);
}

static pawl_err add_profile(
        pawl_entries *e, const pawl_pe *pe, const char *name, unsigned profile, bool is_read_only)
{
        pawl_boot_entry *entry = &e->list[e->n];
        pawl_uki uki;

        if (e->n == PAWL_LOADER_ENTRIES_MAX)
                return PAWL_OK;
        PAWL_TRY(pawl_uki_read(pe, profile, &uki));
        PAWL_TRY(pawl_boot_entry_fill(pawl_span_str(name), text_of(&uki, PAWL_UKI_OSREL),
                text_of(&uki, PAWL_UKI_PROFILE), profile, entry));
        /* its name cannot be changed, so it says nothing */
        if (is_read_only)
                entry->is_counted = false;
        e->n++;
        return PAWL_OK;
}

static pawl_err add_image(pawl_entries *e, const char *path, const char *name, bool is_read_only)
{
        pawl_autoimage pawl_image image = { 0 };
        unsigned n_profiles = 0;

        PAWL_TRY(pawl_image_open(path, &image, NULL));
        PAWL_TRY(pawl_uki_count_profiles(&image.pe, &n_profiles));
        for (unsigned i = 0; i < n_profiles; i++)
                PAWL_TRY(add_profile(e, &image.pe, name, i, is_read_only));
        return PAWL_OK;
}

static void visit(pawl_entries *e, const char *folder, const char *name)
{
        char path[PATH_MAX];
        pawl_entry_name parsed;
        struct stat st;

        if (pawl_entry_name_parse(pawl_span_str(name), &parsed) != PAWL_OK ||
                (size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path) ||
                stat(path, &st) < 0 || !S_ISREG(st.st_mode))
                return;
        /* what is no image, or a broken one, is not in the menu */
        (void)add_image(e, path, name, (st.st_mode & S_IWUSR) == 0);
}

pawl_err pawl_entries_read(const pawl_esp *esp, pawl_entries *ret, pawl_diag *d)
{
        pawl_autoentries pawl_entries e = { 0 };
        __attribute__((cleanup(closedir_p))) DIR *dir = NULL;
        char folder[PATH_MAX];
        const struct dirent *entry;

        PAWL_TRY(pawl_esp_path(esp, "\\EFI\\Linux", folder));
        e.list = calloc(PAWL_LOADER_ENTRIES_MAX, sizeof(*e.list));
        if (!e.list)
                return PAWL_ERR_NO_MEMORY;
        dir = opendir(folder);
        if (!dir)
                return pawl_fail_errno(d, errno, "%s: cannot open", folder);
        while ((entry = readdir(dir)) != NULL)
                visit(&e, folder, entry->d_name);
        e.n = pawl_boot_entries_drop_twins(e.list, e.n);
        if (e.n == 0)
                return pawl_fail(
                        d, PAWL_ERR_NOT_FOUND, "%s: no unified kernel image is in it", folder);
        pawl_boot_entries_sort(e.list, e.n);
        *ret = e;
        e = (pawl_entries){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder of definition files. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "userspace/disk/definition.h"
#include "userspace/host/cleanup.h"
#include "userspace/host/file.h"

static int is_definition(const struct dirent *e)
{
        size_t len = strlen(e->d_name);

        return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static pawl_err check_unique(const pawl_definitions *all, pawl_diag *d)
{
        const pawl_definition *last = &all->items[all->n - 1];

        for (size_t i = 0; i + 1 < all->n; i++)
                if (strcmp(all->items[i].type, last->type) == 0 &&
                        strcmp(all->items[i].label, last->label) == 0)
                        return pawl_fail(d, PAWL_ERR_DUPLICATE,
                                "%s: the same Type= and Label= as %s", last->file,
                                all->items[i].file);
        return PAWL_OK;
}

static pawl_err load_one(const char *folder, const char *name, pawl_definitions *all, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        char path[PATH_MAX];

        if (all->n == PAWL_DEFINITIONS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: more than %d definitions", folder,
                        PAWL_DEFINITIONS_MAX);
        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        PAWL_TRY(pawl_file_read(path, PAWL_DEFINITION_FILE_MAX, &text, d));
        PAWL_TRY(pawl_definition_parse(pawl_buffer_span(&text), name, &all->items[all->n], d));
        all->n++;
        return check_unique(all, d);
}

pawl_err pawl_definitions_load(const char *folder, pawl_definitions *ret, pawl_diag *d)
{
        pawl_autofree pawl_definitions *all = calloc(1, sizeof(*all));
        struct dirent **names = NULL;
        pawl_err err = PAWL_OK;
        int n;

        if (!all)
                return PAWL_ERR_NO_MEMORY;
        n = scandir(folder, &names, is_definition, by_name);
        if (n < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot open", folder);
        for (int i = 0; i < n; i++) {
                if (err == PAWL_OK)
                        err = load_one(folder, names[i]->d_name, all, d);
                free(names[i]);
        }
        free(names);
        PAWL_TRY(err);
        *ret = *all;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/cred.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "userspace/cred/store-key.h"
#include "userspace/cred/when.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/verb.h"

#define WAIT_MS   120000u /* for the others of two hundred services */
#define FILES_MAX 16384

const char *const pawl_cred_places[] = { "/etc/credstore.encrypted", "/run/credstore.encrypted",
        "/var/lib/pawl/credstore", "/usr/lib/credstore.encrypted", PAWL_CRED_FOREIGN, NULL };

struct pawl_cred_file_names {
        char path[PATH_MAX], shorter[PAWL_CRED_NAME_MAX];
};

static void say_waiting(void)
{
        pawl_say("waiting for other programs to be done with the TPM");
}

pawl_err pawl_cred_opening_make(const pawl_cred_args *a, pawl_cred_opening *ret, pawl_diag *d)
{
        if (a->uid)
                PAWL_TRY(pawl_fail_prefix(d, pawl_cred_scope_of(a->uid, &ret->scope, d), "--uid="));
        if (a->store && (size_t)snprintf(ret->store, sizeof(ret->store), "%s", a->store) >=
                                sizeof(ret->store))
                return pawl_fail(d, PAWL_ERR_USAGE, "--store-keys=: the path is too long");
        if (!a->store)
                (void)pawl_store_folder(ret->store, sizeof(ret->store));
        ret->options = (pawl_cred_open_options){
                .tpm = a->tpm,
                .host_key = a->host_key,
                .signature = a->signature,
                .store = ret->store,
                .firmware_log = a->firmware_log,
                .user_log = a->user_log,
                .scope = a->uid ? &ret->scope : NULL,
                .allow_null = a->allow_null,
                .want_authenticated = a->is_authenticated,
                .now = pawl_when_now(),
                .wait_ms = WAIT_MS,
                .say_waiting = say_waiting,
        };
        return PAWL_OK;
}

void pawl_cred_names_of(const char *path, const char **ret_name, const char **ret_short,
        char buf[static PAWL_CRED_NAME_MAX])
{
        static const char suffix[] = ".cred";
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        size_t len = strlen(name), cut = sizeof(suffix) - 1;

        *ret_name = name;
        *ret_short = NULL;
        if (len <= cut || len - cut >= PAWL_CRED_NAME_MAX || strcmp(name + len - cut, suffix) != 0)
                return;
        pawl_copy(buf, name, len - cut);
        buf[len - cut] = '\0';
        *ret_short = buf;
}

void pawl_cred_files_done(pawl_cred_files *f)
{
        for (size_t i = 0; i < f->n; i++)
                pawl_cred_item_done(&f->items[i]);
        free(f->items);
        free(f->names);
        *f = (pawl_cred_files){ 0 };
}

/* The items point into the names; `first`: from which one on. */
static void link_names(pawl_cred_files *f, size_t first)
{
        for (size_t i = first; i < f->n; i++) {
                f->items[i].file = f->names[i].path;
                pawl_cred_names_of(f->names[i].path, &f->items[i].name, &f->items[i].other_name,
                        f->names[i].shorter);
        }
}

static pawl_err grow(pawl_cred_files *f, pawl_diag *d)
{
        size_t more = f->n + 1;
        void *items, *names;

        if (f->n >= FILES_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %d credentials", FILES_MAX);
        if (f->n != 0 && (f->n & (f->n - 1)) != 0) /* room for a power of two */
                return PAWL_OK;
        more = f->n == 0 ? 1 : 2 * f->n;
        items = reallocarray(f->items, more, sizeof(*f->items));
        if (items)
                f->items = items;
        names = reallocarray(f->names, more, sizeof(*f->names));
        if (names) {
                f->names = names;
                link_names(f, 0);
        }
        return items && names ? PAWL_OK : pawl_fail(d, PAWL_ERR_NO_MEMORY, "out of memory");
}

static bool is_foreign(const char *path)
{
        return pawl_span_has_prefix(pawl_span_str(path), PAWL_SPAN_LITERAL(PAWL_CRED_FOREIGN "/"));
}

static pawl_err load(pawl_cred_item *i, const char *path)
{
        pawl_autobuffer pawl_buffer text = { 0 };

        i->is_foreign = is_foreign(path);
        PAWL_TRY(pawl_file_read(path, PAWL_CRED_TEXT_MAX, &text, &i->why));
        return pawl_fail_prefix(&i->why, pawl_cred_item_load(pawl_buffer_span(&text), i, &i->why),
                "%s", strcmp(path, "-") == 0 ? "standard input" : path);
}

pawl_err pawl_cred_files_add(pawl_cred_files *f, const char *path, pawl_diag *d)
{
        PAWL_TRY(grow(f, d));
        f->items[f->n] = (pawl_cred_item){ 0 };
        if ((size_t)snprintf(f->names[f->n].path, sizeof(f->names[f->n].path), "%s", path) >=
                sizeof(f->names[f->n].path))
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: the path is too long", path);
        f->n++;
        f->items[f->n - 1].err = load(&f->items[f->n - 1], path);
        link_names(f, f->n - 1);
        return PAWL_OK;
}

static int is_wanted(const struct dirent *e)
{
        return e->d_name[0] != '.';
}

pawl_err pawl_cred_files_add_folder(pawl_cred_files *f, const char *folder, pawl_diag *d)
{
        struct dirent **list = NULL;
        int n = scandir(folder, &list, is_wanted, alphasort);
        pawl_err err = PAWL_OK;

        if (n < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be read", folder);
        for (int i = 0; i < n; i++) {
                char path[PATH_MAX];

                (void)snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
                if (err == PAWL_OK)
                        err = pawl_cred_files_add(f, path, d);
                free(list[i]);
        }
        free(list);
        return err;
}

int pawl_cred_exit(pawl_err err)
{
        switch ((unsigned)err) {
        case PAWL_OK:
                return PAWL_EXIT_YES;
        case PAWL_ERR_KEY:
        case PAWL_ERR_MISMATCH:
        case PAWL_ERR_REFUSED:
        case PAWL_ERR_TPM_POLICY:
        case PAWL_ERR_TPM_OTHER:
                return PAWL_EXIT_NO;
        case PAWL_ERR_USAGE:
                return PAWL_EXIT_USAGE;
        default:
                return PAWL_EXIT_UNSURE;
        }
}

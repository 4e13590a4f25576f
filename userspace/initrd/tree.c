/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/initrd/tree.h"

#include <string.h>
#include <sys/stat.h>

#include "core/cpio.h"
#include "userspace/host/file.h"

typedef struct entry {
        char *path; /* without leading '/' */
        uint32_t mode;
        pawl_buffer content;
} entry;

struct pawl_tree {
        entry **sorted; /* by path; a folder's path is a prefix of its files', so it comes first */
        size_t n, cap;
        size_t total;
};

pawl_err pawl_tree_new(pawl_tree **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static void entry_free_p(entry **e)
{
        if (!*e)
                return;
        free((*e)->path);
        pawl_buffer_done(&(*e)->content);
        free(*e);
        *e = NULL;
}

void pawl_tree_free_p(pawl_tree **t)
{
        if (!*t)
                return;
        for (size_t i = 0; i < (*t)->n; i++)
                entry_free_p(&(*t)->sorted[i]);
        free((*t)->sorted);
        free(*t);
        *t = NULL;
}

/* Index of `path`, or of the place where it belongs. */
static size_t place_of(const pawl_tree *t, const char *path, bool *ret_found)
{
        size_t low = 0, high = t->n;

        *ret_found = false;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(path, t->sorted[middle]->path);

                if (order == 0) {
                        *ret_found = true;
                        return middle;
                }
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

bool pawl_tree_has(const pawl_tree *t, const char *path)
{
        bool is_found;

        (void)place_of(t, path + strspn(path, "/"), &is_found);
        return is_found;
}

/* One part of a path; "." and ".." would make two names for one file. */
static bool is_plain_part(const char *part, size_t len)
{
        return len > 0 && !(len == 1 && part[0] == '.') &&
               !(len == 2 && part[0] == '.' && part[1] == '.');
}

static pawl_err check_path(const char *path, pawl_diag *d)
{
        const char *at = path;

        for (;;) {
                size_t len = strcspn(at, "/");

                if (!is_plain_part(at, len))
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s: not a plain path inside the initrd; write it like "
                                "/etc/example.conf",
                                path);
                if (at[len] == '\0')
                        return PAWL_OK;
                at += len + 1;
        }
}

static pawl_err insert(pawl_tree *t, size_t at, entry **e)
{
        if (t->n == t->cap) {
                size_t cap = t->cap ? t->cap * 2 : 64;
                entry **bigger = reallocarray(t->sorted, cap, sizeof(entry *));

                if (!bigger)
                        return PAWL_ERR_NO_MEMORY;
                t->sorted = bigger;
                t->cap = cap;
        }
        for (size_t i = t->n; i > at; i--)
                t->sorted[i] = t->sorted[i - 1];
        t->sorted[at] = pawl_take(e);
        t->n++;
        return PAWL_OK;
}

static pawl_err add_same(const entry *old, uint32_t mode, pawl_span content, pawl_diag *d)
{
        if (old->mode == mode && pawl_span_equal(pawl_buffer_span(&old->content), content))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_DUPLICATE,
                "/%s: two different files are to go to this place of the initrd", old->path);
}

static pawl_err add_entry(
        pawl_tree *t, const char *path, uint32_t mode, pawl_span content, pawl_diag *d)
{
        pawl_cleanup(entry_free_p) entry *e = NULL;
        bool is_found;
        size_t at = place_of(t, path, &is_found);

        if (is_found)
                return add_same(t->sorted[at], mode, content, d);
        if (content.len > PAWL_INITRD_FILE_MAX || t->total + content.len > PAWL_INITRD_TOTAL_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "/%s: too large for an initrd", path);
        e = calloc(1, sizeof(*e));
        if (!e || !(e->path = strdup(path)))
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_buffer_dup(content, &e->content));
        e->mode = mode;
        t->total += content.len;
        return insert(t, at, &e);
}

static pawl_err add_parents(pawl_tree *t, const char *path, pawl_diag *d)
{
        pawl_autofree char *copy = strdup(path);

        if (!copy)
                return PAWL_ERR_NO_MEMORY;
        for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                PAWL_TRY(add_entry(t, copy, S_IFDIR | 0755u, PAWL_SPAN_NULL, d));
                *slash = '/';
        }
        return PAWL_OK;
}

static pawl_err add(pawl_tree *t, const char *path, uint32_t mode, pawl_span content, pawl_diag *d)
{
        path += strspn(path, "/");
        PAWL_TRY(check_path(path, d));
        PAWL_TRY(add_parents(t, path, d));
        return add_entry(t, path, mode, content, d);
}

pawl_err pawl_tree_add(
        pawl_tree *t, const char *path, unsigned mode, pawl_span content, pawl_diag *d)
{
        return add(t, path, S_IFREG | (mode & 0777u), content, d);
}

pawl_err pawl_tree_add_link(pawl_tree *t, const char *path, const char *target, pawl_diag *d)
{
        return add(t, path, S_IFLNK | 0777u, pawl_span_str(target), d);
}

pawl_err pawl_tree_add_folder(pawl_tree *t, const char *path, pawl_diag *d)
{
        return add(t, path, S_IFDIR | 0755u, PAWL_SPAN_NULL, d);
}

pawl_err pawl_tree_add_file(pawl_tree *t, const char *path, const char *source, pawl_diag *d)
{
        pawl_automap pawl_map m = { 0 };
        struct stat st;

        PAWL_TRY(pawl_map_file(source, PAWL_INITRD_FILE_MAX, &m, d));
        if (stat(source, &st) < 0)
                return pawl_fail(d, PAWL_ERR_IO, "%s: vanished while it was read", source);
        return pawl_tree_add(t, path, st.st_mode & 0111u ? 0755 : 0644, pawl_map_span(&m), d);
}

static size_t packed_size(const pawl_tree *t)
{
        size_t size = PAWL_CPIO_END_SIZE;

        for (size_t i = 0; i < t->n; i++)
                size += pawl_cpio_entry_size(strlen(t->sorted[i]->path), t->sorted[i]->content.len);
        return size;
}

pawl_err pawl_tree_pack(pawl_tree *t, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer archive = { 0 };
        pawl_cpio c;

        PAWL_TRY(pawl_buffer_new(packed_size(t), &archive));
        pawl_cpio_start(&c, archive.data, archive.len);
        for (size_t i = 0; i < t->n; i++) {
                const entry *e = t->sorted[i];

                PAWL_TRY(pawl_fail_prefix(d,
                        pawl_cpio_add(&c, e->path, e->mode, 0, 0, pawl_buffer_span(&e->content)),
                        "/%s", e->path));
        }
        PAWL_TRY(pawl_cpio_end(&c));
        archive.len = pawl_written(&c.w).len;
        *ret = archive;
        archive = (pawl_buffer){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sidecar.h"

#include "core/boot-entry.h"
#include "core/cpio.h"

#define SUFFIX ".cred"
#define TOP    ".extra"

#define TOP_MODE    0040555u
#define FOLDER_MODE 0040500u
#define FILE_MODE   0100400u

static const struct {
        const char *label, *folder;
} kinds[] = {
        [PAWL_SIDECAR_CREDENTIALS] = {"Credentials initrd",         TOP "/credentials"},
        [PAWL_SIDECAR_GLOBAL_CREDENTIALS] = { "Global credentials initrd",
                                      TOP "/global_credentials"                       },
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == PAWL_SIDECAR_MAX_, "one row a kind");

const char *pawl_sidecar_label(pawl_sidecar kind)
{
        return kinds[kind].label;
}

static bool is_label(pawl_span utf16, const char *label)
{
        const size_t n = pawl_span_str(label).len + 1;

        if (utf16.len != 2 * n)
                return false;
        for (size_t i = 0; i < n; i++)
                if (utf16.data[2 * i] != (uint8_t)label[i] || utf16.data[2 * i + 1] != 0)
                        return false;
        return true;
}

bool pawl_sidecar_from_label(pawl_span utf16, pawl_sidecar *ret)
{
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                if (is_label(utf16, kinds[k].label)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static uint8_t lower(uint8_t c)
{
        return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool has_suffix(pawl_span name)
{
        const pawl_span suffix = PAWL_SPAN_LITERAL(SUFFIX);
        pawl_span tail;

        if (name.len < suffix.len ||
                pawl_span_slice(name, name.len - suffix.len, suffix.len, &tail) != PAWL_OK)
                return false;
        for (size_t i = 0; i < suffix.len; i++)
                if (lower(tail.data[i]) != suffix.data[i])
                        return false;
        return true;
}

bool pawl_sidecar_is_wanted(const char *name)
{
        const pawl_span s = pawl_span_str(name);

        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] < ' ' || s.data[i] > '~' || s.data[i] == '?' || s.data[i] == '/' ||
                        s.data[i] == '\\')
                        return false;
        return s.len < PAWL_SIDECAR_NAME_MAX && name[0] != '.' && has_suffix(s);
}

/* By bytes, as UTF-16 units of the same letters sort. */
static int compare(const char *a, const char *b)
{
        while (*a != '\0' && *a == *b) {
                a++;
                b++;
        }
        return (uint8_t)*a - (uint8_t)*b;
}

pawl_err pawl_sidecar_add(pawl_sidecar_list *l, const char *name, uint64_t size)
{
        size_t at = l->n;

        if (!pawl_sidecar_is_wanted(name))
                return PAWL_ERR_FORMAT;
        if (size > PAWL_SIDECAR_SIZE_MAX || l->n == PAWL_SIDECAR_FILES_MAX)
                return PAWL_ERR_LIMIT;
        while (at > 0 && compare(l->files[at - 1].name, name) > 0)
                at--;
        if (at > 0 && compare(l->files[at - 1].name, name) == 0)
                return PAWL_ERR_DUPLICATE;
        for (size_t i = l->n; i > at; i--)
                pawl_copy(&l->files[i], &l->files[i - 1], sizeof(l->files[0]));
        pawl_zero(&l->files[at], sizeof(l->files[0]));
        pawl_copy(l->files[at].name, name, pawl_span_str(name).len);
        l->files[at].size = (uint32_t)size;
        l->n++;
        return PAWL_OK;
}

size_t pawl_sidecar_archive_size(pawl_sidecar kind, const pawl_sidecar_list *l)
{
        const size_t folder_len = pawl_span_str(kinds[kind].folder).len;
        size_t size = pawl_cpio_entry_size(sizeof(TOP) - 1, 0) +
                      pawl_cpio_entry_size(folder_len, 0) + PAWL_CPIO_END_SIZE;

        if (l->n == 0)
                return 0;
        for (size_t i = 0; i < l->n; i++)
                size += pawl_cpio_entry_size(
                        folder_len + 1 + pawl_span_str(l->files[i].name).len, l->files[i].size);
        return size;
}

static pawl_err add_file(
        pawl_cpio *c, pawl_sidecar kind, const pawl_sidecar_file *f, pawl_span content)
{
        char path[64 + PAWL_SIDECAR_NAME_MAX];
        pawl_writer w = pawl_writer_of(path, sizeof(path));

        if (content.len != f->size)
                return PAWL_ERR_MISMATCH;
        PAWL_TRY(pawl_write_str(&w, kinds[kind].folder));
        PAWL_TRY(pawl_write_u8(&w, '/'));
        PAWL_TRY(pawl_write_str(&w, f->name));
        PAWL_TRY(pawl_write_u8(&w, 0));
        return pawl_cpio_add(c, path, FILE_MODE, 0, 0, content);
}

pawl_err pawl_sidecar_archive(pawl_sidecar kind, const pawl_sidecar_list *l,
        pawl_sidecar_content content, void *arg, void *buf, size_t size, pawl_span *ret)
{
        pawl_cpio c;

        if (l->n == 0)
                return PAWL_ERR_MISSING;
        pawl_cpio_start(&c, buf, size);
        PAWL_TRY(pawl_cpio_add(&c, TOP, TOP_MODE, 0, 0, PAWL_SPAN_NULL));
        PAWL_TRY(pawl_cpio_add(&c, kinds[kind].folder, FOLDER_MODE, 0, 0, PAWL_SPAN_NULL));
        for (size_t i = 0; i < l->n; i++) {
                pawl_span bytes = PAWL_SPAN_NULL;

                PAWL_TRY(content(arg, &l->files[i], &bytes));
                PAWL_TRY(add_file(&c, kind, &l->files[i], bytes));
        }
        PAWL_TRY(pawl_cpio_end(&c));
        *ret = pawl_written(&c.w);
        return PAWL_OK;
}

/* What stands behind the last '\'. */
static pawl_span file_name_of(pawl_span path)
{
        size_t at = path.len;

        while (at > 0 && path.data[at - 1] != '\\')
                at--;
        return pawl_span_of(path.data + at, path.len - at);
}

pawl_err pawl_sidecar_folder(const char *image_path, char *ret, size_t cap)
{
        const pawl_span path = pawl_span_str(image_path), name = file_name_of(path);
        pawl_writer w = pawl_writer_of(ret, cap);
        pawl_entry_name parts = { .stem = name };

        if (name.len == 0)
                return PAWL_ERR_MISSING;
        /* a name of another form has no counter */
        if (pawl_entry_name_parse(name, &parts) != PAWL_OK)
                parts = (pawl_entry_name){ .stem = name };
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(path.data, path.len - name.len)));
        PAWL_TRY(pawl_write_bytes(&w, parts.stem));
        PAWL_TRY(pawl_write_bytes(&w, parts.suffix));
        PAWL_TRY(pawl_write_str(&w, ".extra.d"));
        return pawl_write_u8(&w, 0);
}

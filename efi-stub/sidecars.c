/* SPDX-License-Identifier: BSD-2-Clause */
/* Credential files beside the image: found, read and packed. What is packed, and how, is decided in
 * core/sidecar.h. Whatever goes wrong costs the credentials of that folder, not the boot. */
#include "efi-stub/stub.h"

/* What is at hand of one folder. */
typedef struct packing {
        pawl_stub *s;
        pawl_sidecar kind;
        char folder[PAWL_PATH_MAX];
        pawl_sidecar_list list;
        pawl_stub_memory content; /* for the largest file */
} packing;

static pawl_err choose_folder(packing *p)
{
        pawl_writer w = pawl_writer_of(p->folder, sizeof(p->folder));

        if (p->kind == PAWL_SIDECAR_CREDENTIALS)
                return pawl_sidecar_folder(p->s->self.path, p->folder, sizeof(p->folder));
        PAWL_TRY(pawl_write_str(&w, PAWL_SIDECAR_GLOBAL_FOLDER));
        return pawl_write_u8(&w, 0);
}

static pawl_err visit(void *arg, const pawl_file_info *info)
{
        packing *p = arg;

        if (info->is_dir || !pawl_sidecar_is_wanted(info->name))
                return PAWL_OK;
        return pawl_sidecar_add(&p->list, info->name, info->size);
}

static pawl_err read_content(void *arg, const pawl_sidecar_file *f, pawl_span *ret)
{
        packing *p = arg;
        const pawl_platform *platform = p->s->platform;
        char path[PAWL_PATH_MAX];
        pawl_writer w = pawl_writer_of(path, sizeof(path));

        PAWL_TRY(pawl_write_str(&w, p->folder));
        PAWL_TRY(pawl_write_u8(&w, '\\'));
        PAWL_TRY(pawl_write_str(&w, f->name));
        PAWL_TRY(pawl_write_u8(&w, 0));
        PAWL_TRY(platform->file_read(platform->ctx, path, 0, p->content.data, f->size));
        *ret = pawl_span_of(p->content.data, f->size);
        return PAWL_OK;
}

static size_t largest(const pawl_sidecar_list *l)
{
        size_t size = 1;

        for (size_t i = 0; i < l->n; i++)
                size = l->files[i].size > size ? l->files[i].size : size;
        return size;
}

static pawl_err pack(packing *p, pawl_span *ret)
{
        pawl_stub_memory *archive = &p->s->sidecars[p->kind];
        size_t size = pawl_sidecar_archive_size(p->kind, &p->list);

        PAWL_TRY(pawl_stub_allocate(p->s, largest(&p->list), &p->content));
        PAWL_TRY(pawl_stub_allocate(p->s, size, archive));
        return pawl_sidecar_archive(
                p->kind, &p->list, read_content, p, archive->data, archive->size, ret);
}

/* No such folder, no path, or no file system: nothing to find. */
static pawl_err find(packing *p)
{
        const pawl_platform *platform = p->s->platform;
        pawl_err err = choose_folder(p);

        if (err == PAWL_OK)
                err = platform->directory_list(platform->ctx, p->folder, visit, p);
        if (p->list.n == 0 && (err == PAWL_ERR_NOT_FOUND || err == PAWL_ERR_MISSING ||
                                      err == PAWL_ERR_UNSUPPORTED))
                return PAWL_OK;
        return err;
}

static void tell(const packing *p, pawl_err err)
{
        pawl_stub_say(p->s, p->folder, ": ", pawl_err_text(err));
        pawl_stub_say(p->s, "none of its credentials is used; next: ",
                err == PAWL_ERR_LIMIT ? "keep to 64 files of 1 MiB each"
                                      : "copy them to the boot partition again",
                "");
}

static void read_kind(packing *p, pawl_sidecar kind)
{
        pawl_span archive = PAWL_SPAN_NULL;
        pawl_err err;

        pawl_zero(&p->list, sizeof(p->list));
        p->kind = kind;
        err = find(p);
        if (err == PAWL_OK && p->list.n > 0)
                err = pack(p, &archive);
        pawl_stub_release(p->s, &p->content);
        if (err == PAWL_OK) {
                p->s->input.sidecars[kind] = archive;
                return;
        }
        pawl_stub_release(p->s, &p->s->sidecars[kind]);
        tell(p, err);
}

void pawl_stub_read_sidecars(pawl_stub *s)
{
        pawl_stub_memory memory = { 0 }; /* the list is too large for a firmware's stack */
        pawl_err err = pawl_stub_allocate(s, sizeof(packing), &memory);
        packing *p = memory.data;

        if (err != PAWL_OK) {
                pawl_stub_say(
                        s, "credentials beside the image are not used: ", pawl_err_text(err), "");
                return;
        }
        pawl_zero(p, sizeof(*p));
        p->s = s;
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                read_kind(p, k);
        pawl_stub_release(s, &memory);
}

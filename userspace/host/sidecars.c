/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/sidecars.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

#include "userspace/host/file.h"

/* What is at hand of one folder. */
typedef struct packing {
        const char *path;
        int fd;
        const pawl_sidecar_change *change;
        pawl_sidecar_list list;
        pawl_buffer content; /* of the file that is being packed */
        pawl_diag *d;
} packing;

static void packing_done(packing *p)
{
        if (p->fd >= 0)
                (void)close(p->fd);
        pawl_buffer_done(&p->content);
}

static void closedir_p(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* FAT knows no two names that differ only by case. */
static bool is_changed(const packing *p, const char *name)
{
        return p->change && strcasecmp(p->change->name, name) == 0;
}

static pawl_err add(packing *p, const char *name, uint64_t size)
{
        pawl_err err = pawl_sidecar_add(&p->list, name, size);

        if (err == PAWL_ERR_LIMIT)
                return pawl_fail(p->d, err,
                        "%s/%s: over the limit of %d files of %u bytes each, so the stub would use "
                        "none of the folder",
                        p->path, name, PAWL_SIDECAR_FILES_MAX, PAWL_SIDECAR_SIZE_MAX);
        if (err == PAWL_ERR_FORMAT)
                return pawl_fail(p->d, err,
                        "%s: the stub would not take a file of this name; end it in .cred, and use "
                        "letters of ASCII",
                        name);
        return err == PAWL_OK
                       ? err
                       : pawl_fail(p->d, err, "%s/%s: %s", p->path, name, pawl_err_text(err));
}

static pawl_err add_entry(packing *p, const char *name)
{
        struct stat st;

        if (!pawl_sidecar_is_wanted(name) || is_changed(p, name))
                return PAWL_OK;
        if (fstatat(p->fd, name, &st, 0) < 0)
                return pawl_fail_errno(p->d, errno, "%s/%s: cannot stat", p->path, name);
        return S_ISDIR(st.st_mode) ? PAWL_OK : add(p, name, (uint64_t)st.st_size);
}

static pawl_err list(packing *p)
{
        __attribute__((cleanup(closedir_p))) DIR *dir = opendir(p->path);
        const struct dirent *entry;
        int fd;

        if (!dir)
                return errno == ENOENT ? PAWL_OK
                                       : pawl_fail_errno(p->d, errno, "%s: cannot open", p->path);
        fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
                return pawl_fail_errno(p->d, errno, "%s: cannot open", p->path);
        p->fd = fd;
        while ((errno = 0, entry = readdir(dir)))
                PAWL_TRY(add_entry(p, entry->d_name));
        return errno == 0 ? PAWL_OK : pawl_fail_errno(p->d, errno, "%s: cannot list", p->path);
}

static pawl_err content_of(void *arg, const pawl_sidecar_file *f, pawl_span *ret)
{
        packing *p = arg;

        if (is_changed(p, f->name)) {
                *ret = p->change->content;
                return PAWL_OK;
        }
        pawl_buffer_done(&p->content);
        PAWL_TRY(pawl_file_read_at(p->fd, f->name, PAWL_SIDECAR_SIZE_MAX, &p->content, p->d));
        *ret = pawl_buffer_span(&p->content);
        return PAWL_OK;
}

static pawl_err pack(packing *p, pawl_sidecar kind, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer archive = { 0 };
        pawl_span written;

        if (p->change && !p->change->is_removed)
                PAWL_TRY(add(p, p->change->name, p->change->content.len));
        if (p->list.n == 0) {
                *ret = (pawl_buffer){ 0 };
                return PAWL_OK;
        }
        PAWL_TRY(pawl_buffer_new(pawl_sidecar_archive_size(kind, &p->list), &archive));
        PAWL_TRY(pawl_sidecar_archive(
                kind, &p->list, content_of, p, archive.data, archive.len, &written));
        *ret = archive;
        archive = (pawl_buffer){ 0 };
        return PAWL_OK;
}

pawl_err pawl_sidecars_pack(pawl_sidecar kind, const char *path, const pawl_sidecar_change *change,
        pawl_buffer *ret, pawl_diag *d)
{
        pawl_cleanup(packing_done) packing p = { .path = path, .fd = -1, .change = change, .d = d };

        PAWL_TRY(list(&p));
        return pack(&p, kind, ret);
}

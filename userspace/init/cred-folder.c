/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/cred-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/cred-name.h"
#include "userspace/host/file.h"

#define TOP   "/run/credentials"
#define FLAGS (MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOSYMFOLLOW)

static const char *const paths[] = {
        [PAWL_CRED_ENCRYPTED] = TOP "/@encrypted",
        [PAWL_CRED_SYSTEM] = TOP "/@system",
        [PAWL_CRED_UNMEASURED] = TOP "/@unmeasured",
};
_Static_assert(sizeof(paths) / sizeof(paths[0]) == PAWL_CRED_KIND_MAX_, "one a kind");

const char *pawl_cred_folder_path(pawl_cred_kind kind)
{
        return paths[kind];
}

/* tmpfs can be told since Linux 6.3 that it must not be swapped; ramfs never is. A file takes at
 * least a page, so there is room for the most of both. */
static pawl_err mount_folder(const char *path, pawl_diag *d)
{
        (void)mkdir(TOP, 0755);
        if (mkdir(path, 0500) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", path);
        if (mount("tmpfs", path, "tmpfs", FLAGS, "mode=0500,noswap,nr_inodes=1024,size=4m") == 0 ||
                mount("ramfs", path, "ramfs", FLAGS, "mode=0500") == 0)
                return PAWL_OK;
        return pawl_fail_errno(
                d, errno, "%s: no file system for it that is never swapped out", path);
}

static pawl_err check(const pawl_cred_folder *f, const char *name, pawl_span content, pawl_diag *d)
{
        if (!pawl_cred_name_is_valid(pawl_span_str(name)))
                return pawl_fail(d, PAWL_ERR_FORMAT, "credential '%s': no valid name", name);
        if (f->n == PAWL_CREDENTIALS_MAX || content.len > PAWL_CREDENTIALS_SIZE_MAX - f->size)
                return pawl_fail(d, PAWL_ERR_LIMIT,
                        "credential '%s': over the limit of %d credentials and %u bytes together",
                        name, PAWL_CREDENTIALS_MAX, PAWL_CREDENTIALS_SIZE_MAX);
        return PAWL_OK;
}

static pawl_err write_file(const char *folder, const char *name, pawl_span content, pawl_diag *d)
{
        pawl_autoclose int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        pawl_autoclose int fd = -1;
        pawl_err err;

        if (dir < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", folder);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
        if (fd < 0 && errno == EEXIST)
                return pawl_fail(d, PAWL_ERR_EXISTS,
                        "credential '%s': given twice; the first one counts", name);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s/%s: cannot be made", folder, name);
        err = pawl_fd_write_all(fd, content);
        if (err == PAWL_OK)
                return PAWL_OK;
        (void)unlinkat(dir, name, 0); /* half a secret is none */
        return pawl_fail(d, err, "%s/%s: not written: %s", folder, name, pawl_err_text(err));
}

pawl_err pawl_cred_folder_put(
        pawl_cred_folder *f, pawl_cred_kind kind, const char *name, pawl_span content, pawl_diag *d)
{
        PAWL_TRY(check(f, name, content, d));
        if (!f->is_mounted)
                PAWL_TRY(mount_folder(paths[kind], d));
        f->is_mounted = true;
        PAWL_TRY(write_file(paths[kind], name, content, d));
        f->n++;
        f->size += content.len;
        return PAWL_OK;
}

pawl_err pawl_cred_folder_end(pawl_cred_folder *f, pawl_cred_kind kind, pawl_diag *d)
{
        if (f->is_mounted &&
                mount(NULL, paths[kind], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | FLAGS, NULL) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be made read-only", paths[kind]);
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/secret-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "userspace/host/file.h"

#define FLAGS (MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOSYMFOLLOW)

/* tmpfs can be told since Linux 6.3 that it must not be swapped; ramfs never is. */
pawl_err pawl_secret_folder_mount(
        const char *path, unsigned mode, unsigned size_mib, unsigned n_files, pawl_diag *d)
{
        char tmpfs[96], ramfs[32];

        (void)snprintf(tmpfs, sizeof(tmpfs), "mode=%04o,noswap,nr_inodes=%u,size=%um", mode,
                n_files + 1, size_mib);
        (void)snprintf(ramfs, sizeof(ramfs), "mode=%04o", mode);
        if (mkdir(path, 0500) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", path);
        if (mount("tmpfs", path, "tmpfs", FLAGS, tmpfs) == 0 ||
                mount("ramfs", path, "ramfs", FLAGS, ramfs) == 0)
                return PAWL_OK;
        return pawl_fail_errno(
                d, errno, "%s: no file system for it that is never swapped out", path);
}

/* /run itself is a tmpfs: what counts is that the folder is a mount point of its own. */
bool pawl_secret_folder_is_mounted(const char *path)
{
        struct statfs fs;
        struct stat own, parent;
        char up[512];

        if ((size_t)snprintf(up, sizeof(up), "%s/..", path) >= sizeof(up) ||
                statfs(path, &fs) < 0 || stat(path, &own) < 0 || stat(up, &parent) < 0)
                return false;
        return own.st_dev != parent.st_dev &&
               (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

pawl_err pawl_secret_folder_put(const char *path, const char *name, pawl_span content, pawl_diag *d)
{
        pawl_autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        pawl_autoclose int fd = -1;
        pawl_err err;

        if (dir < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", path);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
        if (fd < 0 && errno == EEXIST)
                return pawl_fail(d, PAWL_ERR_EXISTS,
                        "credential '%s': given twice; the first one counts", name);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s/%s: cannot be made", path, name);
        err = pawl_fd_write_all(fd, content);
        if (err == PAWL_OK)
                return PAWL_OK;
        (void)unlinkat(dir, name, 0); /* half a secret is none */
        return pawl_fail(d, err, "%s/%s: not written: %s", path, name, pawl_err_text(err));
}

pawl_err pawl_secret_folder_end(const char *path, pawl_diag *d)
{
        if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | FLAGS, NULL) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be made read-only", path);
        return PAWL_OK;
}

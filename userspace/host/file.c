/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#define CHUNK 65536

static pawl_err grow(pawl_secret *s)
{
        pawl_autosecret pawl_secret bigger = { 0 };

        PAWL_TRY(pawl_secret_new(s->len * 2, &bigger));
        pawl_copy(bigger.data, s->data, s->len);
        pawl_secret_done(s);
        *s = bigger;
        bigger = (pawl_secret){ 0 };
        return PAWL_OK;
}

/* Reads to the end into a secret, so that no copy of a key file stays behind in freed memory. */
static pawl_err read_fd(int fd, const char *path, size_t limit, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret s = { 0 };
        size_t n = 0;

        PAWL_TRY(pawl_secret_new(CHUNK, &s));
        for (;;) {
                ssize_t k;

                if (n == s.len)
                        PAWL_TRY(grow(&s));
                k = read(fd, s.data + n, s.len - n);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return pawl_fail_errno(d, errno, "%s: cannot read", path);
                if (k == 0)
                        break;
                n += (size_t)k;
                if (n > limit)
                        return pawl_fail(d, PAWL_ERR_LIMIT,
                                "%s: larger than the limit of %zu bytes for this kind of file",
                                path, limit);
        }
        pawl_secret_truncate(&s, n);
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

static pawl_err read_path(
        int dir_fd, const char *path, size_t limit, pawl_secret *ret, pawl_diag *d)
{
        pawl_autoclose int fd = -1;

        if (strcmp(path, "-") == 0)
                return read_fd(STDIN_FILENO, "standard input", limit, ret, d);
        fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", path);
        return read_fd(fd, path, limit, ret, d);
}

pawl_err pawl_file_read_at(
        int dir_fd, const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret s = { 0 };

        PAWL_TRY(read_path(dir_fd, path, limit, &s, d));
        return pawl_buffer_dup(pawl_secret_span(&s), ret);
}

pawl_err pawl_file_read(const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d)
{
        return pawl_file_read_at(AT_FDCWD, path, limit, ret, d);
}

pawl_err pawl_file_read_beneath(
        int dir_fd, const char *path, size_t limit, pawl_buffer *ret, pawl_diag *d)
{
        struct open_how how = {
                .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        pawl_autoclose int fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
        pawl_autosecret pawl_secret s = { 0 };
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", path);
        if (!S_ISREG(st.st_mode))
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: not a regular file", path);
        PAWL_TRY(read_fd(fd, path, limit, &s, d));
        return pawl_buffer_dup(pawl_secret_span(&s), ret);
}

pawl_err pawl_file_read_secret(
        const char *path, size_t limit, bool strip_newline, pawl_secret *ret, pawl_diag *d)
{
        PAWL_TRY(read_path(AT_FDCWD, path, limit, ret, d));
        if (strip_newline && ret->len > 0 && ret->data[ret->len - 1] == '\n')
                pawl_secret_truncate(ret, ret->len - 1);
        return PAWL_OK;
}

pawl_err pawl_fd_write_all(int fd, pawl_span s)
{
        for (size_t n = 0; n < s.len;) {
                ssize_t k = write(fd, s.data + n, s.len - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k <= 0)
                        return PAWL_ERR_IO;
                n += (size_t)k;
        }
        return PAWL_OK;
}

/* `flags` of renameat2(2). */
static pawl_err write_temporary(const char *path, const char *tmp, int fd, pawl_span content,
        unsigned mode, unsigned flags, pawl_diag *d)
{
        if (fchmod(fd, mode) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot set the mode", tmp);
        if (pawl_fd_write_all(fd, content) != PAWL_OK)
                return pawl_fail_errno(d, errno, "%s: cannot write", tmp);
        if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
                return pawl_fail_errno(d, errno, "%s: cannot flush", tmp);
        if (renameat2(AT_FDCWD, tmp, AT_FDCWD, path, flags) < 0)
                return pawl_fail_errno(
                        d, errno, "%s: cannot rename the new file to this name", path);
        return PAWL_OK;
}

/* A rename is on disk only when its folder is. */
static pawl_err sync_folder_of(const char *path, pawl_diag *d)
{
        pawl_autofree char *dir = strdup(path);
        pawl_autoclose int fd = -1;
        char *slash;

        if (!dir)
                return PAWL_ERR_NO_MEMORY;
        slash = strrchr(dir, '/');
        if (slash)
                slash[slash == dir ? 1 : 0] = '\0';
        fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
                return pawl_fail_errno(d, errno, "%s: cannot flush the folder", path);
        return PAWL_OK;
}

/* With a dot in front: one that a crash left is nobody's file. */
static pawl_err temporary_name(const char *path, char **ret)
{
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;

        if (asprintf(ret, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
                *ret = NULL;
                return PAWL_ERR_NO_MEMORY;
        }
        return PAWL_OK;
}

static pawl_err write_beside(
        const char *path, pawl_span content, unsigned mode, unsigned flags, pawl_diag *d)
{
        pawl_autofree char *tmp = NULL;
        pawl_autoclose int fd = -1;
        pawl_err err;

        PAWL_TRY(temporary_name(path, &tmp));
        fd = mkostemp(tmp, O_CLOEXEC);
        if (fd < 0)
                return pawl_fail_errno(
                        d, errno, "%s: cannot create a temporary file beside it", path);
        err = write_temporary(path, tmp, fd, content, mode, flags, d);
        if (err != PAWL_OK) {
                (void)unlink(tmp);
                return err;
        }
        return sync_folder_of(path, d);
}

pawl_err pawl_file_write(const char *path, pawl_span content, unsigned mode, pawl_diag *d)
{
        if (strcmp(path, "-") == 0)
                return pawl_fd_write_all(STDOUT_FILENO, content) == PAWL_OK
                               ? PAWL_OK
                               : pawl_fail_errno(d, errno, "standard output: cannot write");
        return write_beside(path, content, mode, 0, d);
}

pawl_err pawl_file_write_new(const char *path, pawl_span content, unsigned mode, pawl_diag *d)
{
        return write_beside(path, content, mode, RENAME_NOREPLACE, d);
}

pawl_err pawl_map_file(const char *path, size_t limit, pawl_map *ret, pawl_diag *d)
{
        pawl_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct stat st;
        void *p = NULL;

        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", path);
        if (fstat(fd, &st) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot stat", path);
        if (!S_ISREG(st.st_mode))
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: not a regular file", path);
        if ((uint64_t)st.st_size > limit)
                return pawl_fail(d, PAWL_ERR_LIMIT,
                        "%s: larger than the limit of %zu bytes for this kind of file", path,
                        limit);
        if (st.st_size > 0) {
                p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
                if (p == MAP_FAILED)
                        return pawl_fail_errno(d, errno, "%s: cannot map", path);
        }
        *ret = (pawl_map){ p, (size_t)st.st_size };
        return PAWL_OK;
}

void pawl_map_done(pawl_map *m)
{
        if (m->p)
                (void)munmap(m->p, m->len);
        *m = (pawl_map){ 0 };
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>

#include "userspace/host/file.h"

#define LIST_MAX 65536 /* bytes */

static pawl_err load_one(const char *path, pawl_diag *d)
{
        pawl_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", path);
        if (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST)
                return PAWL_OK;
        if (errno == ENODEV)
                return PAWL_ERR_NOT_FOUND; /* no such hardware: not worth a word */
        return pawl_fail_errno(d, errno, "%s: the kernel does not take this module", path);
}

void pawl_modules_load(
        const char *list, unsigned *ret_n_loaded, unsigned *ret_n_failed, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        char path[PATH_MAX];
        pawl_reader r;
        pawl_span line;

        *ret_n_loaded = *ret_n_failed = 0;
        if (pawl_file_read(list, LIST_MAX, &text, NULL) != PAWL_OK)
                return;
        r = pawl_reader_of(pawl_buffer_span(&text));
        while (pawl_read_line(&r, &line) == PAWL_OK) {
                pawl_err err;

                if (line.len == 0 || line.len >= sizeof(path))
                        continue;
                (void)snprintf(path, sizeof(path), "%.*s", (int)line.len, (const char *)line.data);
                err = load_one(path, *ret_n_failed == 0 ? d : NULL);
                *ret_n_loaded += err == PAWL_OK;
                *ret_n_failed += err != PAWL_OK && err != PAWL_ERR_NOT_FOUND;
        }
}

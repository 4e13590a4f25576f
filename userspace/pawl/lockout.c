/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/lockout.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/host/file.h"
#include "userspace/host/state.h"

#define PATH_SIZE 512
#define AUTH_MAX  64 /* bytes: what a TPM takes at most */

static void path_of(char *buf)
{
        (void)snprintf(buf, PATH_SIZE, "%s/lockout-auth", pawl_state_folder());
}

pawl_err pawl_lockout_read(const char *path, pawl_secret *ret, pawl_diag *d)
{
        char own[PATH_SIZE];

        if (path)
                return pawl_file_read_secret(path, AUTH_MAX, /* strip_newline= */ false, ret, d);
        path_of(own);
        return pawl_file_read_secret(own, AUTH_MAX, /* strip_newline= */ false, ret, d);
}

pawl_err pawl_lockout_setup(pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret made = { 0 };
        pawl_err err = pawl_lockout_read(NULL, ret, d);
        char path[PATH_SIZE];

        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        if (mkdir(pawl_state_folder(), 0700) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", pawl_state_folder());
        path_of(path);
        PAWL_TRY(pawl_secret_random(PAWL_LOCKOUT_AUTH_SIZE, &made));
        /* a TPM drops zeros at the end of an authorisation */
        made.data[PAWL_LOCKOUT_AUTH_SIZE - 1] |= 1;
        PAWL_TRY(pawl_file_write_new(path, pawl_secret_span(&made), 0600, d));
        *ret = made;
        made = (pawl_secret){ 0 };
        return PAWL_OK;
}

pawl_err pawl_lockout_forget(pawl_diag *d)
{
        char path[PATH_SIZE];

        path_of(path);
        if (unlink(path) < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot be removed", path);
        return PAWL_OK;
}

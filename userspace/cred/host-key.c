/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/host-key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "userspace/cred/scope.h"
#include "userspace/host/file.h"

#define FILE_SIZE (PAWL_MACHINE_ID_SIZE + PAWL_HOST_KEY_SIZE)

/* The application that the machine id is derived for: systemd's, which checks it. */
static const uint8_t application[PAWL_MACHINE_ID_SIZE] = { 0xd3, 0xac, 0xec, 0xba, 0x0d, 0xad, 0x4c,
        0xdf, 0xb8, 0xc9, 0x38, 0x15, 0x28, 0x93, 0x6c, 0x58 };

const char *pawl_host_key_path(const char *path)
{
        if (!path)
                path = secure_getenv("SYSTEMD_CREDENTIAL_SECRET");
        return path ? path : PAWL_HOST_KEY_FILE;
}

/* A given file is the caller's affair: a copy for another machine may lie anywhere. */
static pawl_err check_private(const char *path, pawl_diag *d)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot stat", path);
        if ((st.st_mode & 07377) != 0 || st.st_nlink != 1)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%s: the machine's key must be readable for its owner only (mode 0400) and "
                        "have one name; whoever could read it can open what was sealed with it",
                        path);
        return PAWL_OK;
}

pawl_err pawl_host_key_read(const char *path, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret file = { 0 };
        const char *file_path = pawl_host_key_path(path);
        pawl_err err = pawl_file_read_secret(file_path, FILE_SIZE + 1, false, &file, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(d, err,
                        "%s: there is no key of this machine; it is made by the first 'pawl cred "
                        "seal', and what was sealed with a lost one is lost",
                        file_path);
        PAWL_TRY(err);
        if (!path)
                PAWL_TRY(check_private(file_path, d));
        if (file.len != FILE_SIZE)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: not a machine's key: it has not %d bytes",
                        file_path, FILE_SIZE);
        return pawl_secret_dup(
                pawl_span_of(file.data + PAWL_MACHINE_ID_SIZE, PAWL_HOST_KEY_SIZE), ret);
}

/* Without a machine id its place stays empty: systemd would not take the file, we do. */
static pawl_err make(const char *path, pawl_diag *d)
{
        pawl_autosecret pawl_secret file = { 0 };

        PAWL_TRY(pawl_secret_random(FILE_SIZE, &file));
        if (pawl_machine_id_for(application, file.data, NULL) != PAWL_OK)
                pawl_zero(file.data, PAWL_MACHINE_ID_SIZE);
        return pawl_file_write_new(path, pawl_secret_span(&file), 0400, d);
}

/* /var/lib/systemd is nobody's on a system without systemd. */
static void make_folder_of(const char *path)
{
        pawl_autofree char *dir = strdup(path);
        char *slash = dir ? strrchr(dir, '/') : NULL;

        if (!slash || slash == dir)
                return;
        *slash = '\0';
        if (mkdir(dir, 0755) < 0)
                errno = 0; /* what matters is told by the write */
}

pawl_err pawl_host_key_setup(const char *path, pawl_secret *ret, pawl_diag *d)
{
        pawl_err err = pawl_host_key_read(path, ret, d);

        if (err != PAWL_ERR_NOT_FOUND || path)
                return err;
        make_folder_of(pawl_host_key_path(NULL));
        err = make(pawl_host_key_path(NULL), d);
        if (err != PAWL_OK && err != PAWL_ERR_EXISTS)
                return err;
        return pawl_host_key_read(NULL, ret, d);
}

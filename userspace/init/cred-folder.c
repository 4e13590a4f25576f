/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/cred-folder.h"

#include <sys/stat.h>

#include "core/cred-name.h"
#include "userspace/host/secret-folder.h"

#define TOP "/run/credentials"

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

/* A file takes at least a page, so there is room for the most of both. */
static pawl_err mount_folder(const char *path, pawl_diag *d)
{
        (void)mkdir(TOP, 0755);
        return pawl_secret_folder_mount(path, 0500, 4, 4 * PAWL_CREDENTIALS_MAX, d);
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

pawl_err pawl_cred_folder_put(
        pawl_cred_folder *f, pawl_cred_kind kind, const char *name, pawl_span content, pawl_diag *d)
{
        PAWL_TRY(check(f, name, content, d));
        if (!f->is_mounted)
                PAWL_TRY(mount_folder(paths[kind], d));
        f->is_mounted = true;
        PAWL_TRY(pawl_secret_folder_put(paths[kind], name, content, d));
        f->n++;
        f->size += content.len;
        return PAWL_OK;
}

pawl_err pawl_cred_folder_end(pawl_cred_folder *f, pawl_cred_kind kind, pawl_diag *d)
{
        return f->is_mounted ? pawl_secret_folder_end(paths[kind], d) : PAWL_OK;
}

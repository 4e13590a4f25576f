/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/serve.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/host/secret-folder.h"

#define RUN     "/run/pawl"
#define PRIVATE RUN "/service"
#define ALL_MIB 1024u
#define ALL_N   16384u
#define OWN_MIB 256u
#define OWN_N   256u

static pawl_err make_run(pawl_diag *d)
{
        if (mkdir(RUN, 0755) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, RUN ": cannot be made");
        return PAWL_OK;
}

pawl_err pawl_cred_serve_setup(const char *path, pawl_diag *d)
{
        PAWL_TRY(make_run(d));
        if (pawl_secret_folder_is_mounted(path))
                return PAWL_OK;
        return pawl_secret_folder_mount(path, 0700, ALL_MIB, ALL_N, d);
}

/* What is mounted from now on stays in here; what the system mounts later still comes in. */
static pawl_err leave_namespace(pawl_diag *d)
{
        if (unshare(CLONE_NEWNS) < 0)
                return pawl_fail_errno(d, errno, "no mount namespace of its own can be had");
        if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
                return pawl_fail_errno(d, errno, "/: cannot be shut off from other processes");
        return PAWL_OK;
}

static pawl_err put(const pawl_cred_served *c, uid_t uid, gid_t gid, pawl_diag *d)
{
        char path[512];

        PAWL_TRY(pawl_secret_folder_put(PRIVATE, c->name, c->secret, d));
        if ((size_t)snprintf(path, sizeof(path), PRIVATE "/%s", c->name) >= sizeof(path) ||
                lchown(path, uid, gid) < 0)
                return pawl_fail_errno(d, errno, PRIVATE "/%s: cannot be given away", c->name);
        return PAWL_OK;
}

pawl_err pawl_cred_serve_private(const pawl_cred_served *list, size_t n, uid_t uid, gid_t gid,
        const char **ret_path, pawl_diag *d)
{
        PAWL_TRY(make_run(d));
        PAWL_TRY(leave_namespace(d));
        PAWL_TRY(pawl_secret_folder_mount(PRIVATE, 0500, OWN_MIB, OWN_N, d));
        for (size_t i = 0; i < n; i++)
                PAWL_TRY(put(&list[i], uid, gid, d));
        if (lchown(PRIVATE, uid, gid) < 0)
                return pawl_fail_errno(d, errno, PRIVATE ": cannot be given away");
        PAWL_TRY(pawl_secret_folder_end(PRIVATE, d));
        *ret_path = PRIVATE;
        return PAWL_OK;
}

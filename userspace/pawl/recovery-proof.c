/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/recovery-proof.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "userspace/host/file.h"
#include "userspace/host/state.h"

#define PATH_SIZE 512

pawl_err pawl_recovery_set_proven(const char *uuid, pawl_diag *d)
{
        const char *dir = pawl_state_folder();
        char path[PATH_SIZE], kept[PATH_SIZE];

        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", dir);
        (void)snprintf(path, sizeof(path), "%s/recovery-proven-%s", dir, uuid);
        (void)snprintf(kept, sizeof(kept), "%s/recovery-key-%s", dir, uuid);
        PAWL_TRY(pawl_file_write(path, PAWL_SPAN_LITERAL("proven\n"), 0600, d));
        if (unlink(kept) < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot be removed", kept);
        return PAWL_OK;
}

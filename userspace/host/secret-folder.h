/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder for secrets: a memory file system of its own that is never swapped out. */
#ifndef PAWL_HOST_SECRET_FOLDER_H
#define PAWL_HOST_SECRET_FOLDER_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

/* Makes the folder `path` (its parent must be there) and mounts the file system on it, with that
 * mode, for at most `size_mib` and `n_files`, no programs, devices or links in it. DENIED without
 * privileges. */
PAWL_MUST_CHECK pawl_err pawl_secret_folder_mount(
        const char *path, unsigned mode, unsigned size_mib, unsigned n_files, pawl_diag *d);
/* Whether something of that kind is mounted there already. */
bool pawl_secret_folder_is_mounted(const char *path);
/* Writes one file; EXISTS if there is one of that name. Half a file is never left. */
PAWL_MUST_CHECK pawl_err pawl_secret_folder_put(
        const char *path, const char *name, pawl_span content, pawl_diag *d);
/* Nothing can be written any more. */
PAWL_MUST_CHECK pawl_err pawl_secret_folder_end(const char *path, pawl_diag *d);

#endif

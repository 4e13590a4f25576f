/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/seal/profile.h"

#ifndef PAWL_POLICIES_DIR
#error "PAWL_POLICIES_DIR comes from meson.build"
#endif

/* A name comes from a command line or a definition file; it must not lead out of the folder. */
static bool is_plain_name(const char *name)
{
        return name[0] != '\0' && name[0] != '.' &&
               strlen(name) < sizeof(((pawl_profile *)0)->name) &&
               strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-+.") == strlen(name);
}

static pawl_err load(const char *path, const char *name, pawl_profile *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_profile p;

        PAWL_TRY(pawl_file_read(path, PAWL_PROFILE_MAX, &b, d));
        PAWL_TRY(pawl_profile_parse(pawl_buffer_span(&b), path, &p, d));
        if (strcmp(p.name, name) != 0)
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "%s: its name is \"%s\"; rename the file or the profile", path, p.name);
        *ret = p;
        return PAWL_OK;
}

pawl_err pawl_profile_load(const char *dir, const char *name, pawl_profile *ret, pawl_diag *d)
{
        const char *env = secure_getenv("PAWL_POLICIES");
        char path[4096];

        if (!dir)
                dir = env && env[0] != '\0' ? env : PAWL_POLICIES_DIR;
        if (!is_plain_name(name))
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "profile \"%s\": not the name of a profile", name);
        if ((size_t)snprintf(path, sizeof(path), "%s/%s.json", dir, name) >= sizeof(path))
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: the path is too long", dir);
        return load(path, name, ret, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into cryptsetup, whose 2.6 cannot be told where its plugins are: those of PLUGINS
 * instead of the installed ones. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) void *dlopen(const char *path, int flags)
{
        void *(*real)(const char *, int) = NULL;
        const char *folder = getenv("PLUGINS");
        const char *name = path ? strstr(path, "/libcryptsetup-token-") : NULL;
        char ours[PATH_MAX];

        *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
        if (!name || !folder)
                return real(path, flags);
        (void)snprintf(ours, sizeof(ours), "%s%s", folder, name);
        return real(ours, flags);
}

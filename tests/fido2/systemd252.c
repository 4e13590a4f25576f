/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded before the virtual token: systemd loads libfido2 for itself, past what is preloaded,
 * and opens a token by its path. */
#include <dlfcn.h>
#include <fido.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int fido_dev_open(fido_dev_t *dev, const char *path);

/* The program itself: its first libfido2 is the one with the virtual token. */
EXPORT void *dlopen(const char *path, int flags)
{
        void *(*real)(const char *, int) = NULL;

        *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
        return real(path && strstr(path, "libfido2.so") ? NULL : path, flags);
}

/* The virtual token gives `dev` its functions there; without a path of its own it opens nothing. */
int fido_dev_open(fido_dev_t *dev, const char *path)
{
        int (*real)(fido_dev_t *, const char *) = NULL;

        *(void **)&real = dlsym(RTLD_NEXT, "fido_dev_open");
        return fido_dev_open_with_info(dev) == FIDO_OK ? FIDO_ERR_INTERNAL : real(dev, path);
}

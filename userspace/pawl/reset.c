/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/reset.h"

/* pawl-init compares the request with the image's own words, so those come first. */
pawl_err pawl_reset_own_os(const char *path, pawl_reset_os *ret, pawl_diag *d)
{
        static const char *const places[] = { "/run/pawl/image-release", "/etc/os-release",
                "/usr/lib/os-release" };
        pawl_err err = PAWL_ERR_NOT_FOUND;

        if (path)
                return pawl_reset_os_read(path, ret, d);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && err == PAWL_ERR_NOT_FOUND; i++)
                err = pawl_reset_os_read(places[i], ret, d);
        return err;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/boot/esp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without links, so that other paths can be held against it. */
static pawl_err take_root(const char *path, pawl_esp *ret)
{
        return realpath(path, ret->root) ? PAWL_OK : PAWL_ERR_NOT_FOUND;
}

static bool has_file(const pawl_esp *esp, const char *efi_path)
{
        char path[PATH_MAX];

        return pawl_esp_path(esp, efi_path, path) == PAWL_OK && access(path, F_OK) == 0;
}

pawl_err pawl_esp_find(const char *given, const char *file, pawl_esp *ret, pawl_diag *d)
{
        static const char *const places[] = { "/efi", "/boot", "/boot/efi" };
        pawl_esp esp = { 0 };

        if (given) {
                if (take_root(given, &esp) != PAWL_OK || !has_file(&esp, "\\EFI"))
                        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                                "%s: no boot partition is mounted there (it has no folder EFI)",
                                given);
                *ret = esp;
                return PAWL_OK;
        }
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                if (take_root(places[i], &esp) == PAWL_OK && has_file(&esp, file)) {
                        *ret = esp;
                        return PAWL_OK;
                }
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "the boot partition with %s is not mounted at /efi, /boot or /boot/efi; mount it "
                "there, or name the place with --esp=",
                file);
}

static bool is_parent(const char *part, size_t len)
{
        return len == 2 && part[0] == '.' && part[1] == '.';
}

pawl_err pawl_esp_path(const pawl_esp *esp, const char *efi_path, char ret[static PATH_MAX])
{
        int n = snprintf(ret, PATH_MAX, "%s", esp->root);

        if (efi_path[0] != '\\')
                return PAWL_ERR_FORMAT;
        for (const char *at = efi_path; *at;) {
                size_t len = strcspn(++at, "\\");

                if (is_parent(at, len) || memchr(at, '/', len))
                        return PAWL_ERR_FORMAT;
                n += snprintf(ret + n, (size_t)(PATH_MAX - n), "/%.*s", (int)len, at);
                if (n >= PATH_MAX)
                        return PAWL_ERR_LIMIT;
                at += len;
        }
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "userspace/host/cleanup.h"

typedef struct kernel_mount {
        const char *type, *target, *options;
        unsigned long flags;
        bool is_optional;
} kernel_mount;

static const kernel_mount kernel_mounts[] = {
        {"proc",        "/proc",                NULL,       MS_NOSUID | MS_NODEV | MS_NOEXEC, false},
        { "sysfs",      "/sys",                 NULL,       MS_NOSUID | MS_NODEV | MS_NOEXEC, false},
        { "devtmpfs",   "/dev",                 "mode=755", MS_NOSUID | MS_NOEXEC,            false},
        { "tmpfs",      "/run",                 "mode=755", MS_NOSUID | MS_NODEV,             false},
        { "securityfs", "/sys/kernel/security", NULL,       MS_NOSUID | MS_NODEV | MS_NOEXEC, true },
};

static pawl_err mount_one(const kernel_mount *m, pawl_diag *d)
{
        struct stat st;

        if (m->is_optional && stat(m->target, &st) < 0)
                return PAWL_OK;
        (void)mkdir(m->target, 0755);
        /* The kernel may have mounted devtmpfs by itself. */
        if (mount(m->type, m->target, m->type, m->flags, m->options) < 0 && errno != EBUSY &&
                !m->is_optional)
                return pawl_fail_errno(d, errno, "%s: cannot mount %s", m->target, m->type);
        return PAWL_OK;
}

pawl_err pawl_mounts_kernel(pawl_diag *d)
{
        for (size_t i = 0; i < sizeof(kernel_mounts) / sizeof(kernel_mounts[0]); i++)
                PAWL_TRY(mount_one(&kernel_mounts[i], d));
        (void)mkdir("/run/pawl", 0755);
        return PAWL_OK;
}

pawl_err pawl_mounts_efivars(pawl_diag *d)
{
        static const char target[] = "/sys/firmware/efi/efivars";

        if (access(target, F_OK) < 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: not started by EFI firmware", target);
        if (mount("efivarfs", target, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
                errno != EBUSY)
                return pawl_fail_errno(d, errno, "%s: cannot mount", target);
        return PAWL_OK;
}

/* --- switching --- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
        (void)st;
        (void)at;
        if (type == FTW_DP)
                (void)rmdir(path);
        else if (type != FTW_D)
                (void)unlink(path);
        return 0;
}

/* Gives the initrd's memory back. FTW_MOUNT keeps it off everything that is mounted, and it does
 * nothing unless "/" really is the kernel's memory file system. */
static void empty_initrd(void)
{
        struct statfs fs;

        if (statfs("/", &fs) < 0 || (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC))
                return;
        (void)nftw("/", remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static pawl_err carry_over(const char *from, pawl_diag *d)
{
        char target[64];

        (void)snprintf(target, sizeof(target), PAWL_SYSROOT "%s", from);
        if (mount(from, target, NULL, MS_MOVE, NULL) < 0)
                return pawl_fail_errno(d, errno,
                        "%s: cannot move it into the root file system; does the image have the "
                        "folder %s?",
                        from, from);
        return PAWL_OK;
}

#define ENVIRONMENT_MAX 8

/* With what every init gets. */
static void fill_environment(const char *const *more, const char *ret[static ENVIRONMENT_MAX])
{
        size_t n = 0;

        ret[n++] = "HOME=/";
        ret[n++] = "TERM=linux";
        while (*more && n < ENVIRONMENT_MAX - 1)
                ret[n++] = *more++;
        ret[n] = NULL;
}

pawl_err pawl_switch_root(
        const char *init, char **argv, const char *const *environment, pawl_diag *d)
{
        static const char *const moved[] = { "/dev", "/proc", "/sys", "/run", NULL };
        const char *variables[ENVIRONMENT_MAX];
        char name[] = "init";
        pawl_autoclose int root = open(PAWL_SYSROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (root < 0 || faccessat(root, init + strspn(init, "/"), X_OK, 0) < 0)
                return pawl_fail_errno(d, errno, "%s: not in the root file system", init);
        for (const char *const *m = moved; *m; m++)
                PAWL_TRY(carry_over(*m, d));
        empty_initrd();
        if (fchdir(root) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
                chdir("/") < 0)
                return pawl_fail_errno(d, errno, "the root file system: cannot switch to it");
        argv[0] = name;
        fill_environment(environment, variables);
        (void)execve(init, argv, (char *const *)(uintptr_t)variables);
        return pawl_fail_errno(d, errno, "%s: cannot be executed", init);
}

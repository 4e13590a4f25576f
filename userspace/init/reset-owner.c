/* SPDX-License-Identifier: BSD-2-Clause */
/* What an owner leaves outside of the marked partitions: files beside the images on the boot
 * partition, and what the loader was told. What the vendor put there stands in a list in the image.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "userspace/host/efi-var.h"
#include "userspace/host/file.h"
#include "userspace/init/reset.h"

#define BOOT_PARTITION "/run/pawl/boot-partition"
#define VENDOR_FILES   "/etc/pawl/vendor-files" /* paths on the boot partition, one a line */
#define VENDOR_MAX     (64u << 10)
#define FLAGS          (MS_NODEV | MS_NOSUID | MS_NOEXEC)

static void closedir_p(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* --- variables --- */

static void forget_variables(pawl_reset_run *r)
{
        static const char *const names[] = { "LoaderEntryDefault", "LoaderEntryOneShot",
                "LoaderEntryPreferred", "LoaderEntrySysFail", "LoaderConfigTimeout",
                "LoaderConfigTimeoutOneShot", "LoaderConfigConsoleMode" };
        pawl_diag d = { 0 };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (pawl_efi_var_delete(names[i], PAWL_EFI_LOADER_GUID, &d) != PAWL_OK)
                        pawl_reset_note(r, names[i], pawl_diag_text(&d));
}

/* --- files --- */

static bool is_vendors(const pawl_buffer *list, const char *path)
{
        pawl_reader lines = pawl_reader_of(pawl_buffer_span(list));
        pawl_span line;

        while (pawl_read_line(&lines, &line) == PAWL_OK)
                if (line.len == strlen(path) &&
                        strncasecmp((const char *)line.data, path, line.len) == 0)
                        return true;
        return false;
}

static void remove_in(pawl_reset_run *r, const pawl_buffer *vendors, const char *folder)
{
        char path[PATH_MAX];
        pawl_cleanup(closedir_p) DIR *dir = NULL;

        (void)snprintf(path, sizeof(path), BOOT_PARTITION "/%s", folder);
        dir = opendir(path);
        for (struct dirent *e; dir && (e = readdir(dir));) {
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
                if (is_vendors(vendors, path))
                        continue;
                if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
                        pawl_reset_note(r, path, "removed");
                else
                        pawl_reset_note(r, path, strerror(errno));
        }
}

/* EFI/Linux holds "IMAGE.efi.extra.d". */
static void remove_extras(pawl_reset_run *r, const pawl_buffer *vendors)
{
        static const char suffix[] = ".extra.d";
        pawl_cleanup(closedir_p) DIR *dir = opendir(BOOT_PARTITION "/EFI/Linux");

        for (struct dirent *e; dir && (e = readdir(dir));) {
                size_t len = strlen(e->d_name), cut = sizeof(suffix) - 1;
                char folder[PATH_MAX];

                if (len <= cut || strcasecmp(e->d_name + len - cut, suffix) != 0)
                        continue;
                (void)snprintf(folder, sizeof(folder), "EFI/Linux/%s", e->d_name);
                remove_in(r, vendors, folder);
        }
}

static pawl_err mount_boot_partition(pawl_reset_run *r, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        const pawl_partition *p;
        char node[PAWL_NODE_SIZE];

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_gpt_read(r->b->disk, t, d));
        p = pawl_gpt_find(t, r->b->loader_partition);
        if (!p)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: it vanished", r->b->disk);
        PAWL_TRY(pawl_partition_node(r->b->disk, p->number, node, sizeof(node)));
        (void)mkdir("/run/pawl", 0755);
        (void)mkdir(BOOT_PARTITION, 0700);
        if (mount(node, BOOT_PARTITION, "vfat", FLAGS, "umask=0077") < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be mounted", node);
        return PAWL_OK;
}

void pawl_reset_owner_files(pawl_reset_run *r)
{
        static const char *const folders[] = { "loader/credentials", "loader/addons" };
        pawl_autobuffer pawl_buffer vendors = { 0 };
        pawl_diag d = { 0 };

        forget_variables(r);
        if (pawl_file_read(VENDOR_FILES, VENDOR_MAX, &vendors, NULL) != PAWL_OK)
                pawl_buffer_done(&vendors); /* then nothing of it is the vendor's */
        if (mount_boot_partition(r, &d) != PAWL_OK) {
                pawl_reset_note(r, "boot partition", pawl_diag_text(&d));
                return;
        }
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                remove_in(r, &vendors, folders[i]);
        remove_extras(r, &vendors);
        if (umount(BOOT_PARTITION) < 0)
                pawl_reset_note(r, "boot partition", strerror(errno));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/scan.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "userspace/host/cleanup.h"
#include "userspace/host/file.h"

#define SYS_BLOCK "/sys/block"

static bool is_disk(const char *name)
{
        static const char *const others[] = { "loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd",
                NULL };
        pawl_autobuffer pawl_buffer size = { 0 };
        char path[512];

        if (name[0] == '.')
                return false;
        for (const char *const *o = others; *o; o++)
                if (strncmp(name, *o, strlen(*o)) == 0)
                        return false;
        (void)snprintf(path, sizeof(path), SYS_BLOCK "/%s/size", name);
        return pawl_file_read(path, 64, &size, NULL) == PAWL_OK && size.len > 1 &&
               size.data[0] != '0';
}

static void insert(pawl_disks *disks, const char *node)
{
        size_t at = disks->n++;

        for (; at > 0 && strcmp(disks->nodes[at - 1], node) > 0; at--)
                pawl_copy(disks->nodes[at], disks->nodes[at - 1], PAWL_NODE_SIZE);
        (void)snprintf(disks->nodes[at], PAWL_NODE_SIZE, "%s", node);
}

pawl_err pawl_disks_list(pawl_disks *ret, pawl_diag *d)
{
        pawl_disks disks = { 0 };
        char node[PAWL_NODE_SIZE];
        struct dirent *e;
        DIR *dir = opendir(SYS_BLOCK);

        if (!dir)
                return pawl_fail_errno(d, errno, SYS_BLOCK ": cannot open");
        while ((e = readdir(dir)))
                if (is_disk(e->d_name) && disks.n < PAWL_DISKS_MAX &&
                        snprintf(node, sizeof(node), "/dev/%s", e->d_name) < (int)sizeof(node))
                        insert(&disks, node);
        (void)closedir(dir);
        *ret = disks;
        return PAWL_OK;
}

static bool has_all(const char *disk, const char *const *uuids)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));

        if (!t || pawl_gpt_read(disk, t, NULL) != PAWL_OK)
                return false;
        for (; *uuids; uuids++)
                if (!pawl_gpt_find(t, *uuids))
                        return false;
        return true;
}

pawl_err pawl_disks_find(const pawl_disks *disks, const char *const *uuids,
        char ret[static PAWL_NODE_SIZE], pawl_diag *d)
{
        const char *found = NULL;

        for (size_t i = 0; i < disks->n; i++) {
                if (!has_all(disks->nodes[i], uuids))
                        continue;
                if (found)
                        return pawl_fail(d, PAWL_ERR_DUPLICATE,
                                "%s and %s: both have the partition %s; unplug the copy", found,
                                disks->nodes[i], uuids[0]);
                found = disks->nodes[i];
        }
        if (!found)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "no disk has the partition %s", uuids[0]);
        (void)snprintf(ret, PAWL_NODE_SIZE, "%s", found);
        return PAWL_OK;
}

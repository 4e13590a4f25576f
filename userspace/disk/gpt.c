/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/gpt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdisk.h>
#include <string.h>
#include <strings.h>

#include "userspace/host/cleanup.h"
#include "userspace/host/file.h"

static void context_unref_p(struct fdisk_context **c)
{
        if (*c)
                fdisk_unref_context(*c);
}
#define autocontext pawl_cleanup(context_unref_p)

static void table_unref_p(struct fdisk_table **t)
{
        if (*t)
                fdisk_unref_table(*t);
}

static void partition_unref_p(struct fdisk_partition **p)
{
        if (*p)
                fdisk_unref_partition(*p);
}

static void parttype_unref_p(struct fdisk_parttype **t)
{
        if (*t)
                fdisk_unref_parttype(*t);
}

/* libfdisk asks back and warns through this; silence is an answer. */
static int say_nothing(struct fdisk_context *c, struct fdisk_ask *ask, void *data)
{
        (void)c;
        (void)ask;
        (void)data;
        return 0;
}

/* Every write is on the disk before the next one starts (O_DSYNC), and libfdisk writes the backup
 * first: a power cut leaves one copy whole. `*fd` is the caller's to close, after the context. */
static pawl_err open_table(
        const char *disk, bool is_readonly, int *fd_p, struct fdisk_context **ret, pawl_diag *d)
{
        autocontext struct fdisk_context *c = fdisk_new_context();
        int fd = open(disk, (is_readonly ? O_RDONLY : O_RDWR | O_DSYNC) | O_CLOEXEC), rc;

        *fd_p = fd;

        if (!c)
                return PAWL_ERR_NO_MEMORY;
        (void)fdisk_set_ask(c, say_nothing, NULL);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", disk);
        rc = fdisk_assign_device_by_fd(c, fd, disk, is_readonly);
        if (rc < 0)
                return pawl_fail_errno(d, -rc, "%s: cannot open", disk);
        if (!fdisk_is_label(c, GPT))
                return pawl_fail(
                        d, PAWL_ERR_NOT_FOUND, "%s: has no GUID partition table (GPT)", disk);
        *ret = pawl_take(&c);
        return PAWL_OK;
}

static void lower(char *ret, size_t size, const char *text)
{
        size_t n = 0;

        for (; text && text[n] != '\0' && n + 1 < size; n++)
                ret[n] = (char)tolower((unsigned char)text[n]);
        ret[n] = '\0';
}

static void fill(pawl_partition *ret, struct fdisk_partition *p, unsigned sector)
{
        struct fdisk_parttype *type = fdisk_partition_get_type(p);
        const char *name = fdisk_partition_get_name(p);

        *ret = (pawl_partition){ .number = fdisk_partition_get_partno(p) + 1,
                .start = fdisk_partition_get_start(p) * sector,
                .size = fdisk_partition_get_size(p) * sector };
        lower(ret->uuid, sizeof(ret->uuid), fdisk_partition_get_uuid(p));
        lower(ret->type, sizeof(ret->type), type ? fdisk_parttype_get_string(type) : NULL);
        (void)snprintf(ret->label, sizeof(ret->label), "%s", name ? name : "");
        pawl_text_sanitize(ret->label);
}

static pawl_err read_partitions(struct fdisk_context *c, pawl_gpt *t)
{
        pawl_cleanup(table_unref_p) struct fdisk_table *list = NULL;

        if (fdisk_get_partitions(c, &list) < 0)
                return PAWL_ERR_FORMAT;
        for (size_t i = 0; i < fdisk_table_get_nents(list); i++) {
                struct fdisk_partition *p = fdisk_table_get_partition(list, i);

                if (!fdisk_partition_has_start(p) || !fdisk_partition_has_size(p))
                        continue;
                if (t->n == PAWL_PARTITIONS_MAX)
                        return PAWL_ERR_LIMIT;
                fill(&t->partitions[t->n++], p, t->sector_size);
        }
        return PAWL_OK;
}

pawl_err pawl_gpt_read(const char *disk, pawl_gpt *ret, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        autocontext struct fdisk_context *c = NULL;
        pawl_err err;

        PAWL_TRY(open_table(disk, /* is_readonly= */ true, &fd, &c, d));
        *ret = (pawl_gpt){ .sector_size = (unsigned)fdisk_get_sector_size(c),
                .first_usable = fdisk_get_first_lba(c),
                .last_usable = fdisk_get_last_lba(c),
                /* libfdisk repairs a broken copy in memory and remembers that it did */
                .is_damaged = fdisk_label_is_changed(fdisk_get_label(c, NULL)) != 0 };
        err = read_partitions(c, ret);
        return err == PAWL_OK ? PAWL_OK
                              : pawl_fail(d, err, "%s: the partition table is damaged", disk);
}

const pawl_partition *pawl_gpt_find(const pawl_gpt *t, const char *uuid)
{
        for (size_t i = 0; i < t->n; i++)
                if (strcasecmp(t->partitions[i].uuid, uuid) == 0)
                        return &t->partitions[i];
        return NULL;
}

static pawl_err prepare(struct fdisk_context *c, const char *type, const char *label,
        uint64_t first, uint64_t count, struct fdisk_partition **ret)
{
        pawl_cleanup(partition_unref_p) struct fdisk_partition *p = fdisk_new_partition();
        pawl_cleanup(parttype_unref_p) struct fdisk_parttype *t = fdisk_label_parse_parttype(
                fdisk_get_label(c, NULL), type);

        if (!p || !t)
                return PAWL_ERR_NO_MEMORY;
        if (fdisk_partition_set_type(p, t) < 0 || fdisk_partition_set_name(p, label) < 0 ||
                fdisk_partition_set_start(p, first) < 0 || fdisk_partition_set_size(p, count) < 0 ||
                fdisk_partition_partno_follow_default(p, 1) < 0 ||
                fdisk_partition_size_explicit(p, 1) < 0)
                return PAWL_ERR_FORMAT;
        *ret = pawl_take(&p);
        return PAWL_OK;
}

static pawl_err find_number(const char *disk, size_t number, pawl_partition *ret, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_gpt_read(disk, t, d));
        for (size_t i = 0; i < t->n; i++)
                if (t->partitions[i].number == number) {
                        *ret = t->partitions[i];
                        return PAWL_OK;
                }
        return pawl_fail(d, PAWL_ERR_IO, "%s: the new partition is not in the table", disk);
}

pawl_err pawl_gpt_add(const char *disk, const char *type, const char *label, uint64_t start,
        uint64_t size, pawl_partition *ret, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        autocontext struct fdisk_context *c = NULL;
        pawl_cleanup(partition_unref_p) struct fdisk_partition *p = NULL;
        size_t number = 0;
        uint64_t sector;
        int rc;

        PAWL_TRY(open_table(disk, /* is_readonly= */ false, &fd, &c, d));
        sector = fdisk_get_sector_size(c);
        PAWL_TRY(prepare(c, type, label, start / sector, size / sector, &p));
        rc = fdisk_add_partition(c, p, &number);
        if (rc == 0)
                rc = fdisk_write_disklabel(c);
        if (rc < 0)
                return pawl_fail_errno(d, -rc, "%s: cannot add the partition '%s'", disk, label);
        if (fsync(fd) < 0)
                return pawl_fail_errno(d, errno, "%s: the new table was not flushed", disk);
        return find_number(disk, number + 1, ret, d);
}

pawl_err pawl_gpt_rewrite(const char *disk, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        autocontext struct fdisk_context *c = NULL;
        int rc;

        PAWL_TRY(open_table(disk, /* is_readonly= */ false, &fd, &c, d));
        fdisk_label_set_changed(fdisk_get_label(c, NULL), 1);
        rc = fdisk_write_disklabel(c);
        if (rc < 0)
                return pawl_fail_errno(d, -rc, "%s: cannot write the partition table", disk);
        return PAWL_OK;
}

pawl_err pawl_gpt_remove(const char *disk, size_t number, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        autocontext struct fdisk_context *c = NULL;
        int rc;

        PAWL_TRY(open_table(disk, /* is_readonly= */ false, &fd, &c, d));
        rc = fdisk_delete_partition(c, number - 1);
        if (rc == 0)
                rc = fdisk_write_disklabel(c);
        if (rc < 0)
                return pawl_fail_errno(d, -rc, "%s: cannot remove partition %zu", disk, number);
        if (fsync(fd) < 0)
                return pawl_fail_errno(d, errno, "%s: the new table was not flushed", disk);
        return PAWL_OK;
}

pawl_err pawl_partition_node(const char *disk, size_t number, char *ret, size_t size)
{
        pawl_autofree char *name = fdisk_partname(disk, number);

        if (!name)
                return PAWL_ERR_NO_MEMORY;
        return snprintf(ret, size, "%s", name) < (int)size ? PAWL_OK : PAWL_ERR_NO_SPACE;
}

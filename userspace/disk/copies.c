/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the two copies of a GPT agree. libfdisk checks each for itself and takes the first good
 * one; that both say the same is what tells a whole table from one that something went over. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "userspace/disk/table.h"
#include "userspace/host/buffer.h"
#include "userspace/host/cleanup.h"

#define HEADER_SIZE 92           /* bytes that UEFI 2.10, 5.3.2 defines */
#define ENTRIES_MAX (256u << 10) /* bytes of a table of entries */

typedef struct header {
        uint64_t lba, other_lba, first, last, entries_lba;
        uint32_t n_entries, entry_size;
        pawl_span guid;
} header;

static pawl_err read_at(int fd, uint64_t offset, size_t len, pawl_buffer *ret)
{
        PAWL_TRY(pawl_buffer_new(len, ret));
        if (offset > INT64_MAX || pread(fd, ret->data, len, (off_t)offset) != (ssize_t)len)
                return PAWL_ERR_IO;
        return PAWL_OK;
}

/* UEFI 2.10, table 5.5: GPT header. */
static pawl_err parse(pawl_span bytes, header *h)
{
        pawl_reader r = pawl_reader_of(bytes);
        pawl_span signature;

        PAWL_TRY(pawl_read_bytes(&r, 8, &signature));
        if (!pawl_span_equal(signature, PAWL_SPAN_LITERAL("EFI PART")))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_skip(&r, 16)); /* revision, size, CRC, reserved */
        PAWL_TRY(pawl_read_le64(&r, &h->lba));
        PAWL_TRY(pawl_read_le64(&r, &h->other_lba));
        PAWL_TRY(pawl_read_le64(&r, &h->first));
        PAWL_TRY(pawl_read_le64(&r, &h->last));
        PAWL_TRY(pawl_read_bytes(&r, 16, &h->guid));
        PAWL_TRY(pawl_read_le64(&r, &h->entries_lba));
        PAWL_TRY(pawl_read_le32(&r, &h->n_entries));
        return pawl_read_le32(&r, &h->entry_size);
}

static pawl_err read_entries(int fd, const header *h, unsigned sector, pawl_buffer *ret)
{
        uint64_t size = (uint64_t)h->n_entries * h->entry_size;

        if (size == 0 || size > ENTRIES_MAX || h->entries_lba > INT64_MAX / sector)
                return PAWL_ERR_LIMIT;
        return read_at(fd, h->entries_lba * sector, (size_t)size, ret);
}

static pawl_err compare(int fd, unsigned sector)
{
        pawl_autobuffer pawl_buffer first = { 0 }, second = { 0 }, mine = { 0 }, backup = { 0 };
        header a, b;

        PAWL_TRY(read_at(fd, sector, HEADER_SIZE, &first));
        PAWL_TRY(parse(pawl_buffer_span(&first), &a));
        if (a.other_lba > INT64_MAX / sector)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(read_at(fd, a.other_lba * sector, HEADER_SIZE, &second));
        PAWL_TRY(parse(pawl_buffer_span(&second), &b));
        if (a.lba != 1 || b.other_lba != 1 || b.lba != a.other_lba || a.first != b.first ||
                a.last != b.last || a.n_entries != b.n_entries || a.entry_size != b.entry_size ||
                !pawl_span_equal(a.guid, b.guid))
                return PAWL_ERR_MISMATCH;
        PAWL_TRY(read_entries(fd, &a, sector, &mine));
        PAWL_TRY(read_entries(fd, &b, sector, &backup));
        return pawl_span_equal(pawl_buffer_span(&mine), pawl_buffer_span(&backup))
                       ? PAWL_OK
                       : PAWL_ERR_MISMATCH;
}

pawl_err pawl_table_check_copies(const char *disk, pawl_diag *d)
{
        pawl_autofree pawl_table *t = calloc(1, sizeof(*t));
        pawl_autoclose int fd = open(disk, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", disk);
        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_table_read(disk, t, d));
        if (!t->is_damaged && compare(fd, t->sector_size) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_MISMATCH,
                "%s: the two copies of the partition table do not agree, so nothing is changed on "
                "this disk; compare and repair them with 'gdisk %s'",
                disk, disk);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/efi-variable.h"
#include "userspace/host/buffer.h"
#include "userspace/host/cleanup.h"

#define HEADER_SIZE 92           /* bytes that UEFI 2.10, 5.3.2 defines */
#define ENTRY_SIZE  128          /* bytes of an entry, 5.3.3; tables may have larger ones */
#define ENTRIES_MAX (256u << 10) /* bytes of a table of entries */
#define DISAGREE                                                                                   \
        "%s: the two copies of the partition table do not agree, so nothing is changed on this "   \
        "disk; compare and repair them with 'gdisk %s'"

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

/* Everything but the entries and what follows from them (checksums, places). */
static bool same_geometry(const header *a, const header *b)
{
        return a->lba == 1 && b->other_lba == 1 && b->lba == a->other_lba && a->first == b->first &&
               a->last == b->last && a->n_entries == b->n_entries &&
               a->entry_size == b->entry_size && pawl_span_equal(a->guid, b->guid);
}

typedef struct copies {
        pawl_buffer first, second; /* headers */
        pawl_buffer mine, backup;  /* entries */
        size_t entry_size;
} copies;

static void copies_done(copies *c)
{
        pawl_buffer_done(&c->first);
        pawl_buffer_done(&c->second);
        pawl_buffer_done(&c->mine);
        pawl_buffer_done(&c->backup);
}

static pawl_err read_copies(int fd, unsigned sector, copies *c)
{
        header a, b;

        PAWL_TRY(read_at(fd, sector, HEADER_SIZE, &c->first));
        PAWL_TRY(parse(pawl_buffer_span(&c->first), &a));
        if (a.other_lba > INT64_MAX / sector)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(read_at(fd, a.other_lba * sector, HEADER_SIZE, &c->second));
        PAWL_TRY(parse(pawl_buffer_span(&c->second), &b));
        if (!same_geometry(&a, &b) || a.entry_size < ENTRY_SIZE)
                return PAWL_ERR_MISMATCH;
        c->entry_size = a.entry_size;
        PAWL_TRY(read_entries(fd, &a, sector, &c->mine));
        return read_entries(fd, &b, sector, &c->backup);
}

/* UEFI 2.10, table 5.6: an entry whose type and name are those of a definition. */
static bool is_ours(pawl_span entry, const pawl_definitions *ours)
{
        char type[PAWL_GUID_TEXT_SIZE], label[37] = "";

        pawl_guid_text(entry.data, type);
        for (size_t i = 0; i < 36 && entry.data[56 + 2 * i] != 0; i++)
                label[i] = entry.data[57 + 2 * i] == 0 ? (char)entry.data[56 + 2 * i] : '?';
        for (size_t i = 0; i < ours->n; i++)
                if (strcmp(ours->items[i].type, type) == 0 &&
                        strcmp(ours->items[i].label, label) == 0)
                        return true;
        return false;
}

static bool is_empty(pawl_span s)
{
        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] != 0)
                        return false;
        return true;
}

/* Whether the copies differ in nothing but one entry that one of them lacks and that we make; or
 * not at all, where such an entry is there and just the checksum of one header was not written. */
static bool is_own_torn_write(const copies *c, const pawl_definitions *ours)
{
        size_t n_differ = 0, n_ours = 0;

        for (size_t at = 0; at + c->entry_size <= c->mine.len; at += c->entry_size) {
                pawl_span a = pawl_span_of(c->mine.data + at, c->entry_size);
                pawl_span b = pawl_span_of(c->backup.data + at, c->entry_size);

                n_ours += is_ours(a, ours) || is_ours(b, ours);
                if (pawl_span_equal(a, b))
                        continue;
                if (!(is_empty(a) && is_ours(b, ours)) && !(is_empty(b) && is_ours(a, ours)))
                        return false;
                n_differ++;
        }
        return n_differ == 1 || (n_differ == 0 && n_ours > 0);
}

static bool is_same(const copies *c)
{
        return pawl_span_equal(pawl_buffer_span(&c->mine), pawl_buffer_span(&c->backup));
}

static pawl_err load(const char *disk, copies *c, bool *ret_is_damaged, pawl_diag *d)
{
        pawl_autofree pawl_gpt *t = calloc(1, sizeof(*t));
        pawl_autoclose int fd = open(disk, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot open", disk);
        if (!t)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_gpt_read(disk, t, d));
        *ret_is_damaged = t->is_damaged;
        if (read_copies(fd, t->sector_size, c) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_MISMATCH, DISAGREE, disk, disk);
}

pawl_err pawl_copies_check(const char *disk, pawl_diag *d)
{
        pawl_cleanup(copies_done) copies c = { 0 };
        bool is_damaged = false;

        PAWL_TRY(load(disk, &c, &is_damaged, d));
        return !is_damaged && is_same(&c) ? PAWL_OK
                                          : pawl_fail(d, PAWL_ERR_MISMATCH, DISAGREE, disk, disk);
}

pawl_err pawl_copies_heal(
        const char *disk, const pawl_definitions *ours, bool *ret_is_healed, pawl_diag *d)
{
        pawl_cleanup(copies_done) copies c = { 0 };
        bool is_damaged = false;

        *ret_is_healed = false;
        PAWL_TRY(load(disk, &c, &is_damaged, d));
        if (!is_damaged && is_same(&c))
                return PAWL_OK;
        if (!is_own_torn_write(&c, ours))
                return pawl_fail(d, PAWL_ERR_MISMATCH, DISAGREE, disk, disk);
        PAWL_TRY(pawl_gpt_rewrite(disk, d));
        *ret_is_healed = true;
        return pawl_copies_check(disk, d);
}

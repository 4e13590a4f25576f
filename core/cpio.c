/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cpio.h"

#define HEADER_SIZE  110 /* magic and 13 fields of 8 hex digits */
#define TRAILER_NAME "TRAILER!!!"
#define MAGIC        "070701"
#define ZERO         "00000000"

static size_t pad4(size_t n)
{
        return (4 - n % 4) % 4;
}

size_t pawl_cpio_entry_size(size_t name_len, size_t content_len)
{
        if (name_len > PAWL_CPIO_NAME_MAX || content_len > SIZE_MAX / 2)
                return SIZE_MAX; /* pawl_cpio_add refuses it anyway */
        size_t head = HEADER_SIZE + name_len + 1;
        return head + pad4(head) + content_len + pad4(content_len);
}

void pawl_cpio_start(pawl_cpio *c, void *buf, size_t size)
{
        *c = (pawl_cpio){ pawl_writer_of(buf, size), 1 };
}

static pawl_err write_hex(pawl_writer *w, uint32_t v)
{
        static const char digits[] = "0123456789abcdef";
        uint8_t text[8];

        for (unsigned i = 0; i < sizeof(text); i++)
                text[i] = (uint8_t)digits[v >> (28 - 4 * i) & 0xf];
        return pawl_write_bytes(w, pawl_span_of(text, sizeof(text)));
}

/* Every entry starts at a multiple of 4, so name and content are padded by what they are long. */
static pawl_err write_entry(
        pawl_writer *w, const uint32_t fields[static 13], pawl_span name, pawl_span content)
{
        PAWL_TRY(pawl_write_str(w, MAGIC));
        for (unsigned i = 0; i < 13; i++)
                PAWL_TRY(write_hex(w, fields[i]));
        PAWL_TRY(pawl_write_bytes(w, name));
        PAWL_TRY(pawl_write_zeros(w, 1 + pad4(HEADER_SIZE + name.len + 1)));
        PAWL_TRY(pawl_write_bytes(w, content));
        return pawl_write_zeros(w, pad4(content.len));
}

static pawl_err check_entry(const pawl_cpio *c, pawl_span name, pawl_span content)
{
        if (name.len == 0 || name.data[0] == '/' ||
                pawl_span_equal(name, PAWL_SPAN_LITERAL(TRAILER_NAME)))
                return PAWL_ERR_FORMAT;
        if (name.len > PAWL_CPIO_NAME_MAX || content.len > UINT32_MAX || c->next_ino == UINT32_MAX)
                return PAWL_ERR_LIMIT;
        if (pawl_cpio_entry_size(name.len, content.len) > c->w.cap - c->w.len)
                return PAWL_ERR_NO_SPACE;
        return PAWL_OK;
}

pawl_err pawl_cpio_add(pawl_cpio *c, const char *path, uint32_t mode, uint32_t rdev_major,
        uint32_t rdev_minor, pawl_span content)
{
        const pawl_span name = pawl_span_str(path);

        PAWL_TRY(check_entry(c, name, content));
        const uint32_t fields[13] = {
                c->next_ino,
                mode,
                /* uid= */ 0,
                /* gid= */ 0,
                /* nlink= */ 1,
                /* mtime= */ 0,
                (uint32_t)content.len,
                /* dev= */ 0,
                0,
                rdev_major,
                rdev_minor,
                (uint32_t)name.len + 1,
                /* check= */ 0,
        };
        PAWL_TRY(write_entry(&c->w, fields, name, content));
        c->next_ino++;
        return PAWL_OK;
}

pawl_err pawl_cpio_end(pawl_cpio *c)
{
        /* all fields 0 but nlink and the name's size; capital B as in other writers' trailers */
        static const char trailer[] = MAGIC ZERO ZERO ZERO ZERO
                "00000001" ZERO ZERO ZERO ZERO ZERO ZERO "0000000B" ZERO TRAILER_NAME "\0\0\0";

        _Static_assert(sizeof(trailer) == PAWL_CPIO_END_SIZE, "the string's NUL is the fourth");
        return pawl_write_bytes(&c->w, pawl_span_of(trailer, sizeof(trailer)));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/span.h"

pawl_span pawl_span_str(const char *s)
{
        size_t n = 0;

        while (s[n] != '\0')
                n++;
        return pawl_span_of(s, n);
}

pawl_err pawl_span_slice(pawl_span s, size_t off, size_t len, pawl_span *ret)
{
        if (off > s.len || len > s.len - off)
                return PAWL_ERR_TRUNCATED;
        /* NULL + 0 is undefined in C17 */
        *ret = len == 0 ? PAWL_SPAN_NULL : pawl_span_of(s.data + off, len);
        return PAWL_OK;
}

bool pawl_span_equal(pawl_span a, pawl_span b)
{
        if (a.len != b.len)
                return false;
        for (size_t i = 0; i < a.len; i++)
                if (a.data[i] != b.data[i])
                        return false;
        return true;
}

bool pawl_span_has_prefix(pawl_span s, pawl_span prefix)
{
        return s.len >= prefix.len && pawl_span_equal(pawl_span_of(s.data, prefix.len), prefix);
}

bool pawl_span_contains(pawl_span s, pawl_span needle)
{
        if (needle.len == 0 || s.len < needle.len)
                return false;
        for (size_t i = 0; i <= s.len - needle.len; i++)
                if (pawl_span_equal(pawl_span_of(s.data + i, needle.len), needle))
                        return true;
        return false;
}

pawl_span pawl_span_trim(pawl_span s)
{
        while (s.len > 0 && pawl_is_blank(s.data[0]))
                s = pawl_span_of(s.data + 1, s.len - 1);
        while (s.len > 0 && pawl_is_blank(s.data[s.len - 1]))
                s.len--;
        return s;
}

pawl_err pawl_read_bytes(pawl_reader *r, size_t n, pawl_span *ret)
{
        if (n > r->left.len)
                return PAWL_ERR_TRUNCATED;
        *ret = n == 0 ? PAWL_SPAN_NULL : pawl_span_of(r->left.data, n);
        if (n > 0) {
                r->left = pawl_span_of(r->left.data + n, r->left.len - n);
                r->off += n;
        }
        return PAWL_OK;
}

pawl_err pawl_read_sub(pawl_reader *r, size_t n, pawl_reader *ret)
{
        size_t off = r->off;
        pawl_span s;

        PAWL_TRY(pawl_read_bytes(r, n, &s));
        *ret = (pawl_reader){ s, off };
        return PAWL_OK;
}

pawl_err pawl_read_skip(pawl_reader *r, size_t n)
{
        pawl_span s;

        return pawl_read_bytes(r, n, &s);
}

static pawl_err read_int(pawl_reader *r, size_t n, bool big, uint64_t *ret)
{
        uint64_t v = 0;
        pawl_span s;

        PAWL_TRY(pawl_read_bytes(r, n, &s));
        for (size_t i = 0; i < n; i++)
                v = v << 8 | s.data[big ? i : n - 1 - i];
        *ret = v;
        return PAWL_OK;
}

#define READ_INT(name, type, big)                                                                  \
        pawl_err pawl_read_##name(pawl_reader *r, type *ret)                                       \
        {                                                                                          \
                uint64_t v;                                                                        \
                PAWL_TRY(read_int(r, sizeof(type), big, &v));                                      \
                *ret = (type)v;                                                                    \
                return PAWL_OK;                                                                    \
        }

READ_INT(u8, uint8_t, false)
READ_INT(le16, uint16_t, false)
READ_INT(le32, uint32_t, false)
READ_INT(le64, uint64_t, false)
READ_INT(be16, uint16_t, true)
READ_INT(be32, uint32_t, true)
READ_INT(be64, uint64_t, true)

pawl_err pawl_read_end(const pawl_reader *r)
{
        return r->left.len == 0 ? PAWL_OK : PAWL_ERR_TRAILING;
}

pawl_err pawl_read_line(pawl_reader *r, pawl_span *ret)
{
        size_t n = 0;
        pawl_span line;

        if (r->left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        while (n < r->left.len && r->left.data[n] != '\n')
                n++;
        PAWL_TRY(pawl_read_bytes(r, n < r->left.len ? n + 1 : n, &line));
        while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
                line.len--;
        *ret = line;
        return PAWL_OK;
}

pawl_err pawl_write_bytes(pawl_writer *w, pawl_span s)
{
        if (s.len > w->cap - w->len)
                return PAWL_ERR_NO_SPACE;
        if (s.len > 0) {
                pawl_copy(w->data + w->len, s.data, s.len);
                w->len += s.len;
        }
        return PAWL_OK;
}

pawl_err pawl_write_zeros(pawl_writer *w, size_t n)
{
        if (n > w->cap - w->len)
                return PAWL_ERR_NO_SPACE;
        if (n > 0) {
                pawl_zero(w->data + w->len, n);
                w->len += n;
        }
        return PAWL_OK;
}

pawl_err pawl_write_str(pawl_writer *w, const char *s)
{
        return pawl_write_bytes(w, pawl_span_str(s));
}

static pawl_err write_int(pawl_writer *w, uint64_t v, size_t n, bool big)
{
        uint8_t b[8];

        for (size_t i = 0; i < n; i++)
                b[big ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
        return pawl_write_bytes(w, pawl_span_of(b, n));
}

pawl_err pawl_write_u8(pawl_writer *w, uint8_t v)
{
        return write_int(w, v, 1, false);
}

pawl_err pawl_write_le16(pawl_writer *w, uint16_t v)
{
        return write_int(w, v, 2, false);
}

pawl_err pawl_write_le32(pawl_writer *w, uint32_t v)
{
        return write_int(w, v, 4, false);
}

pawl_err pawl_write_le64(pawl_writer *w, uint64_t v)
{
        return write_int(w, v, 8, false);
}

pawl_err pawl_write_be16(pawl_writer *w, uint16_t v)
{
        return write_int(w, v, 2, true);
}

pawl_err pawl_write_be32(pawl_writer *w, uint32_t v)
{
        return write_int(w, v, 4, true);
}

void pawl_copy(void *dst, const void *src, size_t n)
{
        if (n > 0)
                __builtin_memcpy(dst, src, n);
}

void pawl_zero(void *dst, size_t n)
{
        if (n > 0)
                __builtin_memset(dst, 0, n);
}

void pawl_wipe(void *p, size_t n)
{
        pawl_zero(p, n);
        /* tells the compiler that someone may look at the memory, so the stores above stay */
        __asm__ volatile("" : : "r"(p) : "memory");
}

bool pawl_equal_ct(const void *a, const void *b, size_t n)
{
        const volatile uint8_t *x = a, *y = b;
        uint8_t d = 0;

        for (size_t i = 0; i < n; i++)
                d = (uint8_t)(d | (x[i] ^ y[i]));
        return d == 0;
}

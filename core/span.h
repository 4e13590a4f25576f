/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes: a borrowed view (`pawl_span`), a cursor that consumes a view (`pawl_reader`) and one that
 * fills a caller's buffer
 * (`pawl_writer`). None owns memory. All bounds checks of the project are in pawl_read_bytes,
 * pawl_span_slice and pawl_write_bytes; no other code does pointer arithmetic on foreign data. A
 * call that fails moves nothing and writes nothing. */
#ifndef PAWL_CORE_SPAN_H
#define PAWL_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct pawl_span {
        const uint8_t *data; /* may be NULL when len is 0 */
        size_t len;
} pawl_span;

typedef struct pawl_reader {
        pawl_span left; /* what has not been read yet */
        size_t off;     /* bytes consumed since the start, for messages */
} pawl_reader;

typedef struct pawl_writer {
        uint8_t *data;
        size_t cap;
        size_t len; /* bytes written so far */
} pawl_writer;

#define PAWL_SPAN_NULL ((pawl_span){ 0 })
/* A string literal (or array) without its terminating NUL. */
#define PAWL_SPAN_LITERAL(s) ((pawl_span){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline pawl_span pawl_span_of(const void *data, size_t len)
{
        return (pawl_span){ (const uint8_t *)data, len };
}

/* The bytes of a NUL-terminated string without the NUL. */
pawl_span pawl_span_str(const char *s);
/* `len` bytes at `off`; fails with TRUNCATED if they are not all inside. */
PAWL_MUST_CHECK pawl_err pawl_span_slice(pawl_span s, size_t off, size_t len, pawl_span *ret);
/* Not in constant time: for data that is not secret. */
bool pawl_span_equal(pawl_span a, pawl_span b);
bool pawl_span_has_prefix(pawl_span s, pawl_span prefix);
/* Whether the `needle` (not empty) stands anywhere in `s`. */
bool pawl_span_contains(pawl_span s, pawl_span needle);

/* What separates words in the text files that we read: space, tab, and the CR of a CR LF. */
static inline bool pawl_is_blank(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '\r';
}
/* Without the blanks at both ends. */
pawl_span pawl_span_trim(pawl_span s);

static inline pawl_reader pawl_reader_of(pawl_span s)
{
        return (pawl_reader){ s, 0 };
}

/* Each takes bytes off the front of `r`; fails with TRUNCATED and leaves `r` as it was. */
PAWL_MUST_CHECK pawl_err pawl_read_bytes(pawl_reader *r, size_t n, pawl_span *ret);
PAWL_MUST_CHECK pawl_err pawl_read_sub(pawl_reader *r, size_t n, pawl_reader *ret);
PAWL_MUST_CHECK pawl_err pawl_read_skip(pawl_reader *r, size_t n);
PAWL_MUST_CHECK pawl_err pawl_read_u8(pawl_reader *r, uint8_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_le16(pawl_reader *r, uint16_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_le32(pawl_reader *r, uint32_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_le64(pawl_reader *r, uint64_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_be16(pawl_reader *r, uint16_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_be32(pawl_reader *r, uint32_t *ret);
PAWL_MUST_CHECK pawl_err pawl_read_be64(pawl_reader *r, uint64_t *ret);
/* TRAILING if anything is left. */
PAWL_MUST_CHECK pawl_err pawl_read_end(const pawl_reader *r);
/* The next line without its line end (LF or CR LF; the last one may lack it); NOT_FOUND at the end.
 */
PAWL_MUST_CHECK pawl_err pawl_read_line(pawl_reader *r, pawl_span *ret);

static inline pawl_writer pawl_writer_of(void *data, size_t cap)
{
        return (pawl_writer){ (uint8_t *)data, cap, 0 };
}

/* Each appends; fails with NO_SPACE and leaves `w` as it was. */
PAWL_MUST_CHECK pawl_err pawl_write_bytes(pawl_writer *w, pawl_span s);
PAWL_MUST_CHECK pawl_err pawl_write_zeros(pawl_writer *w, size_t n);
PAWL_MUST_CHECK pawl_err pawl_write_str(pawl_writer *w, const char *s); /* without NUL */
PAWL_MUST_CHECK pawl_err pawl_write_u8(pawl_writer *w, uint8_t v);
PAWL_MUST_CHECK pawl_err pawl_write_le16(pawl_writer *w, uint16_t v);
PAWL_MUST_CHECK pawl_err pawl_write_le32(pawl_writer *w, uint32_t v);
PAWL_MUST_CHECK pawl_err pawl_write_le64(pawl_writer *w, uint64_t v);
PAWL_MUST_CHECK pawl_err pawl_write_be16(pawl_writer *w, uint16_t v);
PAWL_MUST_CHECK pawl_err pawl_write_be32(pawl_writer *w, uint32_t v);

static inline pawl_span pawl_written(const pawl_writer *w)
{
        return pawl_span_of(w->data, w->len);
}

/* The only byte movers of the project (a lint forbids memcpy and friends elsewhere). Regions must
 * not overlap. */
void pawl_copy(void *dst, const void *src, size_t n);
void pawl_zero(void *dst, size_t n);
/* Zeroes memory that held a secret; not removed by the optimiser. */
void pawl_wipe(void *p, size_t n);
/* Time depends on `n` alone. */
bool pawl_equal_ct(const void *a, const void *b, size_t n);

#endif

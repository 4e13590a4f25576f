/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fido2/cbor.h"

enum {
        MAJOR_UINT,
        MAJOR_NINT,
        MAJOR_BYTES,
        MAJOR_TEXT,
        MAJOR_ARRAY,
        MAJOR_MAP,
        MAJOR_TAG,
        MAJOR_SIMPLE,
};
#define DEPTH_MAX 4

static void check(pawl_writer *w, pawl_err err)
{
        if (err != PAWL_OK)
                w->cap = w->len; /* what follows does not fit either */
}

static void head(pawl_writer *w, unsigned major, uint64_t n)
{
        uint8_t first = (uint8_t)(major << 5);

        if (n < 24) {
                check(w, pawl_write_u8(w, (uint8_t)(first | n)));
        } else if (n < 256) {
                check(w, pawl_write_u8(w, first | 24));
                check(w, pawl_write_u8(w, (uint8_t)n));
        } else {
                check(w, pawl_write_u8(w, first | 25));
                check(w, pawl_write_u8(w, (uint8_t)(n >> 8)));
                check(w, pawl_write_u8(w, (uint8_t)n));
        }
}

void cbor_int(pawl_writer *w, int64_t v)
{
        head(w, v < 0 ? MAJOR_NINT : MAJOR_UINT, (uint64_t)(v < 0 ? -1 - v : v));
}

void cbor_bytes(pawl_writer *w, pawl_span s)
{
        head(w, MAJOR_BYTES, s.len);
        check(w, pawl_write_bytes(w, s));
}

void cbor_text(pawl_writer *w, const char *s)
{
        pawl_span text = pawl_span_str(s);

        head(w, MAJOR_TEXT, text.len);
        check(w, pawl_write_bytes(w, text));
}

void cbor_array(pawl_writer *w, size_t n)
{
        head(w, MAJOR_ARRAY, n);
}

void cbor_map(pawl_writer *w, size_t n)
{
        head(w, MAJOR_MAP, n);
}

void cbor_bool(pawl_writer *w, bool v)
{
        head(w, MAJOR_SIMPLE, v ? 21 : 20);
}

static bool read_head(pawl_reader *r, unsigned *ret_major, uint64_t *ret_n)
{
        uint8_t first, byte;
        size_t more;

        if (pawl_read_u8(r, &first) != PAWL_OK)
                return false;
        *ret_major = first >> 5;
        *ret_n = first & 31;
        if (*ret_n < 24)
                return true;
        more = *ret_n == 24 ? 1 : *ret_n == 25 ? 2 : *ret_n == 26 ? 4 : 0;
        *ret_n = 0;
        for (size_t i = 0; i < more; i++) {
                if (pawl_read_u8(r, &byte) != PAWL_OK)
                        return false;
                *ret_n = *ret_n << 8 | byte;
        }
        return more > 0;
}

static bool skip(pawl_reader *r, unsigned depth)
{
        unsigned major;
        uint64_t n;

        if (depth > DEPTH_MAX || !read_head(r, &major, &n))
                return false;
        if (major == MAJOR_BYTES || major == MAJOR_TEXT)
                return pawl_read_skip(r, n) == PAWL_OK;
        if (major == MAJOR_ARRAY || major == MAJOR_MAP)
                for (uint64_t i = 0; i < (major == MAJOR_MAP ? 2 * n : n); i++)
                        if (!skip(r, depth + 1))
                                return false;
        return true;
}

static bool get_string(pawl_reader r, unsigned wanted, pawl_span *ret)
{
        unsigned major;
        uint64_t n;

        return read_head(&r, &major, &n) && major == wanted &&
               pawl_read_bytes(&r, n, ret) == PAWL_OK;
}

bool cbor_get_bytes(pawl_reader r, pawl_span *ret)
{
        return get_string(r, MAJOR_BYTES, ret);
}

bool cbor_get_text(pawl_reader r, pawl_span *ret)
{
        return get_string(r, MAJOR_TEXT, ret);
}

bool cbor_get_int(pawl_reader r, int64_t *ret)
{
        unsigned major;
        uint64_t n;

        if (!read_head(&r, &major, &n) || major > MAJOR_NINT || n > INT32_MAX)
                return false;
        *ret = major == MAJOR_NINT ? -1 - (int64_t)n : (int64_t)n;
        return true;
}

bool cbor_get_bool(pawl_reader r, bool *ret)
{
        unsigned major;
        uint64_t n;

        if (!read_head(&r, &major, &n) || major != MAJOR_SIMPLE || (n != 20 && n != 21))
                return false;
        *ret = n == 21;
        return true;
}

static bool is_key(pawl_reader at, const char *text, int64_t number)
{
        pawl_span s;
        int64_t n;

        return text ? cbor_get_text(at, &s) && pawl_span_equal(s, pawl_span_str(text))
                    : cbor_get_int(at, &n) && n == number;
}

static bool find(pawl_reader r, const char *text, int64_t number, pawl_reader *ret)
{
        unsigned major;
        uint64_t n;

        if (!read_head(&r, &major, &n) || major != MAJOR_MAP)
                return false;
        for (; n > 0; n--) {
                pawl_reader key = r;

                if (!skip(&r, 0))
                        return false;
                if (is_key(key, text, number)) {
                        *ret = r;
                        return true;
                }
                if (!skip(&r, 0))
                        return false;
        }
        return false;
}

bool cbor_find(pawl_reader map, int64_t key, pawl_reader *ret)
{
        return find(map, NULL, key, ret);
}

bool cbor_find_text(pawl_reader map, const char *key, pawl_reader *ret)
{
        return find(map, key, 0, ret);
}

bool cbor_at(pawl_reader array, size_t n, pawl_reader *ret)
{
        unsigned major;
        uint64_t count;

        if (!read_head(&array, &major, &count) || major != MAJOR_ARRAY || n >= count)
                return false;
        for (; n > 0; n--)
                if (!skip(&array, 0))
                        return false;
        *ret = array;
        return true;
}

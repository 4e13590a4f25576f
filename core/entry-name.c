/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-entry.h"

#define SUFFIX         ".efi"
#define SUFFIX_LEN     (sizeof(SUFFIX) - 1)
#define COUNTER_DIGITS 9 /* fits 32 bits */

static bool is_digit(uint8_t c)
{
        return c >= '0' && c <= '9';
}

/* No path, and nothing that would end a string or confuse a terminal. */
static bool is_file_name(pawl_span name)
{
        for (size_t i = 0; i < name.len; i++)
                if (name.data[i] < 0x20 || name.data[i] == 0x7f || name.data[i] == '/' ||
                        name.data[i] == '\\')
                        return false;
        return true;
}

static bool has_suffix(pawl_span name)
{
        const uint8_t *tail = name.data + (name.len < SUFFIX_LEN ? 0 : name.len - SUFFIX_LEN);

        if (name.len < SUFFIX_LEN || tail[0] != '.')
                return false;
        /* the letters differ from upper case by one bit */
        return (tail[1] | 0x20) == 'e' && (tail[2] | 0x20) == 'f' && (tail[3] | 0x20) == 'i';
}

/* The digits that end `*s`, taken off it; false if there are none or too many. */
static bool take_number(pawl_span *s, uint32_t *ret_value, size_t *ret_digits)
{
        size_t n = 0;
        uint32_t value = 0;

        while (n < s->len && is_digit(s->data[s->len - n - 1]))
                n++;
        if (n == 0 || n > COUNTER_DIGITS)
                return false;
        for (size_t i = s->len - n; i < s->len; i++)
                value = value * 10 + (uint32_t)(s->data[i] - '0');
        s->len -= n;
        *ret_value = value;
        *ret_digits = n;
        return true;
}

/* The character that ends `*s`, taken off it if it is `c`. */
static bool take_char(pawl_span *s, char c)
{
        if (s->len == 0 || s->data[s->len - 1] != (uint8_t)c)
                return false;
        s->len--;
        return true;
}

/* "+LEFT" or "+LEFT-DONE" at the end of the stem, which must not become empty by it. */
static bool take_counter(pawl_entry_name *n)
{
        pawl_entry_name with = *n;

        if (!take_number(&with.stem, &with.left, &with.left_digits))
                return false;
        if (take_char(&with.stem, '-')) {
                with.done = with.left;
                with.done_digits = with.left_digits;
                if (!take_number(&with.stem, &with.left, &with.left_digits))
                        return false;
        }
        if (!take_char(&with.stem, '+') || with.stem.len == 0)
                return false;
        with.is_counted = true;
        *n = with;
        return true;
}

pawl_err pawl_entry_name_parse(pawl_span file_name, pawl_entry_name *ret)
{
        pawl_entry_name n = { 0 };

        if (!is_file_name(file_name) || !has_suffix(file_name) || file_name.len == SUFFIX_LEN)
                return PAWL_ERR_FORMAT;
        n.stem = pawl_span_of(file_name.data, file_name.len - SUFFIX_LEN);
        n.suffix = pawl_span_of(file_name.data + n.stem.len, SUFFIX_LEN);
        /* a name without counter, or with something like one, is taken as it is */
        n.is_counted = take_counter(&n);
        *ret = n;
        return PAWL_OK;
}

static pawl_err write_number(pawl_writer *w, uint32_t value, size_t digits)
{
        uint32_t divisor = 1;

        for (size_t i = 1; i < digits; i++)
                divisor *= 10;
        for (; digits > 0; digits--, divisor /= 10)
                PAWL_TRY(pawl_write_u8(w, (uint8_t)('0' + value / divisor % 10)));
        return PAWL_OK;
}

static uint32_t saturate(uint32_t value, size_t digits)
{
        uint32_t max = 9;

        for (size_t i = 1; i < digits; i++)
                max = max * 10 + 9;
        return value > max ? max : value;
}

static pawl_err write_counted(const pawl_entry_name *n, pawl_writer *w)
{
        size_t done_digits = n->done_digits == 0 ? 1 : n->done_digits;

        PAWL_TRY(pawl_write_bytes(w, n->stem));
        PAWL_TRY(pawl_write_u8(w, '+'));
        PAWL_TRY(write_number(w, n->left - 1, n->left_digits));
        PAWL_TRY(pawl_write_u8(w, '-'));
        PAWL_TRY(write_number(w, saturate(n->done + 1, done_digits), done_digits));
        PAWL_TRY(pawl_write_bytes(w, n->suffix));
        return pawl_write_u8(w, 0);
}

/* Builds the name aside, so that an output that is too small stays as it was. */
static pawl_err give(const pawl_writer *w, char *ret, size_t ret_size)
{
        if (w->len > ret_size)
                return PAWL_ERR_NO_SPACE;
        pawl_copy(ret, w->data, w->len);
        return PAWL_OK;
}

pawl_err pawl_entry_name_count_down(const pawl_entry_name *n, char *ret, size_t ret_size)
{
        uint8_t buf[PAWL_ENTRY_NAME_MAX];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));

        if (!n->is_counted || n->left == 0)
                return PAWL_ERR_REFUSED;
        PAWL_TRY(write_counted(n, &w));
        return give(&w, ret, ret_size);
}

pawl_err pawl_entry_name_id(const pawl_entry_name *n, char *ret, size_t ret_size)
{
        uint8_t buf[PAWL_ENTRY_NAME_MAX];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));

        PAWL_TRY(pawl_write_bytes(&w, n->stem));
        PAWL_TRY(pawl_write_bytes(&w, n->suffix));
        PAWL_TRY(pawl_write_u8(&w, 0));
        return give(&w, ret, ret_size);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/version.h"

static bool is_digit(uint8_t c)
{
        return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_version_char(uint8_t c)
{
        return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '~' || c == '^';
}

/* The first character; NUL at the end, which is no version character. */
static uint8_t head(pawl_span s)
{
        return s.len == 0 ? 0 : s.data[0];
}

static pawl_span skip(pawl_span s, size_t n)
{
        return n == s.len ? PAWL_SPAN_NULL : pawl_span_of(s.data + n, s.len - n);
}

static pawl_span skip_separators(pawl_span s)
{
        while (s.len > 0 && !is_version_char(s.data[0]))
                s = skip(s, 1);
        return s;
}

static int order(size_t a, size_t b)
{
        return (a > b) - (a < b);
}

/* Takes the leading characters of one kind off `s`. */
static pawl_span take(pawl_span *s, bool (*is_kind)(uint8_t))
{
        pawl_span taken = { s->data, 0 };

        while (taken.len < s->len && is_kind(s->data[taken.len]))
                taken.len++;
        *s = skip(*s, taken.len);
        return taken;
}

static int compare_bytes(pawl_span a, pawl_span b)
{
        for (size_t i = 0; i < a.len && i < b.len; i++)
                if (a.data[i] != b.data[i])
                        return a.data[i] < b.data[i] ? -1 : 1;
        return order(a.len, b.len);
}

/* Numbers of any length, without computing their value. No digits at all is older than any number.
 */
static int compare_numbers(pawl_span a, pawl_span b)
{
        if ((a.len == 0) != (b.len == 0))
                return a.len == 0 ? -1 : 1;
        while (head(a) == '0')
                a = skip(a, 1);
        while (head(b) == '0')
                b = skip(b, 1);
        if (a.len != b.len)
                return order(a.len, b.len);
        return compare_bytes(a, b);
}

/* One run of digits or of letters. */
static int compare_segment(pawl_span *a, pawl_span *b)
{
        pawl_span x, y;
        bool is_number = is_digit(head(*a)) || is_digit(head(*b));

        x = take(a, is_number ? is_digit : is_letter);
        y = take(b, is_number ? is_digit : is_letter);
        return is_number ? compare_numbers(x, y) : compare_bytes(x, y);
}

/* A string that goes on with `mark` is older than one that does not; takes it off both. */
static int compare_mark(pawl_span *a, pawl_span *b, uint8_t mark)
{
        bool has_a = head(*a) == mark, has_b = head(*b) == mark;

        if (has_a != has_b)
                return has_a ? -1 : 1;
        if (has_a) {
                *a = skip(*a, 1);
                *b = skip(*b, 1);
        }
        return 0;
}

/* UAPI.10, "Version Comparison": the steps in its order. `~` makes older even than the end of the
 * string, the other marks only older than anything that follows it. */
int pawl_version_compare(pawl_span a, pawl_span b)
{
        static const uint8_t marks[] = { '-', '^', '.' };
        int r;

        for (;;) {
                a = skip_separators(a);
                b = skip_separators(b);
                r = compare_mark(&a, &b, '~');
                if (r == 0 && (a.len == 0 || b.len == 0))
                        return order(a.len > 0, b.len > 0);
                for (size_t i = 0; r == 0 && i < sizeof(marks); i++)
                        r = compare_mark(&a, &b, marks[i]);
                if (r == 0)
                        r = compare_segment(&a, &b);
                if (r != 0)
                        return r;
        }
}

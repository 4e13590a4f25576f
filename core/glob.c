/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-entry.h"

static uint8_t lower(uint8_t c)
{
        return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool set_has_range(uint8_t from, uint8_t to, uint8_t c)
{
        return lower(from) <= lower(c) && lower(c) <= lower(to);
}

/* Whether the set that starts behind `pattern[at] == '['` is complete, and where it ends. A ']' in
 * front stands for itself. */
static bool find_set_end(pawl_span pattern, size_t at, size_t *ret_end)
{
        size_t i = at + 1;

        if (i < pattern.len && (pattern.data[i] == '!' || pattern.data[i] == '^'))
                i++;
        for (i++; i < pattern.len; i++)
                if (pattern.data[i] == ']') {
                        *ret_end = i;
                        return true;
                }
        return false;
}

static bool match_set(pawl_span set, uint8_t c)
{
        bool is_negated = set.len > 0 && (set.data[0] == '!' || set.data[0] == '^'), is_in = false;
        size_t i = is_negated ? 1 : 0;

        while (i < set.len) {
                bool is_range = i + 2 < set.len && set.data[i + 1] == '-';

                is_in = is_in || set_has_range(set.data[i], set.data[is_range ? i + 2 : i], c);
                i += is_range ? 3 : 1;
        }
        return is_in != is_negated;
}

/* Matches the one element at `*at` (not '*') with `c`; moves `*at` behind it. */
static bool match_element(pawl_span pattern, size_t *at, uint8_t c)
{
        uint8_t p = pattern.data[*at];
        size_t begin = *at + 1, end;

        if (p == '[' && find_set_end(pattern, *at, &end)) {
                *at = end + 1;
                return match_set(pawl_span_of(pattern.data + begin, end - begin), c);
        }
        if (p == '\\' && begin < pattern.len) {
                *at = begin + 1;
                return lower(pattern.data[begin]) == lower(c);
        }
        *at = begin;
        return p == '?' || lower(p) == lower(c);
}

/* After a mismatch only the last '*' takes one character more: an earlier one need never change, so
 * that the work is at most pattern times text. */
bool pawl_glob_match(pawl_span pattern, pawl_span text)
{
        size_t p = 0, t = 0, star = 0, star_text = 0;
        bool has_star = false;

        if (pattern.len > PAWL_GLOB_MAX)
                return false;
        while (t < text.len) {
                if (p < pattern.len && pattern.data[p] == '*') {
                        has_star = true;
                        star = ++p;
                        star_text = t;
                        continue;
                }
                if (p < pattern.len && match_element(pattern, &p, text.data[t])) {
                        t++;
                        continue;
                }
                if (!has_star)
                        return false;
                p = star;
                t = ++star_text;
        }
        while (p < pattern.len && pattern.data[p] == '*')
                p++;
        return p == pattern.len;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-entry.h"

/* By insertion: lists are short, and most directories are sorted nearly already. */
void pawl_boot_entries_sort(pawl_boot_entry *entries, size_t n)
{
        for (size_t i = 1; i < n; i++) {
                pawl_boot_entry e = entries[i];
                size_t at = i;

                for (; at > 0 && pawl_boot_entry_compare(&entries[at - 1], &e) > 0; at--)
                        entries[at] = entries[at - 1];
                if (at < i)
                        entries[at] = e;
        }
}

static uint8_t lower(char c)
{
        return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Names on the ESP have no case. */
static bool is_same_id(const char *a, pawl_span b)
{
        size_t i = 0;

        for (; i < b.len && a[i]; i++)
                if (lower(a[i]) != lower((char)b.data[i]))
                        return false;
        return i == b.len && a[i] == '\0';
}

static bool has_more_tries(const pawl_boot_entry *a, const pawl_boot_entry *b)
{
        if (!a->is_counted || !b->is_counted)
                return !a->is_counted && b->is_counted;
        /* a rename lowers LEFT and raises DONE */
        return a->left != b->left ? a->left > b->left : a->done < b->done;
}

static bool is_twin_to_drop(const pawl_boot_entry *entries, size_t n, size_t i)
{
        pawl_span id = pawl_span_str(entries[i].id);

        for (size_t j = 0; j < n; j++) {
                if (j == i || !is_same_id(entries[j].id, id))
                        continue;
                if (has_more_tries(&entries[i], &entries[j]))
                        return true;
                /* of two that are equal the first stays */
                if (j < i && !has_more_tries(&entries[j], &entries[i]))
                        return true;
        }
        return false;
}

size_t pawl_boot_entries_drop_twins(pawl_boot_entry *entries, size_t n)
{
        size_t i = 0;

        while (i < n) {
                if (!is_twin_to_drop(entries, n, i)) {
                        i++;
                        continue;
                }
                for (size_t j = i + 1; j < n; j++)
                        entries[j - 1] = entries[j];
                n--;
        }
        return n;
}

static bool find_id(const pawl_boot_entry *entries, size_t n, pawl_span id, size_t *ret)
{
        for (size_t i = 0; id.len > 0 && i < n; i++)
                if (is_same_id(entries[i].id, id)) {
                        *ret = i;
                        return true;
                }
        return false;
}

/* The first entry that may start by itself and matches. */
static bool find_match(const pawl_boot_entry *entries, size_t n, pawl_span pattern, size_t *ret)
{
        for (size_t i = 0; pattern.len > 0 && i < n; i++)
                if (entries[i].profile == 0 && !pawl_boot_entry_is_bad(&entries[i]) &&
                        pawl_glob_match(pattern, pawl_span_str(entries[i].id))) {
                        *ret = i;
                        return true;
                }
        return false;
}

size_t pawl_boot_entry_choose(const pawl_boot_entry *entries, size_t n, pawl_span oneshot,
        pawl_span var_default, pawl_span conf_default)
{
        size_t i = 0;

        if (find_id(entries, n, oneshot, &i) || find_match(entries, n, var_default, &i) ||
                find_match(entries, n, conf_default, &i) ||
                find_match(entries, n, PAWL_SPAN_LITERAL("*"), &i))
                return i;
        for (i = 0; i < n; i++)
                if (entries[i].profile == 0)
                        return i;
        return 0;
}

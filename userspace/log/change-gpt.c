/* SPDX-License-Identifier: BSD-2-Clause */
/* Partitions are the same where their unique GUID is: numbers and names may change. */
#include "userspace/log/change-parts.h"
#include "userspace/log/describe-gpt.h"

/* The partition of that id, and its number. `table` is a copy, so that it can be read again. */
static bool find(pawl_gpt_event table, pawl_span id, pawl_gpt_partition *ret, size_t *ret_number)
{
        for (*ret_number = 1; pawl_gpt_partition_next(&table, ret) == PAWL_OK; (*ret_number)++)
                if (pawl_span_equal(ret->id, id))
                        return true;
        return false;
}

static void begin(pawl_words *w, size_t number)
{
        pawl_words_put(w, "%spartition %zu ", w->len > 0 ? "; " : "", number);
}

static void tell_one(pawl_words *w, const pawl_gpt_event *table, const pawl_gpt_partition *p,
        size_t number, const char *what)
{
        begin(w, number);
        pawl_gpt_partition_describe(w, table, p);
        pawl_words_put(w, " is %s", what);
}

/* Partitions of `a` that `b` does not have. */
static void tell_missing(
        pawl_words *w, const pawl_gpt_event *a, const pawl_gpt_event *b, const char *what)
{
        pawl_gpt_event table = *a;
        pawl_gpt_partition p, other;
        size_t there;

        for (size_t n = 1; pawl_gpt_partition_next(&table, &p) == PAWL_OK; n++)
                if (!find(*b, p.id, &other, &there))
                        tell_one(w, a, &p, n, what);
}

static void tell_change(pawl_words *w, const pawl_gpt_event *tables, const pawl_gpt_partition *a,
        const pawl_gpt_partition *b, size_t number)
{
        const uint64_t size_a = a->last - a->first, size_b = b->last - b->first;

        if (pawl_span_equal(a->name, b->name) && pawl_span_equal(a->type, b->type) &&
                a->first == b->first && a->last == b->last && a->attributes == b->attributes)
                return;
        begin(w, number);
        pawl_gpt_partition_describe(w, &tables[1], b);
        if (!pawl_span_equal(a->name, b->name)) {
                pawl_words_put(w, " was named '");
                pawl_words_utf16(w, a->name);
                pawl_words_put(w, "'");
        }
        if (!pawl_span_equal(a->type, b->type))
                pawl_words_put(w, " had another type");
        if (size_a != size_b) {
                pawl_words_put(w, size_b > size_a ? " grew from " : " shrank from ");
                pawl_gpt_size_describe(w, &tables[0], a->first, a->last);
        }
        if (a->first != b->first)
                pawl_words_put(w, " begins elsewhere");
        if (a->attributes != b->attributes)
                pawl_words_put(w, " has other flags");
}

static void tell_changes(pawl_words *w, const pawl_gpt_event tables[2])
{
        pawl_gpt_event after = tables[1];
        pawl_gpt_partition a, b;
        size_t there;

        for (size_t n = 1; pawl_gpt_partition_next(&after, &b) == PAWL_OK; n++)
                if (find(tables[0], b.id, &a, &there))
                        tell_change(w, tables, &a, &b, n);
}

pawl_err pawl_change_of_partitions(pawl_words *w, pawl_span before, pawl_span after)
{
        pawl_gpt_event tables[2];

        PAWL_TRY(pawl_gpt_event_read(before, &tables[0]));
        PAWL_TRY(pawl_gpt_event_read(after, &tables[1]));
        if (!pawl_span_equal(tables[0].disk, tables[1].disk)) {
                pawl_words_put(w, "another disk, ");
                pawl_words_guid(w, tables[1].disk);
        }
        tell_missing(w, &tables[0], &tables[1], "gone");
        tell_missing(w, &tables[1], &tables[0], "new");
        tell_changes(w, tables);
        if (w->len == 0)
                pawl_words_put(w, "the same partitions, in another order or place of the table");
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-gpt.h"

#include "userspace/log/partition-type.h"

/* The entries fill sectors 2 to 5 of 4096 bytes or 2 to 33 of 512; what makes tables lets the first
 * partition begin right behind them, or at 1 MiB. */
static uint64_t sector_size(const pawl_gpt_event *table)
{
        return table->first_usable == 6 || table->first_usable == 256 ? 4096 : 512;
}

void pawl_gpt_size_describe(
        pawl_words *w, const pawl_gpt_event *table, uint64_t first, uint64_t last)
{
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
        const uint64_t n = last - first + 1, max = UINT64_MAX / sector_size(table);
        uint64_t size;
        unsigned unit = 0;

        if (last < first || n == 0 || n > max) {
                pawl_words_put(w, "of an impossible size");
                return;
        }
        size = n * sector_size(table) / 1024;
        for (; unit < 3 && size >= 10240; unit++)
                size /= 1024;
        pawl_words_put(w, "%llu %s", (unsigned long long)size, units[unit]);
}

void pawl_gpt_partition_describe(
        pawl_words *w, const pawl_gpt_event *table, const pawl_gpt_partition *p)
{
        const char *type = pawl_partition_type_name(p->type);
        size_t empty;

        pawl_words_put(w, "'");
        empty = w->len;
        pawl_words_utf16(w, p->name);
        if (w->len == empty)
                pawl_words_cut(w, empty - 1);
        else
                pawl_words_put(w, "' ");
        pawl_words_put(w, "(");
        if (type)
                pawl_words_put(w, "%s", type);
        else {
                pawl_words_put(w, "type ");
                pawl_words_guid(w, p->type);
        }
        pawl_words_put(w, ", ");
        pawl_gpt_size_describe(w, table, p->first, p->last);
        pawl_words_put(w, ")");
}

pawl_err pawl_gpt_describe(pawl_words *w, pawl_span event)
{
        pawl_gpt_partition p;
        pawl_gpt_event g;
        size_t n = 0;

        PAWL_TRY(pawl_gpt_event_read(event, &g));
        pawl_words_put(w, "partition table of the disk ");
        pawl_words_guid(w, g.disk);
        pawl_words_put(w, ", sectors %llu to %llu", (unsigned long long)g.first_usable,
                (unsigned long long)g.last_usable);
        while (pawl_gpt_partition_next(&g, &p) == PAWL_OK) {
                pawl_words_put(w, "%s%zu ", n == 0 ? ": " : "; ", n + 1);
                pawl_gpt_partition_describe(w, &g, &p);
                n++;
        }
        if (n == 0)
                pawl_words_put(w, ", no partitions");
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/place.h"

#include <string.h>

typedef struct area {
        uint64_t start, end; /* bytes; end is behind the last one */
} area;

static pawl_err find_existing(
        const pawl_gpt *t, const pawl_definition *def, pawl_place *ret, pawl_diag *d)
{
        for (size_t i = 0; i < t->n; i++) {
                const pawl_partition *p = &t->partitions[i];

                if (strcmp(p->type, def->type) != 0 || strcmp(p->label, def->label) != 0)
                        continue;
                if (ret->exists)
                        return pawl_fail(d, PAWL_ERR_DUPLICATE,
                                "%s: partitions %zu and %zu both have its type and label; remove "
                                "one",
                                def->file, ret->number, p->number);
                *ret = (pawl_place){ true, p->number, p->start, p->size };
        }
        return PAWL_OK;
}

static uint64_t align_up(uint64_t n)
{
        return n > UINT64_MAX - PAWL_PLACE_ALIGN
                       ? n
                       : (n + PAWL_PLACE_ALIGN - 1) / PAWL_PLACE_ALIGN * PAWL_PLACE_ALIGN;
}

/* The first partition that starts at or behind `from`, or overlaps it; NULL if there is none. */
static const pawl_partition *next_partition(const pawl_gpt *t, uint64_t from)
{
        const pawl_partition *best = NULL;

        for (size_t i = 0; i < t->n; i++) {
                const pawl_partition *p = &t->partitions[i];

                if (p->start + p->size > from && (!best || p->start < best->start))
                        best = p;
        }
        return best;
}

/* The largest area without partitions, aligned. */
static area largest_free(const pawl_gpt *t)
{
        uint64_t from = t->first_usable * t->sector_size;
        uint64_t limit = (t->last_usable + 1) * t->sector_size;
        area best = { 0, 0 };

        while (from < limit) {
                const pawl_partition *p = next_partition(t, from);
                area a = { align_up(from), p && p->start < limit ? p->start : limit };

                a.end = a.end / PAWL_PLACE_ALIGN * PAWL_PLACE_ALIGN;
                if (a.end > a.start && a.end - a.start > best.end - best.start)
                        best = a;
                if (!p)
                        break;
                from = p->start + p->size;
        }
        return best;
}

/* What the missing definitions from `i` on need at least. */
static uint64_t needed(const pawl_definitions *defs, const pawl_place *places, size_t i)
{
        uint64_t sum = 0;

        for (; i < defs->n; i++)
                if (!places[i].exists)
                        sum += align_up(defs->items[i].min_size);
        return sum;
}

static pawl_err put(
        const pawl_definitions *defs, size_t i, area *free_area, pawl_place *places, pawl_diag *d)
{
        const pawl_definition *def = &defs->items[i];
        uint64_t min = align_up(def->min_size), later = needed(defs, places, i + 1);
        uint64_t all = free_area->end - free_area->start, size;

        if (all < min || all - min < later)
                return pawl_fail(d, PAWL_ERR_NO_SPACE,
                        "%s: needs %llu MiB, and the largest free area of the disk has %llu MiB; "
                        "make room, or lower SizeMinBytes=",
                        def->file, (unsigned long long)(min >> 20),
                        (unsigned long long)(all >> 20));
        size = all - later;
        if (def->max_size != 0 && size > def->max_size)
                size = def->max_size / PAWL_PLACE_ALIGN * PAWL_PLACE_ALIGN;
        if (size < min)
                size = min;
        places[i].start = free_area->start;
        places[i].size = size;
        free_area->start += size;
        return PAWL_OK;
}

pawl_err pawl_places_find(const pawl_gpt *t, const pawl_definitions *defs,
        pawl_place ret[static PAWL_DEFINITIONS_MAX], pawl_diag *d)
{
        pawl_place places[PAWL_DEFINITIONS_MAX] = { 0 };
        area free_area = largest_free(t);

        for (size_t i = 0; i < defs->n; i++)
                PAWL_TRY(find_existing(t, &defs->items[i], &places[i], d));
        for (size_t i = 0; i < defs->n; i++)
                if (!places[i].exists)
                        PAWL_TRY(put(defs, i, &free_area, places, d));
        for (size_t i = 0; i < PAWL_DEFINITIONS_MAX; i++)
                ret[i] = places[i];
        return PAWL_OK;
}

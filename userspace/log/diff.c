/* SPDX-License-Identifier: BSD-2-Clause */
/* The longest common subsequence of the digests of each PCR: what is not in it was added or
 * removed, and of those that stand in one place two of a kind are one change. */
#include "userspace/log/diff.h"

#include <stdlib.h>

#include "core/efi-variable.h"
#include "core/pcr.h"
#include "userspace/host/cleanup.h"

#define TABLE_MAX (4u << 20) /* cells: logs that differ in more are told without alignment */

/* The events of one PCR. */
typedef struct list {
        pawl_event *events;
        size_t n, capacity;
} list;

static void list_done(list *l)
{
        free(l->events);
}
#define autolist pawl_cleanup(list_done)

static pawl_err list_add(list *l, const pawl_event *ev)
{
        if (l->n == l->capacity) {
                size_t more = l->capacity > 0 ? 2 * l->capacity : 64;
                pawl_event *events = reallocarray(l->events, more, sizeof(*events));

                if (!events)
                        return PAWL_ERR_NO_MEMORY;
                l->events = events;
                l->capacity = more;
        }
        l->events[l->n++] = *ev;
        return PAWL_OK;
}

static pawl_err collect(const pawl_eventlog *log, uint32_t pcr, list *ret)
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK)
                if (ev.pcr == pcr && ev.type != PAWL_EV_NO_ACTION)
                        PAWL_TRY(list_add(ret, &ev));
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

typedef struct job {
        pawl_alg bank;
        size_t len; /* bytes of a digest that are compared */
        uint32_t pcr;
        pawl_err (*use)(void *ctx, const pawl_log_change *c);
        void *ctx;
} job;

static bool is_same(const job *j, const pawl_event *a, const pawl_event *b)
{
        return a->type == b->type &&
               pawl_span_equal(pawl_span_of(a->digests[j->bank].bytes, j->len),
                       pawl_span_of(b->digests[j->bank].bytes, j->len));
}

/* Whether both are about one thing. */
static bool is_about_one(const pawl_event *a, const pawl_event *b)
{
        pawl_efi_variable va, vb;

        if (a->type != b->type)
                return false;
        if (a->type < PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG ||
                pawl_efi_variable_read(a->data, &va) != PAWL_OK ||
                pawl_efi_variable_read(b->data, &vb) != PAWL_OK)
                return true;
        return pawl_span_equal(va.name, vb.name);
}

/* Events between two that both have. */
typedef struct gap {
        const pawl_event *a, *b;
        size_t n_a, n_b;
} gap;

static pawl_err tell(const job *j, const pawl_event *before, const pawl_event *after)
{
        const pawl_log_change c = { j->pcr, before, after };

        return j->use(j->ctx, &c);
}

/* In order: each that is gone takes the next new one that is about the same thing; new ones that
 * are passed over come first. */
static pawl_err tell_gap(const job *j, const gap *g)
{
        size_t next = 0;

        for (size_t i = 0; i < g->n_a; i++) {
                size_t k = next;

                while (k < g->n_b && !is_about_one(&g->a[i], &g->b[k]))
                        k++;
                if (k == g->n_b) {
                        PAWL_TRY(tell(j, &g->a[i], NULL));
                        continue;
                }
                for (; next < k; next++)
                        PAWL_TRY(tell(j, NULL, &g->b[next]));
                PAWL_TRY(tell(j, &g->a[i], &g->b[k]));
                next = k + 1;
        }
        for (; next < g->n_b; next++)
                PAWL_TRY(tell(j, NULL, &g->b[next]));
        return PAWL_OK;
}

/* length[i][k]: of the longest common subsequence of a[i..] and b[k..]. */
static void fill(const job *j, const gap *g, uint32_t *length)
{
        const size_t width = g->n_b + 1;

        for (size_t i = g->n_a; i-- > 0;)
                for (size_t k = g->n_b; k-- > 0;) {
                        uint32_t down = length[(i + 1) * width + k];
                        uint32_t right = length[i * width + k + 1];

                        length[i * width + k] = is_same(j, &g->a[i], &g->b[k])
                                                        ? length[(i + 1) * width + k + 1] + 1
                                                        : (down > right ? down : right);
                }
}

static pawl_err walk(const job *j, const gap *g, const uint32_t *length)
{
        const size_t width = g->n_b + 1;
        gap open = { g->a, g->b, 0, 0 };

        for (size_t i = 0, k = 0; i < g->n_a || k < g->n_b;) {
                if (i < g->n_a && k < g->n_b && is_same(j, &g->a[i], &g->b[k])) {
                        PAWL_TRY(tell_gap(j, &open));
                        i++;
                        k++;
                        open = (gap){ g->a + i, g->b + k, 0, 0 };
                } else if (k == g->n_b || (i < g->n_a && length[(i + 1) * width + k] >=
                                                                 length[i * width + k + 1])) {
                        i++;
                        open.n_a++;
                } else {
                        k++;
                        open.n_b++;
                }
        }
        return tell_gap(j, &open);
}

/* Same beginnings and ends are the rule, and cost nothing. */
static gap trim(const job *j, const list *a, const list *b)
{
        gap g = { a->events, b->events, a->n, b->n };

        while (g.n_a > 0 && g.n_b > 0 && is_same(j, g.a, g.b)) {
                g.a++;
                g.b++;
                g.n_a--;
                g.n_b--;
        }
        while (g.n_a > 0 && g.n_b > 0 && is_same(j, &g.a[g.n_a - 1], &g.b[g.n_b - 1])) {
                g.n_a--;
                g.n_b--;
        }
        return g;
}

static pawl_err diff_lists(const job *j, const list *a, const list *b)
{
        pawl_autofree uint32_t *length = NULL;
        gap g = trim(j, a, b);

        if ((g.n_a + 1) * (g.n_b + 1) > TABLE_MAX)
                return tell_gap(j, &g);
        length = calloc((g.n_a + 1) * (g.n_b + 1), sizeof(*length));
        if (!length)
                return PAWL_ERR_NO_MEMORY;
        fill(j, &g, length);
        return walk(j, &g, length);
}

static pawl_err diff_pcr(const job *j, const pawl_eventlog *a, const pawl_eventlog *b)
{
        autolist list la = { 0 }, lb = { 0 };

        PAWL_TRY(collect(a, j->pcr, &la));
        PAWL_TRY(collect(b, j->pcr, &lb));
        return diff_lists(j, &la, &lb);
}

pawl_err pawl_events_diff_brief(const pawl_event *before, size_t n_before, const pawl_eventlog *now,
        unsigned pcr, pawl_alg bank, size_t brief,
        pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx, pawl_diag *d)
{
        const job j = { .bank = bank, .len = brief, .pcr = pcr, .use = use, .ctx = ctx };
        autolist list a = { 0 }, b = { 0 };

        if (!(now->banks >> bank & 1))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "the log has no digests of the bank %s",
                        pawl_alg_info_of(bank)->name);
        for (size_t i = 0; i < n_before; i++)
                PAWL_TRY(list_add(&a, &before[i]));
        PAWL_TRY(collect(now, pcr, &b));
        return diff_lists(&j, &a, &b);
}

pawl_err pawl_eventlog_diff(const pawl_eventlog *a, const pawl_eventlog *b, uint32_t mask,
        pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx, pawl_diag *d)
{
        job j = { .use = use, .ctx = ctx };

        if (pawl_alg_best(a->banks & b->banks, &j.bank) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the two logs have digests of no bank in common, so nothing can be "
                        "compared");
        j.len = pawl_alg_info_of(j.bank)->size;
        for (j.pcr = 0; j.pcr < PAWL_PCR_COUNT; j.pcr++)
                if (mask >> j.pcr & 1)
                        PAWL_TRY(diff_pcr(&j, a, b));
        return PAWL_OK;
}

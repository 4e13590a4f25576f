/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/timeline.h"

#include <stdio.h>
#include <time.h>

int64_t pawl_now_ms(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void pawl_timeline_start(pawl_timeline *t)
{
        *t = (pawl_timeline){ .started_ms = pawl_now_ms() };
        t->step_ms = t->started_ms;
}

void pawl_timeline_mark(pawl_timeline *t, const char *name)
{
        int64_t now = pawl_now_ms();

        if (t->n < PAWL_TIMELINE_MAX) {
                t->steps[t->n].name = name;
                t->steps[t->n++].ms = now - t->step_ms;
        }
        t->step_ms = now;
}

void pawl_timeline_text(const pawl_timeline *t, char *ret, size_t size)
{
        int64_t all = t->step_ms - t->started_ms;
        int n = snprintf(ret, size, "%d.%02d s:", (int)(all / 1000), (int)(all % 1000 / 10));

        for (size_t i = 0; i < t->n && n >= 0 && (size_t)n < size; i++) {
                int64_t ms = t->steps[i].ms;

                n += snprintf(ret + n, size - (size_t)n, "%s %s %d.%02d", i > 0 ? "," : "",
                        t->steps[i].name, (int)(ms / 1000), (int)(ms % 1000 / 10));
        }
}

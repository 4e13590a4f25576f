/* SPDX-License-Identifier: BSD-2-Clause */
/* How long each step of the boot took. */
#ifndef PAWL_INIT_TIMELINE_H
#define PAWL_INIT_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#define PAWL_TIMELINE_MAX 16

typedef struct pawl_timeline {
        struct {
                const char *name;
                int64_t ms;
        } steps[PAWL_TIMELINE_MAX];
        size_t n;
        int64_t started_ms, step_ms;
} pawl_timeline;

/* Milliseconds of a clock that only goes forward. */
int64_t pawl_now_ms(void);

void pawl_timeline_start(pawl_timeline *t);
/* What passed since the last call (or the start) belongs to `name`, which is kept as it is. */
void pawl_timeline_mark(pawl_timeline *t, const char *name);
/* "1.23 s: mounts 0.02, modules 0.41, …", NUL-terminated, cut where it does not fit. */
void pawl_timeline_text(const pawl_timeline *t, char *ret, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between two firmware logs, event by event. Neither is proven here: for people who
 * look for a reason, not for decisions. */
#ifndef PAWL_LOG_DIFF_H
#define PAWL_LOG_DIFF_H

#include "core/eventlog.h"
#include "userspace/host/diag.h"

/* One difference. `before` NULL: the event is new; `after` NULL: it is gone; both: the same thing
 * (a variable of that name, an event of that type at that place) with another content. */
typedef struct pawl_log_change {
        uint32_t pcr;
        const pawl_event *before, *after;
} pawl_log_change;

/* Calls `use` for each difference in the PCRs of `mask`, PCR by PCR and in the order of the logs.
 * Compared are digests of the best bank that both have: UNSUPPORTED if they have none in common.
 * Errors of `use` end it and are returned. */
PAWL_MUST_CHECK pawl_err pawl_eventlog_diff(const pawl_eventlog *a, const pawl_eventlog *b,
        uint32_t mask, pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx,
        pawl_diag *d);

/* The same for one PCR, where of before only the types and the first `brief` bytes of the digests
 * of `bank` are left. UNSUPPORTED if `now` has not that bank. */
PAWL_MUST_CHECK pawl_err pawl_events_diff_brief(const pawl_event *before, size_t n_before,
        const pawl_eventlog *now, unsigned pcr, pawl_alg bank, size_t brief,
        pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx, pawl_diag *d);

#endif

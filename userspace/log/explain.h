/* SPDX-License-Identifier: BSD-2-Clause */
/* Both logs sorted by PCR and put into words, where a long run of one kind of event is told by its
 * first and last ones: for a person who wants to know what a PCR is made of. `pawl log show` tells
 * every event. */
#ifndef PAWL_LOG_EXPLAIN_H
#define PAWL_LOG_EXPLAIN_H

#include "core/pcr.h"
#include "userspace/host/cleanup.h"
#include "userspace/log/log.h"

#define PAWL_EXPLAINED_LINES_MAX 96 /* of one PCR */

/* What the words of a line are worth once its PCR is proven. */
typedef enum pawl_words_worth {
        PAWL_WORDS_LABEL,    /* something else was measured: anyone could have changed the words */
        PAWL_WORDS_MEASURED, /* they were measured themselves */
        PAWL_WORDS_FALSE,    /* the specification wants them measured, and they were not */
} pawl_words_worth;

typedef struct pawl_explained_line {
        char *text;      /* UTF-8 without control characters */
        size_t n_events; /* that it stands for */
        pawl_words_worth worth;
} pawl_explained_line;

typedef struct pawl_explained_pcr {
        size_t n_events; /* that extended it */
        pawl_explained_line lines[PAWL_EXPLAINED_LINES_MAX];
        size_t n_lines;
        size_t n_untold; /* events that had no room */
} pawl_explained_pcr;

typedef struct pawl_log_explanation {
        pawl_explained_pcr pcrs[PAWL_PCR_COUNT];
} pawl_log_explanation;

/* The PCRs of `mask`. Proves nothing: pawl_logs_replay and PCR values do. */
PAWL_MUST_CHECK pawl_err pawl_log_explain(
        const pawl_logs *l, uint32_t mask, pawl_log_explanation **ret);
void pawl_log_explanation_free_p(pawl_log_explanation **e);
#define pawl_autologexplanation pawl_cleanup(pawl_log_explanation_free_p)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs held against PCR values: the one rule of which PCRs of which banks are judged. */
#ifndef PAWL_PAWL_LOG_COMPARE_H
#define PAWL_PAWL_LOG_COMPARE_H

#include "userspace/log/log.h"
#include "userspace/log/pcr-file.h"

typedef struct pawl_log_comparison {
        unsigned pcr;
        const pawl_digest *log, *tpm; /* same bank */
        bool agrees;
} pawl_log_comparison;

/* Calls `use` for each PCR that stands on both sides, bank by bank. Banks that stand on one side
 * only are told on stderr. PCR 10 belongs to the kernel's IMA, and is judged only where one of the
 * logs speaks of it. Errors of `use` end it and are returned. */
PAWL_MUST_CHECK pawl_err pawl_log_compare(const pawl_logs *l, const pawl_pcr_values *v,
        pawl_err (*use)(void *ctx, const pawl_log_comparison *c), void *ctx, pawl_diag *d);

#endif

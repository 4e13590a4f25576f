/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the forecast share. */
#ifndef PAWL_LOG_FORECAST_INTERNAL_H
#define PAWL_LOG_FORECAST_INTERNAL_H

#include <stdio.h>

#include "userspace/log/forecast.h"

#define PAWL_PCR_PLATFORM_CONFIG 1u
#define PAWL_PCR_KERNEL          9u

typedef struct pawl_forecast_job {
        const pawl_verified_log *now;
        const pawl_forecast_wish *wish;
        pawl_forecast *f;
        FILE *out; /* the log that comes about */
        pawl_uki uki;
        pawl_boot_input in;
        pawl_plan plan; /* borrows from `in` */
        bool has_plan;
        bool is_other_program[PAWL_FORECAST_PROGRAM_MAX_]; /* not the file of this boot */
        bool is_program_seen[PAWL_FORECAST_PROGRAM_MAX_];  /* its event was in the log */
        bool has_written_conf;
        pawl_diag *d;
} pawl_forecast_job;

void pawl_forecast_cannot_tell(pawl_forecast_job *j, unsigned pcr, const char *why);
/* Every PCR that what is started decides. */
void pawl_forecast_cannot_tell_start(pawl_forecast_job *j, const char *why);
void pawl_forecast_differs(pawl_forecast_job *j, unsigned pcr, const char *why);

/* forecast-write.c: TCG_PCR_EVENT2 records (PFP 1.05, 10.2.2) with a digest of the log's bank
 * alone: a large image is hashed once. */
PAWL_MUST_CHECK pawl_err pawl_forecast_put_event(pawl_forecast_job *j, uint32_t pcr, uint32_t type,
        const pawl_span *parts, size_t n_parts, size_t n_zeros, pawl_span data);
/* An event whose data is what is measured. */
PAWL_MUST_CHECK pawl_err pawl_forecast_put_data(
        pawl_forecast_job *j, uint32_t pcr, uint32_t type, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_forecast_put_measurement(
        pawl_forecast_job *j, const pawl_measurement *m);
PAWL_MUST_CHECK pawl_err pawl_forecast_put_digest(
        pawl_forecast_job *j, const pawl_event *ev, const pawl_digest *digest);
/* As it is in this boot's log. */
void pawl_forecast_put_again(pawl_forecast_job *j, const pawl_event *ev, size_t end);

/* forecast-variables.c: Secure Boot's databases (PCR 7), the boot order (PCR 1). `*ret_done`: the
 * event was written, or does not come again. */
PAWL_MUST_CHECK pawl_err pawl_forecast_take_variable(
        pawl_forecast_job *j, const pawl_event *ev, bool *ret_done);

/* forecast-start.c: the loader and the image (PCR 4), loader.conf (PCR 5), what the stub measures
 * (PCR 11, 12). */
/* What firmware measures of a program, and checks signatures against. */
PAWL_MUST_CHECK pawl_err pawl_forecast_authenticode(
        const pawl_pe *pe, pawl_alg alg, pawl_digest *ret);
PAWL_MUST_CHECK pawl_err pawl_forecast_read_start(pawl_forecast_job *j);
PAWL_MUST_CHECK pawl_err pawl_forecast_take_start(
        pawl_forecast_job *j, const pawl_event *ev, bool *ret_done);
PAWL_MUST_CHECK pawl_err pawl_forecast_end_start(pawl_forecast_job *j);

/* forecast-authority.c: who will vouch for the programs (PCR 7). After pawl_forecast_read_start. */
PAWL_MUST_CHECK pawl_err pawl_forecast_judge_authorities(pawl_forecast_job *j);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What a forecast is made of: the boot partition, the Secure Boot variables, and what a person says
 * will be another one. */
#ifndef PAWL_PAWL_FORECAST_INPUTS_H
#define PAWL_PAWL_FORECAST_INPUTS_H

#include "userspace/boot/next-start.h"
#include "userspace/log/forecast.h"

/* Options that verbs share; each may be NULL. */
typedef struct pawl_forecast_args {
        pawl_next_start_args start;
        const char *db, *dbx; /* files: updates as they are shipped */
        bool without_secure_boot;
} pawl_forecast_args;

typedef struct pawl_forecast_inputs {
        pawl_next_start start;
        bool has_start; /* else nothing is known of it: the image of this boot, or the one given */
        pawl_buffer variables[PAWL_FORECAST_VARIABLE_MAX_];
        pawl_forecast_wish wish; /* borrows all of the above */
        /* The PCR signatures (JSON) of the image that will be started, where that was read. */
        bool has_signature;
        pawl_span signature;
} pawl_forecast_inputs;
void pawl_forecast_inputs_done(pawl_forecast_inputs *i);

/* `ret` is large, and must stay where it is. Fails for what a person named and cannot be read. */
PAWL_MUST_CHECK pawl_err pawl_forecast_inputs_read(
        const pawl_forecast_args *a, pawl_forecast_inputs *ret, pawl_diag *d);

/* What a person should know about how the forecast was made; to stderr. */
void pawl_forecast_inputs_tell(const pawl_forecast_args *a, const pawl_forecast_inputs *i);

#endif

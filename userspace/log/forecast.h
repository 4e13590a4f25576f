/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's log of the coming boot, as far as it can be told: this boot's log with the events
 * that will be others. What cannot be told is a PCR of `unknown`, with the reason, never a guess.
 */
#ifndef PAWL_LOG_FORECAST_H
#define PAWL_LOG_FORECAST_H

#include "core/efi-variable.h"
#include "core/sidecar.h"
#include "core/uki.h"
#include "userspace/log/log.h"

/* Secure Boot's databases that may be others at the next boot. */
typedef enum pawl_forecast_variable {
        PAWL_FORECAST_PK,
        PAWL_FORECAST_KEK,
        PAWL_FORECAST_DB,
        PAWL_FORECAST_DBX,
        PAWL_FORECAST_VARIABLE_MAX_,
} pawl_forecast_variable;
const char *pawl_forecast_variable_name(pawl_forecast_variable v);
const uint8_t *pawl_forecast_variable_guid(pawl_forecast_variable v);

/* What the firmware loads on the way, in the order in which it is started. */
typedef enum pawl_forecast_program {
        PAWL_FORECAST_LOADER,
        PAWL_FORECAST_IMAGE,
        PAWL_FORECAST_PROGRAM_MAX_,
} pawl_forecast_program;

typedef struct pawl_forecast_wish {
        struct {
                const pawl_pe *pe; /* as it will be; NULL: as it was measured */
                const char *was;   /* its path in this boot, as firmware writes it; NULL: unknown */
        } programs[PAWL_FORECAST_PROGRAM_MAX_];
        unsigned profile; /* of the image */

        /* Whether what goes along with the image is known: */
        bool has_start;
        pawl_span sidecars[PAWL_SIDECAR_MAX_];
        bool is_loader_ours; /* it hands nothing over but the profile, and measures `conf` */
        bool has_conf;       /* loader.conf is there */
        pawl_span conf;
        /* What will be started cannot be told, and why; NULL: it can. */
        const char *unknown_start;

        bool without_secure_boot;
        bool has_live_variables; /* the log is this machine's: the boot order may be looked at */
        struct {
                bool is_given;  /* else as it was measured in this boot */
                pawl_span data; /* the whole variable */
                /* The firmware will make the variable of this and of what it has, and has its own
                 * way to do so: that it is another one is certain, not which. */
                bool is_update;
        } variables[PAWL_FORECAST_VARIABLE_MAX_];
} pawl_forecast_wish;

typedef struct pawl_forecast {
        pawl_logs logs;    /* without a user log: as it is when the initrd begins */
        pawl_pcr_set pcrs; /* 0 to 15, that the log leads to */
        /* PCRs that will not be what they are now, that is certain; their values here are only
         * examples. */
        uint32_t differ;
        uint32_t unknown;
        /* Static, or the wish's; for PCRs of `differ` and `unknown`. */
        const char *why[PAWL_PCR_COUNT];
        /* The firmware will not start what is to be started, and why; NULL: nothing says so. */
        const char *refused;
} pawl_forecast;
void pawl_forecast_done(pawl_forecast *f);
#define pawl_autoforecast pawl_cleanup(pawl_forecast_done)

/* `now`: this boot's log; PCRs that it does not prove are unknown. The bank is its bank.
 * UNSUPPORTED for a log of TPM 1.2's format or with digests of an algorithm that we do not know;
 * errors of the image as pawl_uki_read. */
PAWL_MUST_CHECK pawl_err pawl_forecast_make(const pawl_verified_log *now,
        const pawl_forecast_wish *wish, pawl_forecast *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Holds the stub's events of a firmware log against the plan of an image (core/plan.h): the rule
 * that the stub followed is the one that the log is judged by. */
#ifndef PAWL_LOG_MATCH_H
#define PAWL_LOG_MATCH_H

#include "core/eventlog.h"
#include "core/plan.h"
#include "userspace/host/diag.h"

typedef struct pawl_uki_match {
        bool is_match; /* PCR 11 holds exactly the plan's items, PCR 12 all of them in order */
        bool is_kernel_match;   /* PCR 11 does */
        unsigned profile;       /* that was started, or of the plan that came closest */
        bool uses_load_options; /* the command line came from outside of the image */
        size_t n_items;         /* of the plan */
        size_t n_matched;
        size_t n_extra;    /* events of PCR 12 that no plan of this image has: somebody else's */
        size_t n_sidecars; /* of them, those that say they are credentials beside the image */
        char reason[256];  /* what does not match; empty if all does */
        /* sections that the plan has and the log does not, of those that stubs before systemd 256
         * do not know and therefore neither measure nor use: ".uname .sbat"; empty for Pawl's stub
         */
        char unmeasured[64];
} pawl_uki_match;

/* Tries each profile of the image, and each command line that PCR 12 may hold. Digests are compared
 * in every bank of the log. `sidecars`: the archives of what lies beside the image, where the log
 * is to be held against them too (an empty one: it must not be there); NULL: such events are only
 * counted. Fails only if the image or the log cannot be read. */
PAWL_MUST_CHECK pawl_err pawl_log_match_uki(const pawl_eventlog *log, const pawl_pe *pe,
        const pawl_span sidecars[PAWL_SIDECAR_MAX_], pawl_uki_match *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether something that is sealed to a boot will open at the next one: this boot's answer, the
 * coming boot's, and what of that is certain. */
#ifndef PAWL_LUKS_PROSPECT_H
#define PAWL_LUKS_PROSPECT_H

#include "userspace/log/forecast.h"
#include "userspace/luks/explain.h"

typedef enum pawl_outlook {
        PAWL_OUTLOOK_OPENS,
        PAWL_OUTLOOK_STAYS_SHUT,
        PAWL_OUTLOOK_UNSURE,
        PAWL_OUTLOOK_MAX_,
} pawl_outlook;
/* "will open" */
const char *pawl_outlook_text(pawl_outlook o);

typedef struct pawl_prospect {
        pawl_outlook outlook;
        char reason[768];
        const char *advice; /* static; NULL: none */
} pawl_prospect;

/* For what is bound to the PCRs of `bound`, literally or signed. `now`, `next`: what
 * pawl_explain_token says of this boot and of the one that `f` foretells. */
void pawl_prospect_judge(uint32_t bound, const pawl_forecast *f, const pawl_explanation *now,
        const pawl_explanation *next, pawl_prospect *ret);
void pawl_prospect_unsure(pawl_prospect *ret, const char *reason, const char *advice);

#endif

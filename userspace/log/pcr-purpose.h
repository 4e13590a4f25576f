/* SPDX-License-Identifier: BSD-2-Clause */
/* What each PCR is for, in words. PFP 1.05, 3.3.4, for 0 to 7; the UAPI group's list of PCRs for
 * the others. */
#ifndef PAWL_LOG_PCR_PURPOSE_H
#define PAWL_LOG_PCR_PURPOSE_H

typedef struct pawl_pcr_purpose {
        const char *name; /* a few words, for a heading: "Secure Boot" */
        const char *text; /* one sentence: what changes it */
        const char *who;  /* extends it: "the firmware, before all else" */
} pawl_pcr_purpose;

/* Never NULL, also for numbers that are no PCR's. */
const pawl_pcr_purpose *pawl_pcr_purpose_of(unsigned pcr);

#endif

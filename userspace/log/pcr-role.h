/* SPDX-License-Identifier: BSD-2-Clause */
/* What a PCR is for and who extends it, for people. PFP 1.05, 3.3.4, for 0 to 7; what Linux'
 * loaders do for 8, 9, 14; docs/MEASUREMENTS.md for 11 to 13 and 15. */
#ifndef PAWL_LOG_PCR_ROLE_H
#define PAWL_LOG_PCR_ROLE_H

typedef struct pawl_pcr_role {
        const char *what, *who; /* static */
} pawl_pcr_role;

/* `pcr` is less than PAWL_PCR_COUNT. */
const pawl_pcr_role *pawl_pcr_role_of(unsigned pcr);

#endif

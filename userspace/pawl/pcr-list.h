/* SPDX-License-Identifier: BSD-2-Clause */
/* PCRs as people and systemd's tools name them: "7+12", "secure-boot-policy", "4:sha256=HEX". */
#ifndef PAWL_PAWL_PCR_LIST_H
#define PAWL_PAWL_PCR_LIST_H

#include "core/policy.h"
#include "userspace/host/diag.h"

typedef struct pawl_pcr_list {
        uint32_t mask;       /* all PCRs named */
        uint32_t with_value; /* those whose value was given: in `set.values` */
        bool has_bank;       /* a bank was named: `set.bank` */
        pawl_pcr_set set;    /* mask == mask */
} pawl_pcr_list;

/* Elements are joined by '+' or ','; "" names none. USAGE names the element: unknown PCR, unknown
 * bank, two banks, a value of the wrong length. */
PAWL_MUST_CHECK pawl_err pawl_pcr_list_parse(const char *text, pawl_pcr_list *ret, pawl_diag *d);

/* `--tpm2-public-key-pcrs=`: which PCRs are signed, NULL for 11. The signatures say for which
 * values: USAGE for a list with values. */
PAWL_MUST_CHECK pawl_err pawl_pcr_list_signed(const char *text, uint32_t *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What tokens are explained by: the logs, the image's signatures, and what the TPM says. Each bank
 * of the TPM is read once, however many tokens are asked about. */
#ifndef PAWL_LUKS_BOOT_STATE_H
#define PAWL_LUKS_BOOT_STATE_H

#include "userspace/luks/explain.h"

/* NULL: the live one. */
typedef struct pawl_boot_places {
        const char *firmware_log, *user_log, *signature;
} pawl_boot_places;

typedef struct pawl_boot_state {
        pawl_logs logs;
        pawl_buffer signature; /* JSON */
        pawl_tpm *t;           /* borrowed; set by pawl_boot_state_ask */
        pawl_tpm_info info;
        uint32_t banks; /* bit pawl_alg: `pcrs[alg]` was read */
        pawl_pcr_set pcrs[PAWL_ALG_MAX_];
} pawl_boot_state;
void pawl_boot_state_done(pawl_boot_state *s);

/* The files; no TPM command. Errors as pawl_signatures_read and pawl_logs_load. */
PAWL_MUST_CHECK pawl_err pawl_boot_state_read(
        const pawl_boot_places *from, pawl_boot_state *ret, pawl_diag *d);
/* What the TPM says of itself. */
PAWL_MUST_CHECK pawl_err pawl_boot_state_ask(pawl_boot_state *s, pawl_tpm *t, pawl_diag *d);
/* For tokens of that bank; `ret` borrows `s`. */
PAWL_MUST_CHECK pawl_err pawl_boot_state_facts(
        pawl_boot_state *s, pawl_alg bank, pawl_boot_facts *ret, pawl_diag *d);

#endif

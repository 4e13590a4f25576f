/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR values that somebody wrote down. */
#ifndef PAWL_LOG_PCR_FILE_H
#define PAWL_LOG_PCR_FILE_H

#include "core/policy.h"
#include "userspace/host/diag.h"

#define PAWL_PCR_FILE_MAX (256u << 10) /* bytes */

typedef struct pawl_pcr_values {
        uint32_t banks; /* bit `pawl_alg`: `sets[alg]` is there */
        pawl_pcr_set sets[PAWL_ALG_MAX_];
} pawl_pcr_values;

/* Either JSON, {"sha256": {"0": "hex"}}, or what tpm2_pcrread prints: a line "sha256:" and then
 * lines "0 : 0xHEX". Banks of algorithms that we do not know are skipped. FORMAT names the line;
 * DUPLICATE for a PCR that stands twice. */
PAWL_MUST_CHECK pawl_err pawl_pcr_values_parse(pawl_span text, pawl_pcr_values *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_pcr_values_read(const char *path, pawl_pcr_values *ret, pawl_diag *d);

#endif

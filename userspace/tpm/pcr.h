/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR selections and reading in a session, for the files of this room. */
#ifndef PAWL_TPM_PCR_H
#define PAWL_TPM_PCR_H

#include "userspace/tpm/esys.h"

void pawl_tpm_select(TPMS_PCR_SELECTION *s, pawl_alg bank, uint32_t mask);
uint32_t pawl_tpm_selected(const TPMS_PCR_SELECTION *s);
/* As pawl_tpm_pcr_read, in a session (audit) or ESYS_TR_NONE. */
PAWL_MUST_CHECK pawl_err pawl_tpm_pcr_read_in(pawl_tpm *t, ESYS_TR session, pawl_alg bank,
        uint32_t mask, pawl_pcr_set *ret, pawl_diag *d);

#endif

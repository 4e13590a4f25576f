/* SPDX-License-Identifier: BSD-2-Clause */
/* What dies with a TPM that is cleared: every volume of any OS that it opens. */
#ifndef PAWL_PAWL_TPM_VICTIMS_H
#define PAWL_PAWL_TPM_VICTIMS_H

#include "userspace/host/diag.h"

/* Prints a line for each partition of each disk that has a TPM2 token, or is BitLocker's. */
void pawl_tpm_victims_print(void);

#endif

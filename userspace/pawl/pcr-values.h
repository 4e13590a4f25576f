/* SPDX-License-Identifier: BSD-2-Clause */
/* What the logs are held against: values that somebody wrote down, or the TPM's. */
#ifndef PAWL_PAWL_PCR_VALUES_H
#define PAWL_PAWL_PCR_VALUES_H

#include "userspace/log/pcr-file.h"

/* From the file `path` (as pawl_pcr_values_read), or where that is NULL from the TPM `spec`: PCR 0
 * to 15 of each active bank. */
PAWL_MUST_CHECK pawl_err pawl_pcr_values_get(
        const char *path, const char *spec, pawl_pcr_values *ret, pawl_diag *d);

#endif

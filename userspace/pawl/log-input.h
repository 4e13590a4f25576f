/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs about logs start from: both logs, and PCR values to hold them against. */
#ifndef PAWL_PAWL_LOG_INPUT_H
#define PAWL_PAWL_LOG_INPUT_H

#include "userspace/log/log.h"
#include "userspace/log/pcr-file.h"

/* As pawl_logs_load; a record without an end is told on stderr. */
PAWL_MUST_CHECK pawl_err pawl_log_input(
        const char *firmware_path, const char *user_path, pawl_logs *ret, pawl_diag *d);
/* From a file, or (`file` NULL) those of the boot from every active bank of a TPM. */
PAWL_MUST_CHECK pawl_err pawl_log_input_values(
        const char *file, const char *tpm, pawl_pcr_values *ret, pawl_diag *d);

#endif

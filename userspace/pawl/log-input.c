/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/log-input.h"

#include "core/pcr.h"
#include "userspace/host/output.h"
#include "userspace/tpm/tpm.h"

pawl_err pawl_log_input(
        const char *firmware_path, const char *user_path, pawl_logs *ret, pawl_diag *d)
{
        PAWL_TRY(pawl_logs_load(firmware_path, user_path, ret, d));
        if (ret->user.n_torn > 0)
                pawl_say("user log: byte %zu: a record without an end was skipped",
                        ret->user.torn_off);
        return PAWL_OK;
}

static pawl_err read_tpm(const char *spec, pawl_pcr_values *ret, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_pcr_values v = { 0 };

        PAWL_TRY(pawl_tpm_open(spec, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_tpm_banks(t, &v.banks, d));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((v.banks >> a & 1) != 0)
                        PAWL_TRY(pawl_tpm_pcr_read(t, a, PAWL_PCRS_BOOT, &v.sets[a], d));
        *ret = v;
        return PAWL_OK;
}

pawl_err pawl_log_input_values(
        const char *file, const char *tpm, pawl_pcr_values *ret, pawl_diag *d)
{
        return file ? pawl_pcr_values_read(file, ret, d) : read_tpm(tpm, ret, d);
}

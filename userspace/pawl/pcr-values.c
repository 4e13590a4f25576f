/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/pcr-values.h"

#include "userspace/tpm/tpm.h"

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

pawl_err pawl_pcr_values_get(const char *path, const char *spec, pawl_pcr_values *ret, pawl_diag *d)
{
        return path ? pawl_pcr_values_read(path, ret, d) : read_tpm(spec, ret, d);
}

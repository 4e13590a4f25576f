/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/measure.h"

#include "userspace/luks/demand.h"

#define LOG_LOCK_MS 1000

static pawl_measurer measurer_of(const pawl_boot *b)
{
        return (pawl_measurer){ .tpm = b->tpm.t, .srk = b->tpm.srk, .lock_ms = LOG_LOCK_MS };
}

/* What counts is the PCR: the record may be missing. */
static pawl_err judge(pawl_boot *b, pawl_err err, bool is_measured, pawl_diag *d)
{
        if (err == PAWL_OK || !is_measured)
                return err;
        pawl_consoles_say(&b->consoles, "measured, but not in the user log: %s", pawl_diag_text(d));
        return PAWL_OK;
}

pawl_err pawl_boot_measure_phase(pawl_boot *b, pawl_phase phase, pawl_diag *d)
{
        pawl_measurer m = measurer_of(b);
        bool is_measured = false;
        pawl_err err = pawl_measure_phase(&m, phase, /* again= */ false, &is_measured, d);

        return judge(b, err, is_measured, d);
}

pawl_err pawl_boot_measure_volume_key(pawl_boot *b, const pawl_boot_volume *v, pawl_diag *d)
{
        pawl_measurer m = measurer_of(b);
        bool is_measured = false;
        pawl_err err = pawl_demand_measure_key(&m, v->v, v->name, b->tpm.banks, &is_measured, d);

        return judge(b, err, is_measured, d);
}

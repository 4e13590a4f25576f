/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/measure.h"

#include "userspace/log/user-log.h"
#include "userspace/seal/measure.h"

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
        char text[PAWL_VOLUME_KEY_TEXT_MAX + 1] = "";
        pawl_writer w = pawl_writer_of(text, sizeof(text) - 1);
        pawl_measurer m = measurer_of(b);
        pawl_digest digests[PAWL_ALG_MAX_];
        bool is_measured = false;
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_volume_key_digests(v->v, v->name, b->tpm.banks, digests, &n, d));
        PAWL_TRY(pawl_volume_key_text(v->name, pawl_volume_uuid(v->v), &w));
        err = pawl_measure(&m, PAWL_PCR_IDENTITY, digests, n, PAWL_USER_EVENT_VOLUME_KEY, text,
                &is_measured, d);
        return judge(b, err, is_measured, d);
}

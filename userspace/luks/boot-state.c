/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/boot-state.h"

#include "userspace/luks/unlock.h"

void pawl_boot_state_done(pawl_boot_state *s)
{
        pawl_logs_done(&s->logs);
        pawl_buffer_done(&s->signature);
}

pawl_err pawl_boot_state_read(const pawl_boot_places *from, pawl_boot_state *ret, pawl_diag *d)
{
        PAWL_TRY(pawl_signatures_read(from->signature, &ret->signature, d));
        return pawl_logs_load(from->firmware_log, from->user_log, &ret->logs, d);
}

pawl_err pawl_boot_state_ask(pawl_boot_state *s, pawl_tpm *t, pawl_diag *d)
{
        s->t = t;
        return pawl_tpm_get_info(t, &s->info, d);
}

pawl_err pawl_boot_state_facts(
        pawl_boot_state *s, pawl_alg bank, pawl_boot_facts *ret, pawl_diag *d)
{
        if (!(s->banks >> bank & 1))
                PAWL_TRY(pawl_tpm_pcr_read(s->t, bank, PAWL_PCRS_BOOT, &s->pcrs[bank], d));
        s->banks |= 1u << bank;
        *ret = (pawl_boot_facts){ .tpm = &s->info,
                .logs = &s->logs,
                .pcrs = &s->pcrs[bank],
                .signature_json = pawl_buffer_span(&s->signature) };
        return PAWL_OK;
}

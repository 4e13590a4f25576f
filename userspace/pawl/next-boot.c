/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/next-boot.h"

/* What firmware, loader and stub measure, and no one after them. A forecast goes through all of it:
 * who forged the boot order or the loader's event could hide what will be started. */
#define PCRS_OF_THE_START 0x70ffu

void pawl_next_boot_done(pawl_next_boot *b)
{
        for (size_t i = 0; i < PAWL_ALG_MAX_; i++)
                pawl_forecast_done(&b->next[i]);
        pawl_forecast_inputs_done(&b->inputs);
        pawl_boot_state_done(&b->now);
        pawl_tpm_close_p(&b->t);
}

pawl_err pawl_next_boot_read(const pawl_next_boot_args *a, pawl_next_boot *ret, pawl_diag *d)
{
        PAWL_TRY(pawl_boot_state_read(&a->from, &ret->now, d));
        PAWL_TRY(pawl_forecast_inputs_read(&a->next, &ret->inputs, d));
        PAWL_TRY(pawl_tpm_open(a->tpm, PAWL_TPM_DEADLINE_MS, &ret->t, d));
        return pawl_boot_state_ask(&ret->now, ret->t, d);
}

pawl_span pawl_next_boot_signatures(const pawl_next_boot *b)
{
        return b->inputs.has_signature ? b->inputs.signature : pawl_buffer_span(&b->now.signature);
}

pawl_err pawl_next_boot_bank(
        pawl_next_boot *b, pawl_alg bank, const pawl_forecast **ret, pawl_diag *d)
{
        pawl_boot_facts today;
        pawl_verified_log log;

        *ret = &b->next[bank];
        if (b->foretold >> bank & 1)
                return PAWL_OK;
        PAWL_TRY(pawl_boot_state_facts(&b->now, bank, &today, d));
        PAWL_TRY(pawl_logs_verify(today.logs, today.pcrs, PCRS_OF_THE_START, &log, d));
        PAWL_TRY(pawl_forecast_make(&log, &b->inputs.wish, &b->next[bank], d));
        b->foretold |= 1u << bank;
        return PAWL_OK;
}

pawl_err pawl_next_boot_token(pawl_next_boot *b, const pawl_token *t, pawl_explanation *ret_now,
        pawl_prospect *ret, pawl_diag *d)
{
        const pawl_alg bank = pawl_token_bank(&t->tpm2);
        const pawl_forecast *f;
        pawl_boot_facts today, tomorrow;
        pawl_explanation now, next;

        PAWL_TRY(pawl_boot_state_facts(&b->now, bank, &today, d));
        PAWL_TRY(pawl_explain_token(t, &today, &now, d));
        if (ret_now)
                *ret_now = now;
        if (now.answer == PAWL_ANSWER_UNSURE) {
                pawl_prospect_unsure(ret, now.reason, now.advice);
                return PAWL_OK;
        }
        PAWL_TRY(pawl_next_boot_bank(b, bank, &f, d));
        tomorrow = (pawl_boot_facts){ .tpm = today.tpm,
                .logs = &f->logs,
                .pcrs = &f->pcrs,
                .signature_json = pawl_next_boot_signatures(b) };
        PAWL_TRY(pawl_explain_token(t, &tomorrow, &next, d));
        pawl_prospect_judge(t->tpm2.pcr_mask | t->tpm2.public_key_mask, f, &now, &next, ret);
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/why.h"

#include "userspace/luks/boot-state.h"

#define WHY_MS    3000u /* the TPM reads of it; those of a healthy one take milliseconds */
#define SHOWN_MAX 3u    /* changes of one PCR: a prompt is no log */

static void show_change(pawl_boot *b, const pawl_change *c)
{
        pawl_consoles_say(&b->consoles, "why: PCR %u: %s (%s %s%s%.160s)", c->pcr, c->meaning,
                c->what, c->type[0] != '\0' ? c->type : "in value", c->event[0] != '\0' ? ": " : "",
                c->event);
}

/* The first ones of each PCR: many changes of one must not hide another one. */
static void show(pawl_boot *b, const pawl_explanation *e)
{
        size_t n_shown = 0, n_of_pcr[PAWL_PCR_COUNT] = { 0 };
        bool is_suspicious = false;

        pawl_consoles_say(&b->consoles, "why: %s: %s", pawl_answer_text(e->answer), e->reason);
        for (size_t i = 0; i < e->n_changes; i++) {
                is_suspicious |= e->changes[i].is_suspicious;
                if (n_of_pcr[e->changes[i].pcr]++ >= SHOWN_MAX)
                        continue;
                show_change(b, &e->changes[i]);
                n_shown++;
        }
        if (e->n_changes + e->n_more > n_shown)
                pawl_consoles_say(&b->consoles,
                        "why: and %zu more changes; 'pawl disk explain' names them",
                        e->n_changes + e->n_more - n_shown);
        if (is_suspicious)
                pawl_consoles_say(&b->consoles,
                        "SUSPICIOUS: what takes part in the boot is not what it was. If you did "
                        "not change that, do not type a recovery key here: the code that asks for "
                        "it may be somebody else's.");
}

/* The token of this TPM, if there is one: another TPM's explains nothing about this boot. */
static bool explain_best(
        const pawl_boot_facts *facts, const pawl_token *tokens, size_t n, pawl_explanation *ret)
{
        bool has_any = false;

        for (size_t i = 0; i < n; i++) {
                pawl_explanation e;

                if (tokens[i].kind != PAWL_TOKEN_TPM2 ||
                        facts->pcrs->bank != pawl_token_bank(&tokens[i].tpm2) ||
                        pawl_explain_token(&tokens[i], facts, &e, NULL) != PAWL_OK)
                        continue;
                if (!has_any || ret->answer == PAWL_ANSWER_OTHER_TPM)
                        *ret = e;
                has_any = true;
        }
        return has_any;
}

static pawl_err explain(pawl_boot *b, const pawl_token *tokens, size_t n, pawl_diag *d)
{
        pawl_cleanup(pawl_boot_state_done) pawl_boot_state state = { 0 };
        const pawl_boot_places live = { 0 };
        pawl_boot_facts facts;
        pawl_explanation e;
        pawl_alg bank;

        PAWL_TRY(pawl_alg_best(b->tpm.banks, &bank));
        PAWL_TRY(pawl_boot_state_read(&live, &state, d));
        PAWL_TRY(pawl_boot_state_ask(&state, b->tpm.t, d));
        PAWL_TRY(pawl_boot_state_facts(&state, bank, &facts, d));
        if (explain_best(&facts, tokens, n, &e) && e.answer != PAWL_ANSWER_OPENS)
                show(b, &e);
        return PAWL_OK;
}

void pawl_why_closed(pawl_boot *b, const pawl_boot_volume *v)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        pawl_diag d = { 0 };
        size_t n = 0;

        if (!b->tpm.may_unseal || pawl_tpm_is_dead(b->tpm.t))
                return;
        pawl_tpm_limit_total(b->tpm.t, WHY_MS);
        if (pawl_volume_tokens(v->v, tokens, &n, &d) != PAWL_OK)
                return;
        if (explain(b, tokens, n, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "why: cannot be told: %s", pawl_diag_text(&d));
        while (n > 0)
                pawl_token_done(&tokens[--n]);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What each secret hangs on: volumes, their tokens, and whether these open in this boot. */
#include <stdio.h>

#include "userspace/luks/describe.h"
#include "userspace/report/parts.h"

/* How good an answer is to hear. */
static pawl_proof proof_of(pawl_answer a)
{
        return a == PAWL_ANSWER_OPENS    ? PAWL_PROOF_YES
               : a == PAWL_ANSWER_UNSURE ? PAWL_PROOF_UNKNOWN
                                         : PAWL_PROOF_NO;
}

/* A token that cannot be judged is no reason not to tell of the others: somebody else wrote it. */
static pawl_err ask(const pawl_page *p, const pawl_token *t, pawl_explanation *ret)
{
        pawl_boot_facts facts;
        pawl_diag why = { 0 };
        pawl_err err = PAWL_OK;

        if (p->has_tpm) {
                err = pawl_boot_state_facts(p->state, pawl_token_bank(&t->tpm2), &facts, &why);
                if (err == PAWL_OK)
                        err = pawl_explain_token(t, &facts, ret, &why);
                if (err == PAWL_OK)
                        return PAWL_OK;
        }
        *ret = (pawl_explanation){ .answer = PAWL_ANSWER_UNSURE };
        (void)snprintf(ret->reason, sizeof(ret->reason), "%.*s", (int)sizeof(ret->reason) - 1,
                p->has_tpm ? pawl_diag_text(&why)
                           : "the TPM was not asked, so it cannot be told whether this opens");
        return err == PAWL_ERR_NO_MEMORY ? err : PAWL_OK;
}

static pawl_err ask_volume(const pawl_page *p, pawl_page_volume *v)
{
        bool is_unsure = false, has_any = false;

        v->answers = calloc(v->n_tokens + 1, sizeof(*v->answers));
        if (!v->answers)
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < v->n_tokens; i++) {
                if (v->tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                PAWL_TRY(ask(p, &v->tokens[i], &v->answers[i]));
                has_any = true;
                is_unsure |= v->answers[i].answer == PAWL_ANSWER_UNSURE;
                if (v->answers[i].answer == PAWL_ANSWER_OPENS)
                        v->opens = PAWL_PROOF_YES;
        }
        if (has_any && !is_unsure && v->opens != PAWL_PROOF_YES)
                v->opens = PAWL_PROOF_NO;
        return PAWL_OK;
}

pawl_err pawl_page_ask(pawl_page *p, pawl_diag *d)
{
        pawl_err err = PAWL_OK;

        for (size_t i = 0; i < p->n_volumes && err == PAWL_OK; i++)
                err = ask_volume(p, &p->volumes[i]);
        return pawl_fail_prefix(d, err, "the volumes' tokens");
}

void pawl_page_forget(pawl_page *p)
{
        for (size_t i = 0; i < p->n_volumes; i++) {
                free(p->volumes[i].answers);
                p->volumes[i].answers = NULL;
        }
}

static void put_bound(pawl_html *h, const pawl_page *p, const char *name, const pawl_chips *c)
{
        if (c->mask == 0)
                return;
        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_put(h, PAWL_HTML_DT, NULL, "%s", name);
        pawl_html_begin(h, PAWL_HTML_DD);
        pawl_part_chips(h, p, c);
        pawl_html_end(h);
        pawl_html_end(h);
}

/* Marked by the answer: what the log proves of a PCR says nothing about what this token wants. */
static void put_pcrs(
        pawl_html *h, const pawl_page *p, const pawl_token_tpm2 *t, const pawl_explanation *e)
{
        pawl_chips literal = {
                .title = "PCRs as enrolled",
                .mask = t->pcr_mask,
                .words = {"not known", "not as enrolled", "as enrolled"}
        };
        pawl_chips by_key = {
                .title = "PCRs as signed",
                .mask = t->public_key_mask,
                .words = {"not known", "not as signed", "as signed"}
        };

        for (size_t i = 0; i < e->n_changes; i++)
                literal.no |= 1u << e->changes[i].pcr;
        /* the literal ones are looked at first: another answer than theirs means that they fit */
        if (e->answer == PAWL_ANSWER_OPENS || e->answer == PAWL_ANSWER_SIGNATURE ||
                (e->n_changes > 0 && e->n_more == 0))
                literal.yes = ~literal.no;
        if (e->answer == PAWL_ANSWER_SIGNATURE)
                by_key.no = ~0u;
        if (e->answer == PAWL_ANSWER_OPENS)
                by_key.yes = ~0u;
        put_bound(h, p, "as enrolled", &literal);
        put_bound(h, p, "as signed", &by_key);
}

static void put_weaknesses(pawl_html *h, const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];
        const size_t n = pawl_token_weaknesses(t, weak);

        if (n == 0)
                return;
        pawl_html_put(h, PAWL_HTML_P, "note", "Who else can open it:");
        pawl_html_begin_class(h, PAWL_HTML_UL, "plain");
        for (size_t i = 0; i < n; i++)
                pawl_html_put(h, PAWL_HTML_LI, NULL, "%s", weak[i]);
        pawl_html_end(h);
}

static void put_needs(
        pawl_html *h, const pawl_page *p, const pawl_token_tpm2 *t, const pawl_explanation *e)
{
        pawl_html_begin_class(h, PAWL_HTML_DL, "rows");
        put_pcrs(h, p, t, e);
        if (t->ref[0] != '\0')
                pawl_part_row(h, "signed for", "%s", t->ref);
        pawl_part_row(h, "bank", "%s", pawl_alg_info_of(pawl_token_bank(t))->name);
        pawl_part_row(h, "PIN", "%s",
                !t->has_pin                   ? "none"
                : t->argon2_memory_bytes != 0 ? "yes, stretched by Argon2id"
                                              : "yes, guarded by the TPM's lock-out alone");
        pawl_html_end(h);
}

static void put_tpm2(
        pawl_html *h, const pawl_page *p, const pawl_token *t, const pawl_explanation *e)
{
        pawl_html_begin_class(h, PAWL_HTML_DIV, "token");
        pawl_html_begin_class(h, PAWL_HTML_DIV, "head");
        pawl_html_put(h, PAWL_HTML_H4, NULL, "Token %d: TPM2", t->id);
        pawl_part_badge(h, proof_of(e->answer), pawl_answer_text(e->answer));
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "meaning said", "%s.", e->reason);
        if (e->advice)
                pawl_html_put(h, PAWL_HTML_P, "advice", "Next: %s.", e->advice);
        put_needs(h, p, &t->tpm2, e);
        put_weaknesses(h, t);
        pawl_html_end(h);
}

static pawl_err put_other_token(pawl_html *h, const pawl_token *t)
{
        pawl_autofree char *text = NULL;

        PAWL_TRY(pawl_token_describe(t, &text));
        pawl_html_begin_class(h, PAWL_HTML_DIV, "token");
        pawl_html_put(h, PAWL_HTML_H4, NULL, "Token %d: %s", t->id, pawl_token_kind_name(t->kind));
        pawl_html_put(h, PAWL_HTML_P, "meaning said", "%s.", text);
        pawl_html_end(h);
        return PAWL_OK;
}

static pawl_err put_volume(pawl_html *h, const pawl_page *p, const pawl_page_volume *v)
{
        unsigned n_lone = (unsigned)__builtin_popcount(v->lone_keyslots);

        pawl_html_begin_class(h, PAWL_HTML_ARTICLE, "card");
        pawl_html_begin(h, PAWL_HTML_H3);
        pawl_html_put(h, PAWL_HTML_SPAN, "said", "%s", v->device);
        if (v->label && v->label[0] != '\0')
                pawl_html_put(h, PAWL_HTML_SPAN, "count said", " %s", v->label);
        pawl_html_end(h);
        if (v->trouble)
                pawl_html_put(h, PAWL_HTML_P, "warning", "It could not be read: %s", v->trouble);
        for (size_t i = 0; i < v->n_tokens; i++)
                if (v->tokens[i].kind == PAWL_TOKEN_TPM2)
                        put_tpm2(h, p, &v->tokens[i], &v->answers[i]);
                else
                        PAWL_TRY(put_other_token(h, &v->tokens[i]));
        if (n_lone > 0)
                pawl_html_put(h, PAWL_HTML_P, "note",
                        "%u more keyslot%s without a token: for a passphrase or a key file.",
                        n_lone, n_lone == 1 ? "" : "s");
        else if (v->n_tokens == 0 && !v->trouble)
                pawl_html_put(h, PAWL_HTML_P, "note", "It has no keyslot at all.");
        pawl_html_end(h);
        return PAWL_OK;
}

pawl_err pawl_page_secrets(pawl_html *h, const pawl_page *p, pawl_diag *d)
{
        pawl_err err = PAWL_OK;

        pawl_html_begin(h, PAWL_HTML_SECTION);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "secrets");
        pawl_html_put(h, PAWL_HTML_H2, NULL, "What the secrets hang on");
        pawl_html_put(h, PAWL_HTML_P, "lead",
                p->n_volumes > 0
                        ? "What each token says that it needs, and whether it opens in this boot "
                          "at "
                          "the moment when volumes are opened. Nothing was unsealed to find out."
                        : "No volume was named, and there is no list of the volumes of this boot: "
                          "‘pawl log report --html=FILE /dev/…’ takes some in.");
        pawl_html_begin_class(h, PAWL_HTML_DIV, "cards");
        for (size_t i = 0; i < p->n_volumes && err == PAWL_OK; i++)
                err = put_volume(h, p, &p->volumes[i]);
        pawl_html_end(h);
        pawl_html_end(h);
        return pawl_fail_prefix(d, err, "the volumes");
}

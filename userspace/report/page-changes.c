/* SPDX-License-Identifier: BSD-2-Clause */
/* What changed: since the enrolments, from what their tokens keep of that boot, and against the log
 * of another boot. */
#include <stdio.h>
#include <string.h>

#include "userspace/log/diff.h"
#include "userspace/luks/explain-change.h"
#include "userspace/luks/token-evidence.h"
#include "userspace/report/parts.h"

#define PCR_VOLUMES 15u

/* --- since an enrolment --- */

typedef struct memory {
        const pawl_token *token;
        pawl_buffer bytes;
        pawl_evidence evidence;
} memory;

static void memory_done(memory *m)
{
        pawl_buffer_done(&m->bytes);
}

/* False for a token that keeps nothing, or nothing that can be read: anybody can write one. */
static bool remember(const pawl_token *t, memory *ret)
{
        pawl_diag ignored = { 0 };

        ret->token = t;
        return t->kind == PAWL_TOKEN_TPM2 &&
               pawl_token_evidence(t, &ret->bytes, &ret->evidence, &ignored) == PAWL_OK &&
               ret->evidence.mask != 0;
}

/* The volumes of one boot share a sealed object, and so what was kept beside it. */
static bool is_same(const memory *m, const pawl_token *t)
{
        pawl_cleanup(memory_done) memory other = { 0 };

        return t == m->token || (remember(t, &other) && pawl_span_equal(pawl_buffer_span(&m->bytes),
                                                                pawl_buffer_span(&other.bytes)));
}

static bool is_first(const pawl_page *p, const memory *m)
{
        for (size_t i = 0; i < p->n_volumes; i++)
                for (size_t j = 0; j < p->volumes[i].n_tokens; j++)
                        if (is_same(m, &p->volumes[i].tokens[j]))
                                return &p->volumes[i].tokens[j] == m->token;
        return true;
}

static void put_tokens(pawl_html *h, const pawl_page *p, const memory *m)
{
        const char *between = "Since the enrolment of ";

        pawl_html_begin(h, PAWL_HTML_H3);
        for (size_t i = 0; i < p->n_volumes; i++)
                for (size_t j = 0; j < p->volumes[i].n_tokens; j++)
                        if (is_same(m, &p->volumes[i].tokens[j])) {
                                pawl_html_text(h, "%s", between);
                                pawl_html_put(h, PAWL_HTML_SPAN, "said", "%s, token %d",
                                        p->volumes[i].device, p->volumes[i].tokens[j].id);
                                between = " and ";
                        }
        pawl_html_end(h);
}

static void put_list(pawl_html *h, const pawl_explanation *e)
{
        pawl_html_begin_class(h, PAWL_HTML_UL, "changes");
        for (size_t i = 0; i < e->n_changes; i++)
                pawl_part_change(h, &e->changes[i], NULL);
        pawl_html_end(h);
        if (e->n_more > 0)
                pawl_html_put(h, PAWL_HTML_P, "note", "And %zu more.", e->n_more);
}

/* The values that volumes are opened with, of as many PCRs of `mask` as are proven. */
static uint32_t opening(
        const pawl_page *p, const memory *m, pawl_verified_log *ret_log, pawl_pcr_set *ret)
{
        uint32_t mask = m->evidence.mask;
        pawl_diag ignored = { 0 };

        if (pawl_page_verify(p, m->evidence.bank, ret_log, &ignored) != PAWL_OK)
                return 0;
        mask &= ret_log->mask | 1u << PCR_VOLUMES;
        if (pawl_log_opening_pcrs(ret_log, mask, ret, &ignored) == PAWL_OK)
                return mask;
        mask &= ~(1u << PCR_VOLUMES);
        return pawl_log_opening_pcrs(ret_log, mask, ret, &ignored) == PAWL_OK ? mask : 0;
}

static pawl_err compare_with(pawl_html *h, const pawl_page *p, const memory *m, pawl_diag *d)
{
        pawl_autofree pawl_explanation *e = calloc(1, sizeof(*e));
        char all[PAWL_PART_LIST_SIZE], left[PAWL_PART_LIST_SIZE];
        pawl_pcr_set values = { 0 };
        pawl_verified_log log;
        uint32_t proven, differs = 0;

        if (!e)
                return PAWL_ERR_NO_MEMORY;
        proven = opening(p, m, &log, &values);
        if (proven != 0)
                PAWL_TRY(
                        pawl_explain_evidence(&m->evidence, &log, &values, proven, e, &differs, d));
        pawl_html_begin_class(h, PAWL_HTML_ARTICLE, "card");
        put_tokens(h, p, m);
        pawl_part_list(proven, all);
        pawl_part_list(m->evidence.mask & ~proven, left);
        if (differs == 0 && proven != 0)
                pawl_html_put(h, PAWL_HTML_P, NULL, "Nothing changed in PCR %s.", all);
        if (left[0] != '\0')
                pawl_html_put(h, PAWL_HTML_P, "note",
                        "PCR %s cannot be compared: the log does not prove what they were when "
                        "volumes were opened.",
                        left);
        if (differs != 0)
                put_list(h, e);
        pawl_html_end(h);
        return PAWL_OK;
}

static pawl_err put_enrolments(pawl_html *h, const pawl_page *p, size_t *ret_n, pawl_diag *d)
{
        for (size_t i = 0; i < p->n_volumes; i++)
                for (size_t j = 0; j < p->volumes[i].n_tokens; j++) {
                        pawl_cleanup(memory_done) memory m = { 0 };

                        if (!remember(&p->volumes[i].tokens[j], &m) || !is_first(p, &m))
                                continue;
                        ++*ret_n;
                        PAWL_TRY(compare_with(h, p, &m, d));
                }
        return PAWL_OK;
}

/* --- against another log --- */

typedef struct differences {
        pawl_html *h;
        pawl_alg bank;
        size_t n;
} differences;

static pawl_err take(void *ctx, const pawl_log_change *c)
{
        char before[PAWL_DESCRIPTION_SIZE] = "", after[PAWL_DESCRIPTION_SIZE];
        differences *s = ctx;
        pawl_change words;

        if (s->n++ >= PAWL_PAGE_CHANGES_MAX)
                return PAWL_OK;
        pawl_change_describe(c, s->bank, &words);
        if (c->before)
                pawl_event_describe(c->before, before);
        /* the same words for both, so that they can be compared by eye */
        if (c->after) {
                pawl_event_describe(c->after, after);
                (void)snprintf(words.event, sizeof(words.event), "%.*s",
                        (int)sizeof(words.event) - 1, after);
        }
        pawl_part_change(s->h, &words, before);
        return PAWL_OK;
}

static pawl_err put_other_log(pawl_html *h, const pawl_page *p, pawl_diag *d)
{
        const pawl_eventlog *a = &p->before->firmware, *b = &p->state->logs.firmware;
        differences s = { .h = h };

        if (!p->state->logs.has_firmware)
                return pawl_fail(
                        d, PAWL_ERR_MISSING, "--compare= needs a firmware log of this boot too");
        PAWL_TRY(pawl_alg_best(b->banks, &s.bank));
        pawl_html_begin_class(h, PAWL_HTML_ARTICLE, "card");
        pawl_html_begin(h, PAWL_HTML_H3);
        pawl_html_text(h, "Against the log ");
        pawl_html_put(h, PAWL_HTML_SPAN, "said", "%s", p->before_from);
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "note",
                "Event by event. That log is not proven by anything: this helps to find a reason.");
        pawl_html_begin_class(h, PAWL_HTML_UL, "changes");
        PAWL_TRY(pawl_eventlog_diff(a, b, 0xffffffu, take, &s, d));
        pawl_html_end(h);
        if (s.n == 0)
                pawl_html_put(h, PAWL_HTML_P, NULL, "No difference.");
        if (s.n > PAWL_PAGE_CHANGES_MAX)
                pawl_html_put(h, PAWL_HTML_P, "note",
                        "And %zu more; ‘pawl log diff’ lists them all.",
                        s.n - PAWL_PAGE_CHANGES_MAX);
        pawl_html_end(h);
        return PAWL_OK;
}

pawl_err pawl_page_changes(pawl_html *h, const pawl_page *p, pawl_diag *d)
{
        size_t n = 0;

        pawl_html_begin(h, PAWL_HTML_SECTION);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "changes");
        pawl_html_put(h, PAWL_HTML_H2, NULL, "What changed");
        pawl_html_begin_class(h, PAWL_HTML_DIV, "cards");
        PAWL_TRY(put_enrolments(h, p, &n, d));
        if (p->before)
                PAWL_TRY(put_other_log(h, p, d));
        pawl_html_end(h);
        if (n == 0)
                pawl_html_put(h, PAWL_HTML_P, "lead",
                        "No token of these volumes keeps what an earlier boot measured, so there "
                        "is nothing to compare with%s.",
                        p->before ? " but that log" : "; ‘--compare=’ takes an older log");
        pawl_html_end(h);
        return PAWL_OK;
}

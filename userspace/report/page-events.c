/* SPDX-License-Identifier: BSD-2-Clause */
/* Every event in words, PCR by PCR. */
#include <stdio.h>
#include <string.h>

#include "userspace/log/describe.h"
#include "userspace/log/measured.h"
#include "userspace/log/pcr-purpose.h"
#include "userspace/report/parts.h"

#define DIGEST_SHOWN 16             /* hex digits */
#define NO_PCR       PAWL_PCR_COUNT /* the place of events that extend no PCR */

typedef struct list {
        pawl_html *h;
        const pawl_page *page;
        unsigned pcr; /* or NO_PCR */
        size_t start; /* of the page */
        size_t n, n_hidden;
} list;

static bool is_full(const list *l)
{
        return pawl_html_size(l->h) - l->start > PAWL_PAGE_PCR_BYTES;
}

static void put_digest(pawl_html *h, uint32_t banks, const pawl_digest *digests)
{
        pawl_autofree char *hex = NULL;
        pawl_alg best;

        if (pawl_alg_best(banks, &best) != PAWL_OK ||
                pawl_hex_encode(pawl_digest_span(&digests[best]), &hex) != PAWL_OK)
                return;
        pawl_html_text(h, " · ");
        pawl_html_put(h, PAWL_HTML_CODE, NULL, "%s:%.*s…", pawl_alg_info_of(best)->name,
                DIGEST_SHOWN, hex);
}

/* `is_text`: the digest is that of the text itself. */
static void put_event(list *l, const char *type, const char *text, bool is_text, uint32_t banks,
        const pawl_digest *digests)
{
        l->n++;
        if (is_full(l)) {
                l->n_hidden++;
                return;
        }
        pawl_html_begin(l->h, PAWL_HTML_LI);
        pawl_html_put(l->h, PAWL_HTML_P, "said", "%s", text[0] != '\0' ? text : "(no text)");
        pawl_html_begin_class(l->h, PAWL_HTML_P, "fine");
        pawl_html_text(l->h, "%s", type[0] != '\0' ? type : "(no type)");
        if (l->pcr != NO_PCR)
                pawl_html_text(l->h, " · %s", is_text ? "content measured" : "label only");
        put_digest(l->h, banks, digests);
        pawl_html_end(l->h);
        pawl_html_end(l->h);
}

static bool is_of(const pawl_event *ev, unsigned pcr)
{
        const bool extends = ev->type != PAWL_EV_NO_ACTION && ev->pcr < PAWL_PCR_COUNT;

        return pcr == NO_PCR ? !extends : extends && ev->pcr == pcr;
}

static pawl_err put_firmware_events(list *l)
{
        const pawl_eventlog *log = &l->page->state->logs.firmware;
        pawl_log_cursor c = pawl_eventlog_start(log);
        char type[PAWL_TYPE_TEXT_SIZE], text[PAWL_DESCRIPTION_SIZE];
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK) {
                if (!is_of(&ev, l->pcr))
                        continue;
                if (is_full(l)) { /* need not be worded */
                        l->n++, l->n_hidden++;
                        continue;
                }
                pawl_event_type_text(ev.type, type);
                pawl_event_describe(&ev, text);
                put_event(l, type, text, pawl_event_measured(&ev, ev.data), ev.banks, ev.digests);
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static void put_user_events(list *l)
{
        const pawl_user_log *log = &l->page->state->logs.user;
        char text[PAWL_DESCRIPTION_SIZE];

        for (size_t i = 0; i < log->n_events; i++) {
                const pawl_user_event *ev = &log->events[i];
                const bool extends = !ev->is_nv && ev->pcr < PAWL_PCR_COUNT;

                if (l->pcr == NO_PCR ? extends : !extends || ev->pcr != l->pcr)
                        continue;
                pawl_user_event_describe(ev, text);
                put_event(l, ev->type, text, pawl_user_event_measured(ev), ev->banks, ev->digests);
        }
}

static pawl_err put_events(list *l)
{
        l->start = pawl_html_size(l->h);
        pawl_html_begin_class(l->h, PAWL_HTML_OL, "events");
        if (l->page->state->logs.has_firmware)
                PAWL_TRY(put_firmware_events(l));
        put_user_events(l);
        pawl_html_end(l->h);
        if (l->n_hidden > 0)
                pawl_html_put(l->h, PAWL_HTML_P, "note",
                        "%zu more are not shown here; ‘pawl log show’ lists them all.",
                        l->n_hidden);
        return PAWL_OK;
}

/* --- one PCR --- */

static pawl_err put_value(pawl_html *h, const char *name, const pawl_digest *value)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(pawl_digest_span(value), &hex));
        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_put(h, PAWL_HTML_DT, NULL, "%s, %s", name, pawl_alg_info_of(value->alg)->name);
        pawl_html_begin(h, PAWL_HTML_DD);
        pawl_html_put(h, PAWL_HTML_CODE, NULL, "%s", hex);
        pawl_html_end(h);
        pawl_html_end(h);
        return PAWL_OK;
}

static pawl_err put_values(pawl_html *h, const pawl_proofs *p, unsigned pcr)
{
        pawl_html_begin_class(h, PAWL_HTML_DL, "values");
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                const bool has_log = (p->compared | p->unvalued) >> a & 1;
                const bool has_value = (p->compared >> a & 1) && (p->values[a].mask >> pcr & 1);
                const bool agrees = has_log && has_value &&
                                    pawl_span_equal(pawl_digest_span(&p->replays[a].pcrs[pcr]),
                                            pawl_digest_span(&p->values[a].values[pcr]));

                if (has_log && has_value && agrees) {
                        PAWL_TRY(put_value(h, "log and PCR", &p->values[a].values[pcr]));
                        continue;
                }
                if (has_log)
                        PAWL_TRY(put_value(h, "log leads to", &p->replays[a].pcrs[pcr]));
                if (has_value)
                        PAWL_TRY(put_value(h, "PCR has", &p->values[a].values[pcr]));
        }
        pawl_html_end(h);
        return PAWL_OK;
}

bool pawl_page_has_pcr(const pawl_page *p, unsigned pcr)
{
        return (PAWL_PCRS_BOOT | p->proofs.touched) >> pcr & 1 ||
               p->proofs.pcrs[pcr] != PAWL_PROOF_UNKNOWN;
}

static size_t count_events(const pawl_page *p, unsigned pcr)
{
        size_t n = 0;

        for (pawl_link l = 0; l < PAWL_LINK_MAX_; l++)
                n += p->chain.n_events[l][pcr];
        return n;
}

static pawl_err put_pcr(pawl_html *h, const pawl_page *p, unsigned pcr)
{
        const pawl_pcr_purpose *purpose = pawl_pcr_purpose_of(pcr);
        const size_t n = count_events(p, pcr);
        list l = { .h = h, .page = p, .pcr = pcr };

        pawl_html_begin(h, PAWL_HTML_DETAILS);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "pcr-%u", pcr);
        pawl_html_begin(h, PAWL_HTML_SUMMARY);
        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_begin(h, PAWL_HTML_H3);
        pawl_html_put(h, PAWL_HTML_SPAN, "number", "PCR %u", pcr);
        pawl_html_text(h, " %s", purpose->name);
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_SPAN, "count", "%zu event%s", n, n == 1 ? "" : "s");
        pawl_html_end(h);
        pawl_part_badge(h, p->proofs.pcrs[pcr], pawl_proof_text(p->proofs.pcrs[pcr]));
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "lead", "%s", purpose->text);
        PAWL_TRY(put_values(h, &p->proofs, pcr));
        if (n > 0)
                PAWL_TRY(put_events(&l));
        else
                pawl_html_put(h, PAWL_HTML_P, "note", "No event of the logs extended it.");
        pawl_html_end(h);
        return PAWL_OK;
}

static pawl_err put_others(pawl_html *h, const pawl_page *p)
{
        list l = { .h = h, .page = p, .pcr = NO_PCR };

        pawl_html_begin(h, PAWL_HTML_DETAILS);
        pawl_html_begin(h, PAWL_HTML_SUMMARY);
        pawl_html_put(h, PAWL_HTML_H3, NULL, "Records that extend no PCR");
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "lead",
                "Heads and remarks of the logs, and measurements into other places of the TPM. "
                "Nothing here proves any of them.");
        PAWL_TRY(put_events(&l));
        pawl_html_end(h);
        return PAWL_OK;
}

pawl_err pawl_page_events(pawl_html *h, const pawl_page *p, pawl_diag *d)
{
        pawl_err err = PAWL_OK;

        pawl_html_begin(h, PAWL_HTML_SECTION);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "events");
        pawl_html_put(h, PAWL_HTML_H2, NULL, "Every event");
        pawl_html_put(h, PAWL_HTML_P, "lead",
                "“Content measured”: the text is as true as the PCR is proven. “Label only”: the "
                "digest was measured, and the text is what the log says of it; anyone who can "
                "write the log can write another one.");
        for (unsigned i = 0; i < PAWL_PCR_COUNT && err == PAWL_OK; i++)
                if (pawl_page_has_pcr(p, i))
                        err = put_pcr(h, p, i);
        if (err == PAWL_OK)
                err = put_others(h, p);
        pawl_html_end(h);
        return pawl_fail_prefix(d, err, "the events");
}

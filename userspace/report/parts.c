/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *pawl_proof_class(pawl_proof p)
{
        static const char *const classes[] = {
                [PAWL_PROOF_UNKNOWN] = "unknown", [PAWL_PROOF_NO] = "no", [PAWL_PROOF_YES] = "yes"
        };

        return classes[p];
}

/* Told apart by shape too, not by colour alone: a tick, a cross, a dash. */
const char *pawl_proof_shape(pawl_proof p)
{
        static const char *const shapes[] = {
                [PAWL_PROOF_UNKNOWN] = "M4 8h8",
                [PAWL_PROOF_NO] = "M4.5 4.5l7 7M11.5 4.5l-7 7",
                [PAWL_PROOF_YES] = "M3.5 8.5l3 3 6-7",
        };

        return shapes[p];
}

static void mark(pawl_html *h, pawl_proof p, const char *label)
{
        pawl_html_begin_class(h, PAWL_HTML_SVG, "mark");
        pawl_html_attr(h, PAWL_HTML_ATTR_VIEW_BOX, "0 0 16 16");
        if (label) {
                pawl_html_attr(h, PAWL_HTML_ATTR_ROLE, "img");
                pawl_html_attr(h, PAWL_HTML_ATTR_ARIA_LABEL, "%s", label);
        } else {
                pawl_html_attr(h, PAWL_HTML_ATTR_ARIA_HIDDEN, "true");
        }
        pawl_html_begin(h, PAWL_HTML_PATH);
        pawl_html_attr(h, PAWL_HTML_ATTR_D, "%s", pawl_proof_shape(p));
        pawl_html_end(h);
        pawl_html_end(h);
}

void pawl_part_mark(pawl_html *h, pawl_proof p)
{
        mark(h, p, pawl_proof_text(p));
}

void pawl_part_badge(pawl_html *h, pawl_proof p, const char *word)
{
        pawl_html_begin(h, PAWL_HTML_SPAN);
        pawl_html_attr(h, PAWL_HTML_ATTR_CLASS, "badge %s", pawl_proof_class(p));
        mark(h, p, NULL);
        pawl_html_text(h, "%s", word);
        pawl_html_end(h);
}

static void chip(pawl_html *h, const pawl_page *p, const pawl_chips *c, unsigned pcr)
{
        const pawl_proof proof = c->yes >> pcr & 1  ? PAWL_PROOF_YES
                                 : c->no >> pcr & 1 ? PAWL_PROOF_NO
                                                    : PAWL_PROOF_UNKNOWN;
        char class[32];

        (void)snprintf(class, sizeof(class), "chip %s", pawl_proof_class(proof));
        if (pawl_page_has_pcr(p, pcr))
                pawl_html_begin_link(h, class, "pcr-%u", pcr);
        else
                pawl_html_begin_class(h, PAWL_HTML_SPAN, class);
        mark(h, proof, c->words[proof]);
        pawl_html_text(h, "PCR %u", pcr);
        if (c->counts)
                pawl_html_put(h, PAWL_HTML_SPAN, "count", " %zu event%s", c->counts[pcr],
                        c->counts[pcr] == 1 ? "" : "s");
        pawl_html_end(h);
}

void pawl_part_chips(pawl_html *h, const pawl_page *p, const pawl_chips *c)
{
        pawl_html_begin_class(h, PAWL_HTML_UL, "chips");
        pawl_html_attr(h, PAWL_HTML_ATTR_ARIA_LABEL, "%s", c->title);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (c->mask >> i & 1) {
                        pawl_html_begin(h, PAWL_HTML_LI);
                        chip(h, p, c, i);
                        pawl_html_end(h);
                }
        pawl_html_end(h);
}

void pawl_part_row(pawl_html *h, const char *name, const char *fmt, ...)
{
        pawl_autofree char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_put(h, PAWL_HTML_DT, NULL, "%s", name);
        pawl_html_put(h, PAWL_HTML_DD, NULL, "%s", text ? text : "(out of memory)");
        pawl_html_end(h);
}

void pawl_part_list(uint32_t mask, char ret[static PAWL_PART_LIST_SIZE])
{
        size_t len = 0;

        ret[0] = '\0';
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (mask >> i & 1)
                        len += (size_t)snprintf(ret + len, PAWL_PART_LIST_SIZE - len, "%s%u",
                                len > 0 ? ", " : "", i);
}

void pawl_part_change(pawl_html *h, const pawl_change *c, const char *before)
{
        pawl_html_begin(h, PAWL_HTML_LI);
        pawl_html_begin_class(h, PAWL_HTML_P, "head");
        pawl_html_put(h, PAWL_HTML_SPAN, "number", "PCR %u", c->pcr);
        pawl_html_put(h, PAWL_HTML_SPAN, "what", " %s ", c->what);
        if (c->is_suspicious)
                pawl_html_put(h, PAWL_HTML_SPAN, "flag", "suspicious unless you did it");
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "meaning", "%s.", c->meaning);
        if (before && before[0] != '\0')
                pawl_html_put(h, PAWL_HTML_P, "said gone", "before: %s", before);
        if (c->event[0] != '\0')
                pawl_html_put(h, PAWL_HTML_P, "said", "now: %s", c->event);
        if (c->type[0] != '\0')
                pawl_html_put(h, PAWL_HTML_P, "fine", "%s", c->type);
        pawl_html_end(h);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The chain: a drawing of who measured into which PCR, and the same as a list in words. */
#include <stdarg.h>
#include <stdio.h>

#include "userspace/report/parts.h"

/* The drawing's measures, in units of its own; a phone shows one as about a pixel. */
#define WIDTH      340u
#define LINK_WIDTH 116u
#define LINK_TALL  36u
#define PCR_LEFT   254u
#define PCR_WIDTH  84u
#define PCR_TALL   22u
#define PCR_STEP   28u
#define MARGIN     4u

typedef struct drawing {
        pawl_html *h;
        const pawl_page *page;
        unsigned rows[PAWL_PCR_COUNT], n_rows; /* where each PCR stands */
        uint32_t shown;
        unsigned height;
} drawing;

static drawing drawing_of(pawl_html *h, const pawl_page *p)
{
        drawing d = { .h = h, .page = p };

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (p->proofs.touched >> i & 1) {
                        d.rows[i] = d.n_rows++;
                        d.shown |= 1u << i;
                }
        d.height = 2 * MARGIN + (d.n_rows < 12 ? 12 : d.n_rows) * PCR_STEP;
        return d;
}

/* The middle of a link, and of a PCR: both columns are spread over the whole height. */
static unsigned link_y(const drawing *d, unsigned link)
{
        const unsigned step = (d->height - 2 * MARGIN) / PAWL_LINK_MAX_;

        return MARGIN + step / 2 + link * step;
}

static unsigned pcr_y(const drawing *d, unsigned pcr)
{
        const unsigned step = (d->height - 2 * MARGIN) / (d->n_rows > 0 ? d->n_rows : 1);

        return MARGIN + step / 2 + d->rows[pcr] * step;
}

static void draw_box(const drawing *d, const char *class, unsigned x, unsigned y, unsigned width,
        unsigned height)
{
        pawl_html_begin_class(d->h, PAWL_HTML_RECT, class);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_X, "%u", x);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_Y, "%u", y - height / 2);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_WIDTH, "%u", width);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_HEIGHT, "%u", height);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_RX, "6");
        pawl_html_end(d->h);
}

static void draw_text(const drawing *d, unsigned x, unsigned y, const char *text)
{
        pawl_html_begin(d->h, PAWL_HTML_TEXT);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_X, "%u", x);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_Y, "%u", y + 4);
        pawl_html_text(d->h, "%s", text);
        pawl_html_end(d->h);
}

__attribute__((format(printf, 3, 4))) static void draw_path(
        const drawing *d, const char *class, const char *fmt, ...)
{
        char path[96];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(path, sizeof(path), fmt, ap);
        va_end(ap);
        pawl_html_begin_class(d->h, PAWL_HTML_PATH, class);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_D, "%s", path);
        pawl_html_end(d->h);
}

static void draw_lines(const drawing *d)
{
        const unsigned x1 = MARGIN + LINK_WIDTH, bend = (x1 + PCR_LEFT) / 2;
        char class[32];

        for (unsigned l = 0; l < PAWL_LINK_MAX_; l++)
                for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                        if (d->page->chain.pcrs[l] & d->shown & 1u << i) {
                                (void)snprintf(class, sizeof(class), "line %s",
                                        pawl_proof_class(d->page->proofs.pcrs[i]));
                                draw_path(d, class, "M%u %uC%u %u %u %u %u %u", x1, link_y(d, l),
                                        bend, link_y(d, l), bend, pcr_y(d, i), PCR_LEFT,
                                        pcr_y(d, i));
                        }
}

static void draw_links(const drawing *d)
{
        const unsigned middle = MARGIN + LINK_WIDTH / 2;

        for (unsigned l = 0; l < PAWL_LINK_MAX_; l++) {
                const unsigned y = link_y(d, l);

                if (l + 1 < PAWL_LINK_MAX_) { /* an arrow to the next one */
                        const unsigned end = link_y(d, l + 1) - LINK_TALL / 2;

                        draw_path(d, "next", "M%u %uV%uM%u %ul4 5 4-5", middle, y + LINK_TALL / 2,
                                end, middle - 4, end - 5);
                }
                draw_box(d, d->page->chain.pcrs[l] != 0 ? "link" : "link silent", MARGIN, y,
                        LINK_WIDTH, LINK_TALL);
                draw_text(d, MARGIN + 10, y, pawl_link_name(l));
        }
}

static void draw_pcrs(const drawing *d)
{
        char text[48];

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                const pawl_proof proof = d->page->proofs.pcrs[i];

                if (!(d->shown >> i & 1))
                        continue;
                (void)snprintf(text, sizeof(text), "pcr %s", pawl_proof_class(proof));
                draw_box(d, text, PCR_LEFT, pcr_y(d, i), PCR_WIDTH, PCR_TALL);
                (void)snprintf(text, sizeof(text), "PCR %u", i);
                draw_text(d, PCR_LEFT + 10, pcr_y(d, i), text);
                pawl_html_begin_class(d->h, PAWL_HTML_G, pawl_proof_class(proof));
                pawl_html_attr(d->h, PAWL_HTML_ATTR_TRANSFORM, "translate(%u %u)",
                        PCR_LEFT + PCR_WIDTH - 22, pcr_y(d, i) - 8);
                draw_path(d, "mark", "%s", pawl_proof_shape(proof));
                pawl_html_end(d->h);
        }
}

static void draw(const drawing *d)
{
        pawl_html_begin(d->h, PAWL_HTML_FIGURE);
        pawl_html_begin(d->h, PAWL_HTML_SVG);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_VIEW_BOX, "0 0 %u %u", WIDTH, d->height);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_ROLE, "img");
        pawl_html_attr(d->h, PAWL_HTML_ATTR_ARIA_LABELLEDBY, "drawing-title drawing-text");
        pawl_html_begin(d->h, PAWL_HTML_TITLE);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_ID, "drawing-title");
        pawl_html_text(d->h, "Who measured into which PCR");
        pawl_html_end(d->h);
        pawl_html_begin(d->h, PAWL_HTML_DESC);
        pawl_html_attr(d->h, PAWL_HTML_ATTR_ID, "drawing-text");
        pawl_html_text(d->h,
                "The links of the chain from top to bottom, and lines to the PCRs that "
                "they extended. The list beside it says the same in words.");
        pawl_html_end(d->h);
        draw_lines(d);
        draw_links(d);
        draw_pcrs(d);
        pawl_html_end(d->h);
        pawl_html_end(d->h);
}

/* What it measured, by its names: one a line, since a command line has blanks of its own. */
static void put_names(pawl_html *h, const pawl_chain *c, pawl_link l)
{
        if (c->n_what[l] == 0)
                return;
        pawl_html_begin_class(h, PAWL_HTML_UL, "names");
        for (size_t i = 0; i < c->n_what[l]; i++)
                pawl_html_put(h, PAWL_HTML_LI, "said", "%s", c->what[l][i]);
        if (c->n_more[l] > 0)
                pawl_html_put(h, PAWL_HTML_LI, NULL, "and %zu more", c->n_more[l]);
        pawl_html_end(h);
}

static void put_link(pawl_html *h, const pawl_page *p, pawl_link l)
{
        const pawl_proof proof = pawl_chain_proof(&p->chain, &p->proofs, l);
        const pawl_chips chips = {
                .title = "PCRs that it extended",
                .mask = p->chain.pcrs[l],
                .yes = pawl_proofs_mask(&p->proofs, PAWL_PROOF_YES),
                .no = pawl_proofs_mask(&p->proofs, PAWL_PROOF_NO),
                .words = {"unknown", "not proven", "proven"},
                .counts = p->chain.n_events[l]
        };

        pawl_html_begin(h, PAWL_HTML_LI);
        pawl_html_begin_class(h, PAWL_HTML_DIV, "head");
        pawl_html_put(h, PAWL_HTML_H3, NULL, "%s", pawl_link_name(l));
        if (p->chain.pcrs[l] != 0)
                pawl_part_badge(h, proof, pawl_proof_text(proof));
        else
                pawl_html_put(h, PAWL_HTML_SPAN, "badge silent", "measured nothing");
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "meaning", "%s", pawl_link_text(l));
        put_names(h, &p->chain, l);
        if (p->chain.pcrs[l] != 0)
                pawl_part_chips(h, p, &chips);
        pawl_html_end(h);
}

void pawl_page_chain(pawl_html *h, const pawl_page *p)
{
        const drawing d = drawing_of(h, p);

        pawl_html_begin(h, PAWL_HTML_SECTION);
        pawl_html_attr(h, PAWL_HTML_ATTR_ID, "chain");
        pawl_html_put(h, PAWL_HTML_H2, NULL, "The chain");
        pawl_html_put(h, PAWL_HTML_P, "lead",
                "Each link measures the next one into PCRs of the TPM before it hands over. "
                "“Proven” means: the log of these measurements leads to exactly the value that the "
                "PCR has. Who wrote an event, and what it is called, is told by the log.");
        pawl_html_begin_class(h, PAWL_HTML_DIV, "chain");
        draw(&d);
        pawl_html_begin_class(h, PAWL_HTML_OL, "links");
        for (pawl_link l = 0; l < PAWL_LINK_MAX_; l++)
                put_link(h, p, l);
        pawl_html_end(h);
        pawl_html_end(h);
        pawl_html_end(h);
}

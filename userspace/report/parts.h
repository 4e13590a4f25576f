/* SPDX-License-Identifier: BSD-2-Clause */
/* Small parts that the sections of a page share. */
#ifndef PAWL_REPORT_PARTS_H
#define PAWL_REPORT_PARTS_H

#include "userspace/report/html.h"
#include "userspace/report/page.h"

/* "yes", "no", "unknown": the class that colours it. */
const char *pawl_proof_class(pawl_proof p);
/* Its shape, as the path of a drawing of 16 by 16. */
const char *pawl_proof_shape(pawl_proof p);
/* A small picture of the proof, named for those who do not see it. */
void pawl_part_mark(pawl_html *h, pawl_proof p);
/* Mark and word. */
void pawl_part_badge(pawl_html *h, pawl_proof p, const char *word);
/* PCRs, each with a mark and a link to its events. */
typedef struct pawl_chips {
        const char *title;                  /* of the list, for those who do not see it */
        uint32_t mask;                      /* which PCRs */
        uint32_t yes, no;                   /* of them, the ones marked so; others are unknown */
        const char *words[PAWL_PROOF_MAX_]; /* what the marks mean */
        const size_t *counts; /* PAWL_PCR_COUNT of them: how many events; NULL: not said */
} pawl_chips;
void pawl_part_chips(pawl_html *h, const pawl_page *p, const pawl_chips *c);
/* A row of a <dl>. */
void pawl_part_row(pawl_html *h, const char *name, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* "0, 4, 7" */
#define PAWL_PART_LIST_SIZE 96
void pawl_part_list(uint32_t mask, char ret[static PAWL_PART_LIST_SIZE]);
/* One change against an earlier boot. `before`: NULL where no text of it is known. */
void pawl_part_change(pawl_html *h, const pawl_change *c, const char *before);

#endif

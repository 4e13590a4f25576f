/* SPDX-License-Identifier: BSD-2-Clause */
/* The links of the chain, and which of them measured an event. Told by an event's PCR, its type and
 * its place in the log, which nobody proves: it is a picture for people. */
#ifndef PAWL_REPORT_CHAIN_H
#define PAWL_REPORT_CHAIN_H

#include "userspace/report/proof.h"

typedef enum pawl_link {
        PAWL_LINK_FIRMWARE,
        PAWL_LINK_LOADER,
        PAWL_LINK_STUB,
        PAWL_LINK_KERNEL,
        PAWL_LINK_INITRD,
        PAWL_LINK_VOLUMES,
        PAWL_LINK_OS,
        PAWL_LINK_MAX_,
} pawl_link;
const char *pawl_link_name(pawl_link l);
/* One sentence: what it measures, and before what. */
const char *pawl_link_text(pawl_link l);

#define PAWL_LINK_WHAT_MAX  8  /* things that are named */
#define PAWL_LINK_WHAT_SIZE 72 /* bytes of one, with NUL */

typedef struct pawl_chain {
        /* events by who measured them and where to */
        size_t n_events[PAWL_LINK_MAX_][PAWL_PCR_COUNT];
        uint32_t pcrs[PAWL_LINK_MAX_]; /* bit n: it extended PCR n */
        /* Some of what it measured, by the names that the log gives them: sections, programs,
         * volumes, phases. Each once; long ones are cut. */
        char what[PAWL_LINK_MAX_][PAWL_LINK_WHAT_MAX][PAWL_LINK_WHAT_SIZE];
        size_t n_what[PAWL_LINK_MAX_], n_more[PAWL_LINK_MAX_];
} pawl_chain;
/* Fails only for a log that cannot be read, which pawl_logs_load refuses. */
PAWL_MUST_CHECK pawl_err pawl_chain_make(const pawl_logs *l, pawl_chain *ret);

/* The worst of the link's PCRs; UNKNOWN for a link that measured nothing. */
pawl_proof pawl_chain_proof(const pawl_chain *c, const pawl_proofs *p, pawl_link l);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the values of the PCRs say about the logs, PCR by PCR. For showing: code that decides takes
 * a pawl_verified_log. */
#ifndef PAWL_REPORT_PROOF_H
#define PAWL_REPORT_PROOF_H

#include "userspace/log/log.h"
#include "userspace/log/pcr-file.h"

/* In rising order of how good it is to hear. */
typedef enum pawl_proof {
        PAWL_PROOF_UNKNOWN, /* nothing to compare with */
        PAWL_PROOF_NO,      /* in some bank the log leads to another value */
        PAWL_PROOF_YES,     /* in every bank that was compared it leads to this value */
        PAWL_PROOF_MAX_,
} pawl_proof;
/* "proven", "not proven", "unknown" */
const char *pawl_proof_text(pawl_proof p);

typedef struct pawl_proofs {
        pawl_proof pcrs[PAWL_PCR_COUNT];
        uint32_t touched;  /* PCRs that some event of a log extended */
        uint32_t compared; /* bit pawl_alg: banks that stand on both sides */
        uint32_t unlogged; /* banks with values and without a log: nothing in them is protected */
        uint32_t unvalued; /* banks of the log without values */
        pawl_replay replays[PAWL_ALG_MAX_]; /* of `compared` and `unvalued` */
        pawl_pcr_set values[PAWL_ALG_MAX_]; /* of `compared` */
        char trouble[256]; /* why a bank of the log could not be replayed; empty if all could */
} pawl_proofs;

/* `values` without any bank: nobody could be asked. PCR 10 is the kernel's, which keeps a log of
 * its own: it is judged only where one of these speaks of it. */
void pawl_proofs_make(const pawl_logs *l, const pawl_pcr_values *values, pawl_proofs *ret);

/* The PCRs of that proof, as a mask. */
uint32_t pawl_proofs_mask(const pawl_proofs *p, pawl_proof which);
/* YES: every PCR from 0 to 15 that the logs speak of is proven; NO: one is not what they lead to,
 * whether they speak of it or not. */
pawl_proof pawl_proofs_all(const pawl_proofs *p);

#endif

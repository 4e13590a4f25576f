/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a factory reset came: the EFI variable PawlResetState, written before the step that it
 * speaks of, so that a power cut anywhere leaves a reset that goes on, and one that cannot end does
 * not go on for ever. */
#ifndef PAWL_RESET_JOURNAL_H
#define PAWL_RESET_JOURNAL_H

#include "userspace/reset/request.h"

#define PAWL_JOURNAL_VARIABLE   "PawlResetState"
#define PAWL_JOURNAL_GUID       "a52703e8-1992-4c64-8fc4-728f59341ba9"
#define PAWL_RESET_ATTEMPTS_MAX 3 /* boots without progress */

/* In this order; each can be done again. */
typedef enum pawl_reset_step {
        PAWL_RESET_MEASURE = 1, /* nothing sealed opens any more */
        PAWL_RESET_KEYS,        /* headers and keyslots are overwritten */
        PAWL_RESET_TPM,         /* the TPM is cleared */
        PAWL_RESET_DATA,        /* partitions are erased and removed */
        PAWL_RESET_REMAKE,      /* and made anew */
        PAWL_RESET_FINISH,      /* the request is deleted */
} pawl_reset_step;
#define PAWL_RESET_STEPS 6
/* "destroying the keys" */
const char *pawl_reset_step_text(pawl_reset_step s);

typedef struct pawl_reset_journal {
        unsigned attempts;       /* boots that began since the last progress */
        unsigned furthest;       /* the last step that was completed in any of them */
        bool has_asked_firmware; /* to clear the TPM */
        bool is_remade;          /* REMAKE is complete: begin again at FINISH */
        bool keeps_tpm;          /* asked for with --keep-tpm */
} pawl_reset_journal;

/* Pure. FORMAT for bytes that are no journal. */
PAWL_MUST_CHECK pawl_err pawl_reset_journal_parse(
        pawl_span bytes, pawl_reset_journal *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_reset_journal_format(const pawl_reset_journal *j, pawl_buffer *ret);

/* What a boot has to do. */
typedef enum pawl_reset_plan {
        PAWL_RESET_NOTHING,
        PAWL_RESET_FORGET, /* the request is gone, its journal is left over */
        PAWL_RESET_RUN,    /* from the first step */
        PAWL_RESET_END,    /* only the last one is missing */
        PAWL_RESET_HALT,   /* it does not come to an end */
} pawl_reset_plan;
pawl_reset_plan pawl_reset_decide(
        pawl_reset_state request, bool has_journal, const pawl_reset_journal *j);
/* A boot begins; a step is complete. */
void pawl_reset_journal_begin(pawl_reset_journal *j);
void pawl_reset_journal_complete(pawl_reset_journal *j, pawl_reset_step s);

/* The variable. */
PAWL_MUST_CHECK pawl_err pawl_reset_journal_read(
        bool *ret_found, pawl_reset_journal *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_reset_journal_write(const pawl_reset_journal *j, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_reset_journal_delete(pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a TPM2 token opens, or does not, in this boot at the moment when volumes are opened. Nothing
 * is unsealed and no try is lost. Decisions use only a log that the TPM's PCRs prove; what the
 * token says of the past (userspace/luks/token-evidence.h) is never trusted and only worded. */
#ifndef PAWL_LUKS_EXPLAIN_H
#define PAWL_LUKS_EXPLAIN_H

#include "userspace/log/describe.h"
#include "userspace/log/evidence.h"
#include "userspace/log/log.h"
#include "userspace/luks/enroll.h"

/* What is known of this boot. All borrowed. */
typedef struct pawl_boot_facts {
        const pawl_tpm_info *tpm;
        const pawl_logs *logs;
        const pawl_pcr_set *pcrs; /* as read from the TPM, in the token's bank, 0 to 15 */
        pawl_span signature_json; /* the image's PCR signatures; may be empty */
} pawl_boot_facts;

typedef enum pawl_answer {
        PAWL_ANSWER_UNSURE,    /* `reason` says why it cannot be told */
        PAWL_ANSWER_OPENS,     /* with its PIN, if it has one */
        PAWL_ANSWER_OTHER_TPM, /* sealed by another one, or by this one before it was cleared */
        PAWL_ANSWER_LOCKED_OUT,
        PAWL_ANSWER_SIGNATURE, /* no signature of the image fits the signed PCRs */
        PAWL_ANSWER_PCRS,      /* literal PCRs differ: `changes` */
        PAWL_ANSWER_POLICY,    /* every PCR is as it was, and the policy still another one */
} pawl_answer;

typedef struct pawl_change {
        unsigned pcr;
        bool is_suspicious;  /* code of the boot that nobody who is asked may have changed */
        const char *what;    /* "changed", "new", "gone", "differs" (no event is known) */
        const char *meaning; /* static; what that usually comes of */
        char type[PAWL_TYPE_TEXT_SIZE];
        char event[512]; /* as it is now; empty if it is gone */
} pawl_change;

#define PAWL_CHANGES_MAX 24
typedef struct pawl_explanation {
        pawl_answer answer;
        char reason[512];   /* one sentence */
        const char *advice; /* static: the next step; NULL where there is none */
        pawl_change changes[PAWL_CHANGES_MAX];
        size_t n_changes, n_more; /* `n_more`: that had no room */
} pawl_explanation;

/* Adds to `ret` what is not as it was when that evidence was kept, in the PCRs of `mask` (which are
 * part of the evidence): `now` proves them, and `opening` has their values. `ret_differs`: those
 * PCRs. The evidence is never trusted: this only words. */
PAWL_MUST_CHECK pawl_err pawl_explain_evidence(const pawl_evidence *e, const pawl_verified_log *now,
        const pawl_pcr_set *opening, uint32_t mask, pawl_explanation *ret, uint32_t *ret_differs,
        pawl_diag *d);

/* "different TPM", "PCRs changed": the answer as a short constant text. */
const char *pawl_answer_text(pawl_answer a);

/* Fails only for want of memory or for bytes that cannot be read at all. `ret` is large: not for
 * small stacks. */
PAWL_MUST_CHECK pawl_err pawl_explain_token(
        const pawl_token *t, const pawl_boot_facts *facts, pawl_explanation *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a machine as one HTML page: the chain and whether it is proven, what each secret
 * hangs on, what changed, and every event. The sections stand in files of their own; they write
 * only through html.h. */
#ifndef PAWL_REPORT_PAGE_H
#define PAWL_REPORT_PAGE_H

#include <time.h>

#include "userspace/luks/boot-state.h"
#include "userspace/report/chain.h"
#include "userspace/report/html.h"

#define PAWL_PAGE_PCR_BYTES   (512u << 10) /* of the page that one PCR's events may take */
#define PAWL_PAGE_CHANGES_MAX 400u         /* shown between two logs */
#define PAWL_PAGE_VOLUMES_MAX 64u

/* All borrowed. */
typedef struct pawl_page_volume {
        const char *device, *label; /* label: NULL or "" if it has none */
        const char *trouble;        /* why it could not be read; NULL: it could */
        const pawl_token *tokens;
        size_t n_tokens;
        uint32_t lone_keyslots; /* that belong to no token */
        /* filled by pawl_page_write */
        pawl_explanation *answers; /* n_tokens; those of TPM2 tokens are filled */
        pawl_proof opens; /* YES: by one of its TPM2 tokens; UNKNOWN too for a volume without any */
} pawl_page_volume;

typedef struct pawl_page {
        pawl_boot_state *state;        /* logs, signatures and, with `has_tpm`, the TPM */
        const pawl_pcr_values *values; /* that the logs are held against */
        bool has_tpm;                  /* tokens can be explained */
        const char *values_from;       /* "the TPM", a file's name */
        const char *trouble;           /* why there are no values; NULL if there are */
        const char *log_from;          /* a file's name; NULL: this boot's */
        const pawl_logs *before;       /* of another boot, to compare with; NULL: none */
        const char *before_from;
        pawl_page_volume *volumes;
        size_t n_volumes;
        time_t now;
        const char *version;
        /* filled by pawl_page_write */
        pawl_proofs proofs;
        pawl_chain chain;
} pawl_page;

/* The whole page, and `p->proofs`. */
PAWL_MUST_CHECK pawl_err pawl_page_write(pawl_page *p, pawl_buffer *ret, pawl_diag *d);

/* --- the sections, for page.c --- */
/* What every TPM2 token answers; pawl_page_forget frees it. */
PAWL_MUST_CHECK pawl_err pawl_page_ask(pawl_page *p, pawl_diag *d);
void pawl_page_forget(pawl_page *p);
void pawl_page_summary(pawl_html *h, const pawl_page *p);
void pawl_page_chain(pawl_html *h, const pawl_page *p);
PAWL_MUST_CHECK pawl_err pawl_page_secrets(pawl_html *h, const pawl_page *p, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_page_changes(pawl_html *h, const pawl_page *p, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_page_events(pawl_html *h, const pawl_page *p, pawl_diag *d);
/* Whether the page has a list of that PCR's events. */
bool pawl_page_has_pcr(const pawl_page *p, unsigned pcr);
/* The log as proven in a bank; NOT_FOUND where there are no values of it. */
PAWL_MUST_CHECK pawl_err pawl_page_verify(
        const pawl_page *p, pawl_alg bank, pawl_verified_log *ret, pawl_diag *d);

#endif

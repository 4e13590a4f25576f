/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this room, and the commands of userspace/seal, share: the ESYS context, error
 * codes, sessions. Not for other rooms. */
#ifndef PAWL_TPM_ESYS_H
#define PAWL_TPM_ESYS_H

#include <tss2/tss2_esys.h>

#include "userspace/tpm/tcti.h"
#include "userspace/tpm/tpm.h"

struct pawl_tpm {
        pawl_tcti *tcti;
        ESYS_CONTEXT *esys;
        char name[128]; /* for messages */
        uint32_t banks; /* 0: not asked yet */
        int lock_fd;
};

struct pawl_tpm_srk {
        pawl_tpm *tpm;
        ESYS_TR handle;
        bool is_transient;
        uint8_t name[PAWL_NAME_SIZE];
};

/* The one translation of TPM_RC and of tss2's own codes. `what` is told as the object: "reading PCR
 * 7". OK for success. */
PAWL_MUST_CHECK pawl_err pawl_tpm_rc(const pawl_tpm *t, TSS2_RC rc, pawl_diag *d, const char *fmt,
        ...) __attribute__((format(printf, 4, 5)));
/* The TPM's code without layer, session, handle and parameter numbers, as TPM2_RC_… is written; 0
 * if `rc` does not come from a TPM. */
TSS2_RC pawl_tpm_rc_base(TSS2_RC rc);

/* Whether a command that could not be taken now (RETRY, YIELDED, no memory for a session or an
 * object) is to be sent again: waits a little longer each time, and ends after some tries. Start
 * with `*tries` 0. */
bool pawl_tpm_again(const pawl_tpm *t, TSS2_RC rc, unsigned *tries);

#define PAWL_ESYS_RESOURCE_KEY 1u /* IESYSC_KEY_RSRC, in a serialised handle */

/* A storage key with the SRK's attributes, whose private part never left the TPM. */
bool pawl_tpm_is_srk(const TPMT_PUBLIC *p);

typedef enum pawl_tpm_session_kind { PAWL_TPM_HMAC, PAWL_TPM_POLICY } pawl_tpm_session_kind;

/* A session whose key only the owner of the SRK's private part can know (salted), with AES-128-CFB
 * for parameters. Not bound to an object. */
PAWL_MUST_CHECK pawl_err pawl_tpm_session_start(pawl_tpm *t, const pawl_tpm_srk *srk,
        pawl_tpm_session_kind kind, ESYS_TR *ret, pawl_diag *d);
/* Replaces the attributes TPMA_SESSION_*. */
PAWL_MUST_CHECK pawl_err pawl_tpm_session_set(
        pawl_tpm *t, ESYS_TR session, TPMA_SESSION attributes, pawl_diag *d);

/* A loaded session or object that is flushed when it goes out of scope, on every path. */
typedef struct pawl_tpm_object {
        pawl_tpm *tpm;
        ESYS_TR handle; /* ESYS_TR_NONE: nothing to flush */
} pawl_tpm_object;
void pawl_tpm_object_flush_p(pawl_tpm_object *o);
#define pawl_autoflush     pawl_cleanup(pawl_tpm_object_flush_p)
#define PAWL_TPM_OBJECT(t) ((pawl_tpm_object){ (t), ESYS_TR_NONE })
/* What the TPM itself removed (a session without continueSession). Forgets it without a command. */
void pawl_tpm_object_gone(pawl_tpm_object *o);

/* Overwrites the buffer in which tss2 keeps the last answer, decrypted. */
void pawl_tpm_wipe_buffer(pawl_tpm *t);

/* TPML_PCR_SELECTION with one bank. */
TPML_PCR_SELECTION pawl_tpm_selection(pawl_alg bank, uint32_t mask);

static inline void pawl_esys_free_p(void *p)
{
        Esys_Free(*(void **)p);
        *(void **)p = NULL;
}
#define pawl_autoesys pawl_cleanup(pawl_esys_free_p)

#endif

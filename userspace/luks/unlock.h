/* SPDX-License-Identifier: BSD-2-Clause */
/* Using a token of any kind because a person asked for it: what the verbs and the plugins share.
 * pawl-init opens by itself with pawl_open_tpm2_demanded instead. */
#ifndef PAWL_LUKS_UNLOCK_H
#define PAWL_LUKS_UNLOCK_H

#include "userspace/host/ask.h"
#include "userspace/luks/enroll.h"

/* What may be used to satisfy a token. All but `t` is borrowed. */
typedef struct pawl_means {
        const char *tpm;          /* as pawl_tpm_open's; NULL: the usual one */
        pawl_span signature_json; /* the image's PCR signatures; may be empty */
        const char *fido2;        /* device; NULL: any that is plugged in */
        pawl_span pin;            /* given beforehand; len 0: asked for */
        const pawl_ask *ask;
        pawl_tpm *t; /* opened when the first token wants it */
} pawl_means;
void pawl_means_done(pawl_means *m);

/* The image's PCR signatures: `path`, the file that PAWL_TPM2_SIGNATURE names, or the first of the
 * usual places (initrd, /run, /etc, /usr/lib); empty if there is none. A signature proves itself:
 * where it comes from does not matter. */
PAWL_MUST_CHECK pawl_err pawl_signatures_read(const char *path, pawl_buffer *ret, pawl_diag *d);
/* The passphrase of the token's keyslots. Errors as pawl_token_unseal, and UNSUPPORTED for kinds
 * that are not built in, CANCELLED. */
PAWL_MUST_CHECK pawl_err pawl_means_passphrase(
        pawl_means *m, const pawl_token *token, pawl_secret *ret, pawl_diag *d);
/* Unlocks `v` by the keyslots of that token and no other. */
PAWL_MUST_CHECK pawl_err pawl_means_unlock(
        pawl_means *m, pawl_volume *v, const pawl_token *token, pawl_diag *d);

#endif

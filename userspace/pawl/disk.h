/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs of `pawl disk` share: their volume with its tokens, and unlocking it. */
#ifndef PAWL_PAWL_DISK_H
#define PAWL_PAWL_DISK_H

#include "userspace/luks/enroll.h"

typedef struct pawl_disk {
        pawl_volume *volume;
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n_tokens;
} pawl_disk;

PAWL_MUST_CHECK pawl_err pawl_disk_open(const char *device, pawl_disk *ret, pawl_diag *d);
void pawl_disk_done(pawl_disk *k);
#define pawl_autodisk pawl_cleanup(pawl_disk_done)

/* How a verb that changes a volume gets into it. */
typedef struct pawl_disk_unlock {
        const char *key_file; /* NULL: none; "-": stdin */
        bool by_tpm2;
        const char *tpm, *signature; /* as --tpm, --tpm2-signature; NULL: the usual ones */
} pawl_disk_unlock;
/* By the TPM if asked, else by key file, PASSWORD from the environment, or a prompt. */
PAWL_MUST_CHECK pawl_err pawl_disk_unlock_volume(
        pawl_disk *k, const pawl_disk_unlock *how, pawl_diag *d);

/* The image's PCR signatures: `path`, or the first of the usual places (initrd, /run, /etc,
 * /usr/lib); empty if there is none. A signature proves itself: where it comes from does not
 * matter.
 */
PAWL_MUST_CHECK pawl_err pawl_disk_signatures(const char *path, pawl_buffer *ret, pawl_diag *d);

/* Bit n: a token names keyslot n. */
uint32_t pawl_disk_token_slots(const pawl_disk *k);

#endif

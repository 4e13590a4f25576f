/* SPDX-License-Identifier: BSD-2-Clause */
/* A token in words: what it needs to open, which TPM, and how weak it is. */
#ifndef PAWL_LUKS_DESCRIBE_H
#define PAWL_LUKS_DESCRIBE_H

#include "userspace/luks/token.h"

#define PAWL_WEAK_MAX 8

/* "PCR 7, 12, 15 as they were meant to be; PCR 11 signed by key 3f2a91c0…, reference initrd: in the
 * initrd only". For other kinds what is touched or typed. */
PAWL_MUST_CHECK pawl_err pawl_token_describe(const pawl_token *t, char **ret);

/* Who can open it beside the system that was meant: one sentence each, static texts. Returns how
 * many. Nothing for tokens that a person opens. */
size_t pawl_token_weaknesses(const pawl_token *t, const char *ret[static PAWL_WEAK_MAX]);

/* What a keyslot needs that no token names (pawl_volume_unstretched_keyslots). Static. */
const char *pawl_keyslot_words(bool is_unstretched);

/* The TPM name of the storage root key that it was sealed under, from its `tpm2_srk`: NOT_FOUND for
 * a token without (systemd before 254), FORMAT. Borrowed. */
PAWL_MUST_CHECK pawl_err pawl_token_srk_name(const pawl_token *t, pawl_span *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing ways in. Which keyslots are meant is decided first and can be shown; then keyslots go
 * before their tokens: a crash leaves a token without keyslot, which opens nothing and says so,
 * never a keyslot that nobody knows the secret of and that looks like a passphrase. */
#ifndef PAWL_LUKS_WIPE_H
#define PAWL_LUKS_WIPE_H

#include "userspace/luks/volume.h"

/* The ways into a volume, as bit n: keyslot n. */
typedef struct pawl_ways {
        uint32_t used;
        uint32_t by_kind[PAWL_TOKEN_PKCS11 + 1]; /* named by a token of that kind */
        uint32_t passwords;                      /* named by no token */
        uint32_t leftovers; /* of those: not stretched, so most likely of an enrolment that a power
                               cut ended between keyslot and token. Nobody knows its secret. */
} pawl_ways;
/* `used`, `unstretched`: pawl_volume_keyslots, pawl_volume_unstretched_keyslots. */
void pawl_ways_of(uint32_t used, uint32_t unstretched, const pawl_token *tokens, size_t n_tokens,
        pawl_ways *ret);
/* Those that a person can open without the TPM. A token of a kind that we do not know does not
 * count: it may need the TPM. */
uint32_t pawl_ways_without_tpm(const pawl_ways *w);
/* REFUSED if without `slots` no way in would be left. Leftovers count only with `counts_leftovers`:
 * where the person says to know better. */
PAWL_MUST_CHECK pawl_err pawl_ways_check_left(
        pawl_volume *v, const pawl_ways *w, uint32_t slots, bool counts_leftovers, pawl_diag *d);

/* What `list` names: numbers and the words all, empty, password, recovery, pkcs11, fido2, tpm2,
 * joined by commas, as systemd-cryptenroll takes them. `ret_kinds` bit n: all tokens of kind n are
 * meant, also those without keyslot. USAGE for another word, NOT_FOUND for a keyslot that is not in
 * use. `empty` tries the empty passphrase on every keyslot, which takes time. */
PAWL_MUST_CHECK pawl_err pawl_ways_select(pawl_volume *v, const pawl_ways *w, const char *list,
        uint32_t *ret_slots, uint32_t *ret_kinds, pawl_diag *d);

/* Removes these keyslots, and the tokens that have none left because of it or are of `kinds` and
 * have none. Flushes. REFUSED, with nothing changed, if no keyslot would be left. */
PAWL_MUST_CHECK pawl_err pawl_ways_remove(
        pawl_volume *v, uint32_t slots, uint32_t kinds, pawl_diag *d);

#endif

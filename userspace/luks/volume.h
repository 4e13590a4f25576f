/* SPDX-License-Identifier: BSD-2-Clause */
/* A LUKS2 volume through libcryptsetup: its keyslots and tokens, adding and removing ways in,
 * opening. Works on devices and on image files; only pawl_volume_activate needs the device mapper.
 */
#ifndef PAWL_LUKS_VOLUME_H
#define PAWL_LUKS_VOLUME_H

#include "userspace/luks/token.h"

#define PAWL_VOLUME_TOKENS_MAX 32 /* as LUKS2 */

typedef struct pawl_volume pawl_volume;

PAWL_MUST_CHECK pawl_err pawl_volume_open(const char *device, pawl_volume **ret, pawl_diag *d);
void pawl_volume_close_p(pawl_volume **v);
#define pawl_autovolume pawl_cleanup(pawl_volume_close_p)

/* Formats: aes-xts-plain64, 512-bit key, LUKS2 label. The volume has no keyslot yet; its key is
 * kept in `v` until closed. */
PAWL_MUST_CHECK pawl_err pawl_volume_format(
        const char *device, const char *label, pawl_volume **ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_set_label(pawl_volume *v, const char *label, pawl_diag *d);
const char *pawl_volume_label(pawl_volume *v);
const char *pawl_volume_uuid(pawl_volume *v);

/* Refuses ciphers, key sizes, KDFs and integrity that are not on the fixed list (security: a null
 * cipher proves nothing). */
PAWL_MUST_CHECK pawl_err pawl_volume_check_crypto(pawl_volume *v, pawl_diag *d);

/* Unlocks with a passphrase (any slot, or `keyslot` >= 0): the volume key is then kept in `v` for
 * adding slots and activating. KEY if it is wrong. `ret_keyslot` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_volume_unlock(
        pawl_volume *v, int keyslot, pawl_span passphrase, int *ret_keyslot, pawl_diag *d);
/* Adds a keyslot for a random 256-bit secret (PBKDF2-SHA512, 1000 iterations: nothing to stretch)
 * or for what a person types (Argon2id). The volume must be unlocked. */
PAWL_MUST_CHECK pawl_err pawl_volume_add_keyslot(
        pawl_volume *v, pawl_span passphrase, bool is_typed, int *ret_keyslot, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_remove_keyslot(pawl_volume *v, int keyslot, pawl_diag *d);
/* All tokens that can be parsed; those that cannot are in `ret_tokens` as PAWL_TOKEN_OTHER. Ended
 * by count. Call pawl_token_done on each. */
PAWL_MUST_CHECK pawl_err pawl_volume_tokens(
        pawl_volume *v, pawl_token *ret_tokens, size_t *ret_n, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_add_token(
        pawl_volume *v, const pawl_token *t, int *ret_id, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_remove_token(pawl_volume *v, int id, pawl_diag *d);

/* dm-crypt: /dev/mapper/NAME, from the unlocked volume. */
PAWL_MUST_CHECK pawl_err pawl_volume_activate(pawl_volume *v, const char *name, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_deactivate(const char *name, pawl_diag *d);
/* HMAC(volume key, "cryptsetup:" NAME ":" UUID) in each algorithm of `banks`: what PCR 15 is
 * extended with. */
PAWL_MUST_CHECK pawl_err pawl_volume_key_digests(pawl_volume *v, const char *name, uint32_t banks,
        pawl_digest *ret_digests, size_t *ret_n, pawl_diag *d);

#endif

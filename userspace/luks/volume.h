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
const char *pawl_volume_device(const pawl_volume *v);
/* Bytes in front of the encrypted data: both headers and all keyslots. */
uint64_t pawl_volume_data_offset(pawl_volume *v);
/* Waits until everything that was written to the device is on it. */
PAWL_MUST_CHECK pawl_err pawl_volume_flush(pawl_volume *v, pawl_diag *d);

/* Refuses ciphers, key sizes, KDFs and integrity that are not on the fixed list (security: a null
 * cipher proves nothing), KDFs that want more than 1 GiB of memory, and volumes in the middle of a
 * re-encryption: REFUSED, with what is wrong. */
PAWL_MUST_CHECK pawl_err pawl_volume_check_crypto(pawl_volume *v, pawl_diag *d);
/* The same for the header's JSON text as libcryptsetup dumps it: the rule itself, without I/O. */
PAWL_MUST_CHECK pawl_err pawl_volume_check_json(pawl_span json, pawl_diag *d);

/* Unlocks with a passphrase (any slot, or `keyslot` >= 0): the volume key is then kept in `v` for
 * adding slots and activating. KEY if it is wrong. `ret_keyslot` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_volume_unlock(
        pawl_volume *v, int keyslot, pawl_span passphrase, int *ret_keyslot, pawl_diag *d);
bool pawl_volume_is_unlocked(const pawl_volume *v);
/* Bit n: keyslot n is in use. Unbound keyslots are not among them: they open nothing. */
uint32_t pawl_volume_keyslots(pawl_volume *v);
/* Those of them that stretch nothing, in the way that enrolling has it for a random secret here and
 * in systemd: PBKDF2 with SHA-512 and the fewest iterations. */
uint32_t pawl_volume_unstretched_keyslots(pawl_volume *v);
/* "pbkdf2" or "argon2id" … of a keyslot; NULL if there is none. */
const char *pawl_volume_keyslot_kdf(pawl_volume *v, int keyslot);
/* Adds a keyslot for a random 256-bit secret (PBKDF2-SHA512, 1000 iterations: nothing to stretch)
 * or for what a person types (Argon2id). The volume must be unlocked. */
PAWL_MUST_CHECK pawl_err pawl_volume_add_keyslot(
        pawl_volume *v, pawl_span passphrase, bool is_typed, int *ret_keyslot, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_remove_keyslot(pawl_volume *v, int keyslot, pawl_diag *d);
/* All tokens, in the order of their ids; those that cannot be parsed are PAWL_TOKEN_OTHER with
 * `why`. `ret_tokens` holds PAWL_VOLUME_TOKENS_MAX. Call pawl_token_done on each. */
PAWL_MUST_CHECK pawl_err pawl_volume_tokens(
        pawl_volume *v, pawl_token *ret_tokens, size_t *ret_n, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_add_token(
        pawl_volume *v, const pawl_token *t, int *ret_id, pawl_diag *d);
/* Bit n: token `id` names keyslot n, whether the token can be read or not. */
uint32_t pawl_volume_token_keyslots(pawl_volume *v, int id);
PAWL_MUST_CHECK pawl_err pawl_volume_remove_token(pawl_volume *v, int id, pawl_diag *d);

/* dm-crypt: /dev/mapper/NAME, from the unlocked volume. */
PAWL_MUST_CHECK pawl_err pawl_volume_activate(pawl_volume *v, const char *name, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_volume_deactivate(const char *name, pawl_diag *d);
#define PAWL_VOLUME_KEY_TEXT_MAX 1024 /* bytes */
/* "cryptsetup:" NAME ":" UUID, the text that goes under the HMAC and into the user log. NO_SPACE.
 */
PAWL_MUST_CHECK pawl_err pawl_volume_key_text(const char *name, const char *uuid, pawl_writer *w);
/* HMAC(volume key, "cryptsetup:" NAME ":" UUID) in each algorithm of `banks` (bit pawl_alg): what
 * PCR 15 is extended with. ':' and what systemd's xescape() escapes beside it stand in NAME as
 * \xHH. `ret_digests` holds PAWL_ALG_MAX_. */
PAWL_MUST_CHECK pawl_err pawl_volume_key_digests(pawl_volume *v, const char *name, uint32_t banks,
        pawl_digest *ret_digests, size_t *ret_n, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The key pairs of a machine for `store` credentials. Sealing needs the public half, opening the
 * private one, which is sealed to the TPM. Files of a folder (/var/lib/pawl/store, PAWL_STATE moves
 * it): `current` names the pair that is sealed to, ID.key is each pair with its sealed half.
 * Several may stand side by side, since each credential names its own: that is how one replaces
 * another without a moment at which something does not open. */
#ifndef PAWL_CRED_STORE_KEY_H
#define PAWL_CRED_STORE_KEY_H

#include "userspace/cred/envelope.h"
#include "userspace/seal/profile.h"

#define PAWL_STORE_FILE_MAX (64u << 10) /* bytes */
#define PAWL_STORE_KEYS_MAX 64          /* pairs of a folder */

/* What sealing needs. */
typedef struct pawl_store_public {
        uint8_t id[PAWL_STORE_ID_SIZE]; /* SHA-256 of `key`, cut off */
        uint8_t key[PAWL_STORE_KEY_SIZE];
} pawl_store_public;

typedef struct pawl_store_key {
        pawl_store_public public;
        pawl_profile profile;       /* what its policy was made of */
        pawl_buffer public_key_pem; /* of the signed PCRs */
        pawl_pcr_set literal;
        pawl_buffer blob, srk;
        pawl_seal_policy policy; /* borrows from the fields above */
} pawl_store_key;
void pawl_store_key_done(pawl_store_key *k);
#define pawl_autostorekey pawl_cleanup(pawl_store_key_done)

/* "/var/lib/pawl/store" */
const char *pawl_store_folder(char *buf, size_t size);

/* A new pair whose private half is sealed. `policy` borrows nothing of `ret` and is copied. At most
 * 4 commands. */
PAWL_MUST_CHECK pawl_err pawl_store_key_make(pawl_tpm *t, const pawl_tpm_srk *srk,
        const pawl_profile *profile, const pawl_seal_policy *policy, pawl_store_key *ret,
        pawl_diag *d);

/* Reads the pair of that id: NOT_FOUND, FORMAT. `ret` must stay where it is. */
PAWL_MUST_CHECK pawl_err pawl_store_key_read(
        const char *folder, pawl_span id, pawl_store_key *ret, pawl_diag *d);
/* Writes it beside the others; EXISTS if it is there. Makes the folder. */
PAWL_MUST_CHECK pawl_err pawl_store_key_write(
        const char *folder, const pawl_store_key *k, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_store_key_remove(
        const char *folder, const uint8_t id[static PAWL_STORE_ID_SIZE], pawl_diag *d);
/* The ids of all pairs, in no order. */
PAWL_MUST_CHECK pawl_err pawl_store_key_list(const char *folder, uint8_t (*ret)[PAWL_STORE_ID_SIZE],
        size_t max, size_t *ret_n, pawl_diag *d);

/* The pair that is sealed to. NOT_FOUND where there is none; MISMATCH for a file that is not what
 * it says. */
PAWL_MUST_CHECK pawl_err pawl_store_public_read(
        const char *path, pawl_store_public *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_store_current_read(
        const char *folder, pawl_store_public *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_store_current_write(
        const char *folder, const pawl_store_public *p, pawl_diag *d);

/* Keeps a pair from being rotated away between the moment at which it is read as the current one
 * and that at which what was sealed to it is on disk. Sealing shares the lock, rotating has it
 * alone. Waits. Closing `*ret_fd` gives it back. Makes the folder. */
PAWL_MUST_CHECK pawl_err pawl_store_lock(
        const char *folder, bool is_shared, int *ret_fd, pawl_diag *d);

#endif

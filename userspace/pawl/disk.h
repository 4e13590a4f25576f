/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs of `pawl disk` share: their volume with its tokens, and unlocking it. */
#ifndef PAWL_PAWL_DISK_H
#define PAWL_PAWL_DISK_H

#include "userspace/luks/unlock.h"

typedef struct pawl_disk {
        pawl_volume *volume;
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n_tokens;
} pawl_disk;

PAWL_MUST_CHECK pawl_err pawl_disk_open(const char *device, pawl_disk *ret, pawl_diag *d);
void pawl_disk_done(pawl_disk *k);
#define pawl_autodisk pawl_cleanup(pawl_disk_done)

/* How a verb gets into a volume. NULL: not given. */
typedef struct pawl_disk_unlock {
        const char *key_file; /* "-": stdin */
        bool by_tpm2, by_pkcs11;
        const char *fido2_device;    /* "auto": any that is plugged in */
        const char *tpm2_device;     /* as `by_tpm2`, with that TPM; "auto": the one of --tpm */
        const char *pin_file;        /* of a token; else PIN from the environment, or a prompt */
        const char *tpm, *signature; /* as --tpm, --tpm2-signature */
        bool accepts_direct_pin;     /* no question before a PIN goes to the TPM without Argon2id */
} pawl_disk_unlock;
/* By a token if one is asked for (each of its kind is tried), else by key file, PASSWORD from the
 * environment, or a prompt. USAGE where several are given; CANCELLED where a person was asked and
 * did not want it. Each token's weaknesses are told before it is used. */
PAWL_MUST_CHECK pawl_err pawl_disk_unlock_volume(
        pawl_disk *k, const pawl_disk_unlock *how, pawl_diag *d);

/* A person at the terminal: PINs from `file`, the variable PIN, or a prompt; the rest goes to
 * stderr. `ret` must outlive its use. */
typedef struct pawl_terminal {
        const char *pin_file;
        pawl_secret given; /* what the file or the variable held */
        bool is_spent;     /* it was answered; set back where it was right and serves again */
        pawl_ask ask;
} pawl_terminal;
void pawl_terminal_init(pawl_terminal *ret, const char *pin_file);
void pawl_terminal_done(pawl_terminal *t);
/* Whether the next PIN comes from the file or the variable, so that nobody is asked. */
bool pawl_terminal_has_given(const pawl_terminal *t);

/* What pawl_token_weaknesses says, to stderr: before anything is typed or sent for the token. */
void pawl_disk_say_weaknesses(const pawl_token *t);
/* Bit n: a token names keyslot n. */
uint32_t pawl_disk_token_slots(const pawl_disk *k);
/* --token-id=: a token's number; NULL is -1, for any. False for what is none. */
bool pawl_disk_token_id(const char *text, int *ret);
/* The token of that number, or NULL. */
pawl_token *pawl_disk_token(pawl_disk *k, int id);

#endif

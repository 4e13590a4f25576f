/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/disk.h"

#include <string.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/number.h"

void pawl_disk_done(pawl_disk *k)
{
        while (k->n_tokens > 0)
                pawl_token_done(&k->tokens[--k->n_tokens]);
        pawl_volume_close_p(&k->volume);
}

pawl_err pawl_disk_open(const char *device, pawl_disk *ret, pawl_diag *d)
{
        PAWL_TRY(pawl_volume_open(device, &ret->volume, d));
        return pawl_volume_tokens(ret->volume, ret->tokens, &ret->n_tokens, d);
}

uint32_t pawl_disk_token_slots(const pawl_disk *k)
{
        uint32_t mask = 0;

        for (size_t i = 0; i < k->n_tokens; i++)
                for (size_t j = 0; j < k->tokens[i].n_keyslots; j++)
                        mask |= (uint32_t)1 << k->tokens[i].keyslots[j];
        return mask;
}

bool pawl_disk_token_id(const char *text, int *ret)
{
        uint64_t id = 0;

        if (text && !pawl_number_parse(text, PAWL_VOLUME_TOKENS_MAX - 1, &id))
                return false;
        *ret = text ? (int)id : -1;
        return true;
}

pawl_token *pawl_disk_token(pawl_disk *k, int id)
{
        for (size_t i = 0; i < k->n_tokens; i++)
                if (k->tokens[i].id == id)
                        return &k->tokens[i];
        return NULL;
}

static bool is_of_kind(const pawl_token *t, pawl_token_kind kind)
{
        return t->kind == kind;
}

void pawl_disk_say_weaknesses(const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];
        size_t n = pawl_token_weaknesses(t, weak);

        for (size_t i = 0; i < n; i++)
                pawl_say("token %d: %s", t->id, weak[i]);
}

/* One way of unlocking, with everything that it needs. */
typedef struct attempt {
        const pawl_disk_unlock *how;
        pawl_terminal terminal;
        pawl_means means;
} attempt;

static void attempt_done(attempt *a)
{
        pawl_means_done(&a->means);
        pawl_terminal_done(&a->terminal);
}

/* Who can write the header could put such a token in the place of one with Argon2id, and would then
 * guess the PIN from what passes between processor and TPM: the person who typed it decides. */
static pawl_err check_pin(const attempt *a, const pawl_token *t, pawl_diag *d)
{
        bool is_there = false;

        if (t->kind != PAWL_TOKEN_TPM2 || !t->tpm2.has_pin || t->tpm2.argon2_memory_bytes != 0 ||
                a->how->accepts_direct_pin)
                return PAWL_OK;
        /* systemd's default from 253 to 261: who gives the PIN beforehand means such a token */
        if (pawl_terminal_has_given(&a->terminal) && t->tpm2.salt.len > 0)
                return PAWL_OK;
        if (pawl_prompt_word("'yes' gives the PIN to the TPM all the same, anything else does not:",
                    "yes", &is_there))
                return PAWL_OK;
        if (is_there)
                return pawl_fail(d, PAWL_ERR_CANCELLED, "token %d was not used", t->id);
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "token %d: its PIN would go to the TPM without Argon2id, and nobody can be asked; "
                "say --accept-direct-pin if that is what was enrolled",
                t->id);
}

static pawl_err unlock_by_one(attempt *a, pawl_disk *k, const pawl_token *t, pawl_diag *d)
{
        pawl_disk_say_weaknesses(t);
        PAWL_TRY(check_pin(a, t, d));
        return pawl_means_unlock(&a->means, k->volume, t, d);
}

/* The reason of the last one is told; where there are several, each one's. */
static pawl_err unlock_by_kind(attempt *a, pawl_disk *k, pawl_token_kind kind, pawl_diag *d)
{
        pawl_err err = pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: no %s token to unlock with",
                pawl_volume_device(k->volume), pawl_token_kind_name(kind));
        bool has_failed = false;

        for (size_t i = 0; i < k->n_tokens; i++) {
                if (!is_of_kind(&k->tokens[i], kind))
                        continue;
                if (has_failed)
                        pawl_say("%s", pawl_diag_text(d));
                err = unlock_by_one(a, k, &k->tokens[i], d);
                if (err == PAWL_OK || err == PAWL_ERR_CANCELLED)
                        return err;
                has_failed = true;
        }
        return err;
}

static pawl_err unlock_by_token(
        pawl_disk *k, pawl_token_kind kind, const pawl_disk_unlock *how, pawl_diag *d)
{
        pawl_cleanup(attempt_done) attempt a = { .how = how, .means.tpm = how->tpm };
        pawl_autobuffer pawl_buffer json = { 0 };

        if (how->tpm2_device && strcmp(how->tpm2_device, "auto") != 0)
                a.means.tpm = how->tpm2_device;
        pawl_terminal_init(&a.terminal, how->pin_file);
        PAWL_TRY(pawl_signatures_read(how->signature, &json, d));
        a.means.signature_json = pawl_buffer_span(&json);
        a.means.ask = &a.terminal.ask;
        if (how->fido2_device && strcmp(how->fido2_device, "auto") != 0)
                a.means.fido2 = how->fido2_device;
        return unlock_by_kind(&a, k, kind, d);
}

static pawl_err unlock_by_typed(pawl_disk *k, const pawl_disk_unlock *how, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 };
        char question[512];

        (void)snprintf(question, sizeof(question),
                "Passphrase or recovery key of %s:", pawl_volume_device(k->volume));
        pawl_text_sanitize(question);
        PAWL_TRY(pawl_secret_obtain(how->key_file, "PASSWORD", question, &key, d));
        return pawl_open_typed(k->volume, pawl_secret_span(&key), NULL, d);
}

pawl_err pawl_disk_unlock_volume(pawl_disk *k, const pawl_disk_unlock *how, pawl_diag *d)
{
        bool by_tpm2 = how->by_tpm2 || how->tpm2_device;

        if (by_tpm2 + how->by_pkcs11 + (how->fido2_device != NULL) + (how->key_file != NULL) > 1)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "a key file and tokens to unlock with exclude each other");
        if (by_tpm2)
                return unlock_by_token(k, PAWL_TOKEN_TPM2, how, d);
        if (how->fido2_device)
                return unlock_by_token(k, PAWL_TOKEN_FIDO2, how, d);
        if (how->by_pkcs11)
                return unlock_by_token(k, PAWL_TOKEN_PKCS11, how, d);
        return unlock_by_typed(k, how, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a volume by one of its tokens, or by what a person typed. */
#include <stdio.h>
#include <string.h>

#include "userspace/luks/enroll.h"
#include "userspace/token/pin.h"
#include "userspace/token/recovery-key.h"

void pawl_token_policy(const pawl_token_tpm2 *t, pawl_seal_policy *ret)
{
        *ret = (pawl_seal_policy){ .has_pin = t->has_pin };
        ret->bank = t->has_bank ? t->bank : PAWL_ALG_SHA256;
        ret->literal.bank = ret->bank;
        ret->literal.mask = t->pcr_mask;
        ret->is_literal_unknown = true;
        if (t->public_key_mask == 0)
                return;
        ret->public_key_pem = pawl_buffer_span(&t->public_key_pem);
        ret->signed_mask = t->public_key_mask;
        ret->ref = t->ref;
}

static pawl_err srk_of(const pawl_token_tpm2 *token, pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d)
{
        if (token->srk.len > 0)
                return pawl_tpm_srk_import(t, pawl_buffer_span(&token->srk), ret, d);
        return pawl_tpm_srk_transient(t, token->is_rsa_primary, ret, d);
}

/* The object's authValue, and with Argon2id the half that goes into the passphrase. */
static pawl_err stretch_pin(const pawl_token_tpm2 *t, pawl_span pin, pawl_secret *ret_auth,
        pawl_secret *ret_lock, pawl_diag *d)
{
        if (!t->has_pin)
                return PAWL_OK;
        if (pin.len == 0)
                return pawl_fail(d, PAWL_ERR_KEY, "it wants a PIN and none was given");
        if (t->argon2_memory_bytes == 0)
                return pawl_pin_direct(pin, pawl_buffer_span(&t->salt), ret_auth);
        return pawl_pin_argon2(pin, pawl_buffer_span(&t->salt), t->argon2_memory_bytes,
                t->argon2_iterations, t->argon2_lanes, ret_auth, ret_lock, d);
}

static pawl_err passphrase_from(
        const pawl_secret *unsealed, const pawl_secret *lock, pawl_secret *ret)
{
        pawl_autosecret pawl_secret key = { 0 };

        if (lock->len == 0)
                return pawl_base64_encode(pawl_secret_span(unsealed), ret);
        PAWL_TRY(pawl_pin_unlock(pawl_secret_span(lock), pawl_secret_span(unsealed), &key));
        return pawl_base64_encode(pawl_secret_span(&key), ret);
}

pawl_err pawl_token_unseal(const pawl_token *token, pawl_tpm *t, const pawl_seal_policy *policy,
        pawl_span signature_json, pawl_span pin, pawl_secret *ret_passphrase, pawl_diag *d)
{
        pawl_autosecret pawl_secret auth = { 0 }, lock = { 0 }, unsealed = { 0 };
        pawl_autosrk pawl_tpm_srk *srk = NULL;

        if (token->kind != PAWL_TOKEN_TPM2 || token->tpm2.is_pcrlock)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "%s is not supported",
                        token->kind == PAWL_TOKEN_TPM2 ? "a pcrlock policy" : token->type);
        PAWL_TRY(stretch_pin(&token->tpm2, pin, &auth, &lock, d));
        PAWL_TRY(srk_of(&token->tpm2, t, &srk, d));
        PAWL_TRY(pawl_unseal(t, srk, policy, pawl_buffer_span(&token->tpm2.blob), signature_json,
                pawl_secret_span(&auth), &unsealed, d));
        return passphrase_from(&unsealed, &lock, ret_passphrase);
}

pawl_err pawl_open_token_keyslots(
        pawl_volume *v, const pawl_token *token, pawl_span passphrase, pawl_diag *d)
{
        pawl_err err = pawl_fail(
                d, PAWL_ERR_MISSING, "%s: the token names no keyslot", pawl_volume_device(v));

        for (size_t i = 0; i < token->n_keyslots; i++) {
                err = pawl_volume_unlock(v, token->keyslots[i], passphrase, NULL, d);
                if (err != PAWL_ERR_KEY && err != PAWL_ERR_NOT_FOUND)
                        break;
        }
        return err;
}

static pawl_err open_with(pawl_volume *v, const pawl_token *token, pawl_tpm *t,
        const pawl_seal_policy *policy, pawl_span signature_json, pawl_span pin, pawl_diag *d)
{
        pawl_autosecret pawl_secret passphrase = { 0 };

        PAWL_TRY(pawl_volume_check_crypto(v, d));
        PAWL_TRY(pawl_fail_prefix(d,
                pawl_token_unseal(token, t, policy, signature_json, pin, &passphrase, d),
                "%s: token %d", pawl_volume_device(v), token->id));
        return pawl_open_token_keyslots(v, token, pawl_secret_span(&passphrase), d);
}

pawl_err pawl_open_tpm2(pawl_volume *v, const pawl_token *token, pawl_tpm *t,
        pawl_span signature_json, pawl_span pin, pawl_diag *d)
{
        pawl_seal_policy policy;

        pawl_token_policy(&token->tpm2, &policy);
        return open_with(v, token, t, &policy, signature_json, pin, d);
}

pawl_err pawl_token_check(const pawl_token *token, const pawl_seal_policy *demanded, pawl_diag *d)
{
        pawl_policy_digest digest;

        if (token->kind != PAWL_TOKEN_TPM2)
                return pawl_fail(d, PAWL_ERR_MISMATCH, "token %d: not a TPM2 token", token->id);
        PAWL_TRY(pawl_seal_policy_digest(demanded, &digest, d));
        return pawl_seal_blob_check(pawl_buffer_span(&token->tpm2.blob), &digest, d);
}

pawl_err pawl_open_tpm2_demanded(pawl_volume *v, const pawl_token *token, pawl_tpm *t,
        const pawl_seal_policy *demanded, pawl_span signature_json, pawl_diag *d)
{
        pawl_err err = pawl_token_check(token, demanded, d);

        if (err == PAWL_ERR_MISMATCH)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%s: token %d has another policy than this image demands; it is not used "
                        "without a person",
                        pawl_volume_device(v), token->id);
        PAWL_TRY(err);
        return open_with(v, token, t, demanded, signature_json, PAWL_SPAN_NULL, d);
}

/* Bit n: a token names keyslot n; `counts` says which tokens. */
static uint32_t slots_of_tokens(
        const pawl_token *tokens, size_t n, bool (*counts)(const pawl_token *))
{
        uint32_t mask = 0;

        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; counts(&tokens[i]) && k < tokens[i].n_keyslots; k++)
                        mask |= (uint32_t)1 << tokens[i].keyslots[k];
        return mask;
}

static bool is_recovery(const pawl_token *t)
{
        return t->kind == PAWL_TOKEN_RECOVERY;
}

static bool is_any(const pawl_token *t)
{
        (void)t;
        return true;
}

typedef struct slots {
        uint32_t used, recovery, tokens; /* bit n: keyslot n */
} slots;

static pawl_err read_slots(pawl_volume *v, slots *ret, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;

        PAWL_TRY(pawl_volume_tokens(v, tokens, &n, d));
        ret->used = pawl_volume_keyslots(v);
        ret->recovery = ret->used & slots_of_tokens(tokens, n, is_recovery);
        ret->tokens = ret->used & slots_of_tokens(tokens, n, is_any);
        while (n > 0)
                pawl_token_done(&tokens[--n]);
        return PAWL_OK;
}

static pawl_err try_slots(
        pawl_volume *v, uint32_t mask, pawl_span typed, int *ret_slot, pawl_diag *d)
{
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++) {
                pawl_err err = mask >> i & 1 ? pawl_volume_unlock(v, i, typed, ret_slot, d)
                                             : PAWL_ERR_KEY;

                if (err != PAWL_ERR_KEY)
                        return err;
        }
        return PAWL_ERR_KEY;
}

/* Where it most likely fits first, then everywhere: a token that somebody put on a keyslot must not
 * hide it from the person who knows its passphrase. */
pawl_err pawl_open_typed(pawl_volume *v, pawl_span typed, pawl_way_in *ret_way, pawl_diag *d)
{
        pawl_autosecret pawl_secret recovery = { 0 };
        bool is_key = pawl_recovery_key_normalize(typed, &recovery) == PAWL_OK;
        slots s = { 0 };
        uint32_t first;
        int slot = -1;
        pawl_err err;

        PAWL_TRY(read_slots(v, &s, d));
        if (is_key)
                typed = pawl_secret_span(&recovery);
        first = is_key ? s.recovery : s.used & ~s.tokens;
        err = try_slots(v, first, typed, &slot, d);
        if (err == PAWL_ERR_KEY)
                err = try_slots(v, s.used & ~first, typed, &slot, d);
        if (err == PAWL_ERR_KEY)
                return pawl_fail(d, PAWL_ERR_KEY, "%s: this %s opens no keyslot",
                        pawl_volume_device(v), is_key ? "recovery key" : "passphrase");
        PAWL_TRY(err);
        if (ret_way)
                *ret_way = s.recovery >> slot & 1 ? PAWL_WAY_RECOVERY : PAWL_WAY_PASSPHRASE;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a volume by one of its tokens, or by what a person typed. */
#include <stdio.h>
#include <string.h>

#include "userspace/luks/enroll.h"
#include "userspace/luks/tpm2-secret.h"
#include "userspace/token/recovery-key.h"

void pawl_token_policy(const pawl_token_tpm2 *t, pawl_seal_policy *ret)
{
        *ret = (pawl_seal_policy){ .has_pin = t->has_pin };
        ret->bank = pawl_token_bank(t);
        ret->literal.bank = ret->bank;
        ret->literal.mask = t->pcr_mask;
        ret->is_literal_unknown = true;
        if (t->public_key_mask == 0)
                return;
        ret->public_key_pem = pawl_buffer_span(&t->public_key_pem);
        ret->signed_mask = t->public_key_mask;
        ret->ref = t->ref;
}

/* Which of the two templates a token without `tpm2_srk` was sealed under, only the TPM can say: the
 * wrong one is as another TPM's. */
static pawl_err unseal_unpinned(const pawl_token_tpm2 *token, pawl_tpm *t,
        const pawl_seal_policy *policy, pawl_span signature_json, pawl_span auth, pawl_secret *ret,
        pawl_diag *d)
{
        pawl_err err = PAWL_ERR_TPM_OTHER;

        for (int is_legacy = 1; is_legacy >= 0 && err == PAWL_ERR_TPM_OTHER; is_legacy--) {
                pawl_autosrk pawl_tpm_srk *srk = NULL;

                PAWL_TRY(pawl_tpm_srk_transient(t, token->is_rsa_primary, is_legacy, &srk, d));
                err = pawl_unseal(t, srk, policy, pawl_buffer_span(&token->blob), signature_json,
                        auth, ret, d);
        }
        return err;
}

static pawl_err unseal(const pawl_token_tpm2 *token, pawl_tpm *t, const pawl_seal_policy *policy,
        pawl_span signature_json, pawl_span auth, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;

        if (token->srk.len == 0)
                return unseal_unpinned(token, t, policy, signature_json, auth, ret, d);
        PAWL_TRY(pawl_tpm_srk_import(t, pawl_buffer_span(&token->srk), &srk, d));
        return pawl_unseal(
                t, srk, policy, pawl_buffer_span(&token->blob), signature_json, auth, ret, d);
}

pawl_err pawl_token_unseal(const pawl_token *token, pawl_tpm *t, const pawl_seal_policy *policy,
        pawl_span signature_json, pawl_span pin, pawl_secret *ret_passphrase, pawl_diag *d)
{
        pawl_autosecret pawl_secret auth = { 0 }, lock = { 0 }, unsealed = { 0 };

        if (token->kind != PAWL_TOKEN_TPM2 || token->tpm2.is_pcrlock)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "%s is not supported",
                        token->kind == PAWL_TOKEN_TPM2 ? "a pcrlock policy" : token->type);
        PAWL_TRY(pawl_tpm2_stretch(&token->tpm2, pin, &auth, &lock, d));
        PAWL_TRY(unseal(
                &token->tpm2, t, policy, signature_json, pawl_secret_span(&auth), &unsealed, d));
        return pawl_tpm2_passphrase(&unsealed, &lock, ret_passphrase);
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

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/enroll.h"

#include <stdio.h>
#include <string.h>

#include "userspace/luks/token-evidence.h"
#include "userspace/luks/tpm2-secret.h"
#include "userspace/token/recovery-key.h"

void pawl_sealed_done(pawl_sealed *s)
{
        pawl_token t = { .tpm2 = s->token };

        pawl_token_done(&t);
        pawl_secret_done(&s->passphrase);
        free(s->extra);
        *s = (pawl_sealed){ 0 };
}

pawl_err pawl_sealed_keep_evidence(pawl_sealed *s, pawl_span evidence)
{
        if (evidence.len == 0)
                return PAWL_OK;
        free(s->extra);
        s->extra = NULL;
        return pawl_token_evidence_format(evidence, &s->extra);
}

#define SALT_SIZE 32 /* bytes */

/* Unseals what was just sealed: an object that cannot be opened now, where it should, will not open
 * after the next boot either. */
static pawl_err prove(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_policy *policy,
        const pawl_buffer *blob, pawl_span json, pawl_span auth, const pawl_secret *secret,
        pawl_diag *d)
{
        pawl_autosecret pawl_secret again = { 0 };

        PAWL_TRY(pawl_fail_prefix(d,
                pawl_unseal(t, srk, policy, pawl_buffer_span(blob), json, auth, &again, d),
                "the new TPM token was tried once and nothing was written"));
        if (again.len != secret->len || !pawl_equal_ct(again.data, secret->data, secret->len))
                return pawl_fail(d, PAWL_ERR_TPM_UNTRUSTED,
                        "the TPM gave back another secret than was sealed; nothing was written");
        return PAWL_OK;
}

static pawl_err fill_token(const pawl_seal_policy *p, pawl_token_tpm2 *ret, pawl_diag *d)
{
        const char *ref = p->ref ? p->ref : "";

        if (strlen(ref) > PAWL_POLICY_REF_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "the policy reference is longer than %d bytes",
                        PAWL_POLICY_REF_MAX);
        pawl_copy(ret->ref, ref, strlen(ref));
        ret->pcr_mask = p->literal.mask;
        ret->bank = p->literal.mask != 0 ? p->literal.bank : p->bank;
        ret->has_bank = true;
        if (p->public_key_pem.len > 0) {
                ret->public_key_mask = p->signed_mask;
                PAWL_TRY(pawl_buffer_dup(p->public_key_pem, &ret->public_key_pem));
        }
        return PAWL_OK;
}

/* Without a lockout authorisation whoever starts a system of his own resets the counter. */
pawl_err pawl_enroll_check_lockout(pawl_tpm *t, pawl_diag *d)
{
        pawl_tpm_info info = { 0 };

        PAWL_TRY(pawl_tpm_get_lockout(t, &info, d));
        return info.lockout_auth_set
                       ? PAWL_OK
                       : pawl_fail(d, PAWL_ERR_REFUSED,
                                 "the TPM has no lockout authorisation: anyone who starts another "
                                 "system could reset the counter of wrong PINs and go on guessing; "
                                 "set one and keep it ('tpm2_changeauth -c lockout')");
}

static pawl_err fill_pin(pawl_tpm *t, const pawl_new_pin *pin, pawl_token_tpm2 *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret salt = { 0 };

        if (!pin || pin->pin.len == 0)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "a policy with PIN and no PIN");
        if (pin->cost.memory != 0)
                PAWL_TRY(pawl_pin_check_cost(&pin->cost, d));
        PAWL_TRY(pawl_enroll_check_lockout(t, d));
        ret->has_pin = true;
        if (pin->is_unsalted)
                return PAWL_OK;
        PAWL_TRY(pawl_secret_random(SALT_SIZE, &salt));
        PAWL_TRY(pawl_buffer_dup(pawl_secret_span(&salt), &ret->salt));
        ret->argon2_memory_bytes = pin->cost.memory;
        ret->argon2_iterations = pin->cost.iterations;
        ret->argon2_lanes = pin->cost.lanes;
        return PAWL_OK;
}

pawl_err pawl_seal_new(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_policy *policy,
        const pawl_new_pin *pin, bool is_proven, pawl_span json, pawl_sealed *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret secret = { 0 }, auth = { 0 }, lock = { 0 };
        pawl_autosealed pawl_sealed s = { 0 };

        if (policy->has_pin)
                PAWL_TRY(fill_pin(t, pin, &s.token, d));
        PAWL_TRY(pawl_tpm2_stretch(&s.token, pin ? pin->pin : PAWL_SPAN_NULL, &auth, &lock, d));
        PAWL_TRY(pawl_secret_random(PAWL_SEAL_SECRET_SIZE, &secret));
        PAWL_TRY(pawl_seal(t, srk, policy, pawl_secret_span(&secret), pawl_secret_span(&auth),
                &s.token.blob, &s.token.policy, d));
        PAWL_TRY(fill_token(policy, &s.token, d));
        PAWL_TRY(pawl_tpm_srk_export(t, srk, &s.token.srk, d));
        if (is_proven)
                PAWL_TRY(prove(
                        t, srk, policy, &s.token.blob, json, pawl_secret_span(&auth), &secret, d));
        PAWL_TRY(pawl_tpm2_passphrase(&secret, &lock, &s.passphrase));
        *ret = s;
        s = (pawl_sealed){ 0 };
        return PAWL_OK;
}

pawl_err pawl_seal_new_elsewhere(
        pawl_span srk_public, const pawl_seal_policy *policy, pawl_sealed *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret secret = { 0 };
        pawl_autosealed pawl_sealed s = { 0 };

        PAWL_TRY(pawl_tpm_srk_of_public(srk_public, &s.token.srk, d));
        PAWL_TRY(pawl_secret_random(PAWL_SEAL_SECRET_SIZE, &secret));
        PAWL_TRY(pawl_seal_elsewhere(
                srk_public, policy, pawl_secret_span(&secret), &s.token.blob, &s.token.policy, d));
        PAWL_TRY(fill_token(policy, &s.token, d));
        PAWL_TRY(pawl_base64_encode(pawl_secret_span(&secret), &s.passphrase));
        *ret = s;
        s = (pawl_sealed){ 0 };
        return PAWL_OK;
}

/* Keyslot, token, flush. What fails takes back what came before; the first reason is told. */
static pawl_err add_way_in(
        pawl_volume *v, pawl_span passphrase, pawl_token *t, int *ret_token, pawl_diag *d)
{
        int slot = -1, id = -1;
        pawl_err err;

        PAWL_TRY(pawl_volume_add_keyslot(v, passphrase, /* is_typed= */ false, &slot, d));
        t->keyslots[0] = slot;
        t->n_keyslots = 1;
        err = pawl_volume_add_token(v, t, &id, d);
        if (err == PAWL_OK)
                err = pawl_volume_flush(v, d);
        if (err == PAWL_OK) {
                *ret_token = id;
                return PAWL_OK;
        }
        if (id >= 0 && pawl_volume_remove_token(v, id, NULL) != PAWL_OK)
                return err;
        if (pawl_volume_remove_keyslot(v, slot, NULL) != PAWL_OK)
                return err;
        return err;
}

pawl_err pawl_enroll_sealed(pawl_volume *v, const pawl_sealed *s, int *ret_token, pawl_diag *d)
{
        /* borrows from `s`: not freed here */
        pawl_token t = { .id = -1,
                .kind = PAWL_TOKEN_TPM2,
                .type = "systemd-tpm2",
                .tpm2 = s->token,
                .extra = s->extra };

        return add_way_in(v, pawl_secret_span(&s->passphrase), &t, ret_token, d);
}

pawl_err pawl_enroll_recovery_key(
        pawl_volume *v, pawl_secret *ret_text, int *ret_token, pawl_diag *d)
{
        pawl_autosecret pawl_secret text = { 0 };
        pawl_token t = { .id = -1, .kind = PAWL_TOKEN_RECOVERY, .type = "systemd-recovery" };

        PAWL_TRY(pawl_recovery_key_make(&text));
        PAWL_TRY(add_way_in(v, pawl_secret_span(&text), &t, ret_token, d));
        *ret_text = text;
        text = (pawl_secret){ 0 };
        return PAWL_OK;
}

/* The keyslot first, as in a wipe: a crash leaves a token that opens nothing and says so. */
pawl_err pawl_enroll_take_back(pawl_volume *v, int token, pawl_diag *d)
{
        uint32_t slots = pawl_volume_token_keyslots(v, token);

        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (slots >> i & 1)
                        PAWL_TRY(pawl_volume_remove_keyslot(v, i, d));
        PAWL_TRY(pawl_volume_remove_token(v, token, d));
        return pawl_volume_flush(v, d);
}

pawl_err pawl_enroll_pkcs11(
        pawl_volume *v, const pawl_pkcs11_made *made, int *ret_token, pawl_diag *d)
{
        pawl_autosecret pawl_secret passphrase = { 0 };
        /* borrows from `made`: not freed here */
        pawl_token t = {
                .id = -1,
                .kind = PAWL_TOKEN_PKCS11,
                .type = "systemd-pkcs11",
                .pkcs11 = {.uri = made->uri, .key = made->key, .padding = made->padding},
        };

        PAWL_TRY(pawl_base64_encode(pawl_secret_span(&made->secret), &passphrase));
        return add_way_in(v, pawl_secret_span(&passphrase), &t, ret_token, d);
}

pawl_err pawl_enroll_fido2(
        pawl_volume *v, const pawl_fido2_made *made, int *ret_token, pawl_diag *d)
{
        pawl_autosecret pawl_secret passphrase = { 0 };
        /* borrows from `made`: not freed here */
        pawl_token t = {
                .id = -1,
                .kind = PAWL_TOKEN_FIDO2,
                .type = "systemd-fido2",
                .fido2 = {.credential = made->credential,
                          .salt = made->salt,
                          .rp = PAWL_FIDO2_RP,
                          .pin = made->pin,
                          .presence = made->presence,
                          .verification = made->verification},
        };

        PAWL_TRY(pawl_base64_encode(pawl_secret_span(&made->secret), &passphrase));
        return add_way_in(v, pawl_secret_span(&passphrase), &t, ret_token, d);
}

pawl_err pawl_enroll_passphrase(
        pawl_volume *v, pawl_span passphrase, int *ret_keyslot, pawl_diag *d)
{
        PAWL_TRY(pawl_volume_add_keyslot(v, passphrase, /* is_typed= */ true, ret_keyslot, d));
        return pawl_volume_flush(v, d);
}

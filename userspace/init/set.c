/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/set.h"

bool pawl_set_has(const pawl_boot_volume *v)
{
        return v->v && !v->is_fresh;
}

static void tokens_done(pawl_token *tokens, size_t n)
{
        for (size_t i = 0; i < n; i++)
                pawl_token_done(&tokens[i]);
}

/* The token that holds the object `blob`, or NULL. */
static const pawl_token *find_object(const pawl_token *tokens, size_t n, const pawl_buffer *blob)
{
        for (size_t i = 0; i < n; i++)
                if (tokens[i].kind == PAWL_TOKEN_TPM2 &&
                        pawl_span_equal(
                                pawl_buffer_span(&tokens[i].tpm2.blob), pawl_buffer_span(blob)))
                        return &tokens[i];
        return NULL;
}

static pawl_err check_has_object(const pawl_boot_volume *v, const pawl_buffer *blob, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;
        bool is_found;

        PAWL_TRY(pawl_volume_tokens(v->v, tokens, &n, d));
        is_found = find_object(tokens, n, blob) != NULL;
        tokens_done(tokens, n);
        return is_found ? PAWL_OK
                        : pawl_fail(d, PAWL_ERR_REFUSED,
                                  "%s: does not belong to the same set as the other volumes",
                                  v->node);
}

/* An object that stands in some headers only is of a set that was: it is not asked for. */
static pawl_err check_is_in_all(const pawl_boot *b, const pawl_buffer *blob, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (pawl_set_has(&b->volumes[i]))
                        PAWL_TRY(check_has_object(&b->volumes[i], blob, d));
        return PAWL_OK;
}

pawl_err pawl_set_pin_srk(pawl_boot *b, const pawl_token_tpm2 *t, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;

        if (t->srk.len == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_tpm_srk_import(b->tpm.t, pawl_buffer_span(&t->srk), &srk, d));
        pawl_tpm_srk_free_p(&b->tpm.srk);
        b->tpm.srk = pawl_take(&srk);
        return PAWL_OK;
}

/* What a wrong PIN costs is counted here and by the TPM: neither may be spent on a typing error
 * that was no PIN at all. */
static pawl_err unseal_one(pawl_boot *b, const pawl_token *token, const pawl_boot_policy *bp,
        pawl_span pin, pawl_diag *d)
{
        pawl_err err;

        PAWL_TRY(check_is_in_all(b, &token->tpm2.blob, d));
        if (bp->policy.has_pin && b->pin_tries == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED, "no more PINs are tried in this boot");
        err = pawl_token_unseal(token, b->tpm.t, &bp->policy, pawl_buffer_span(&bp->signature_json),
                pin, &b->set.passphrase, d);
        if (err == PAWL_ERR_KEY && bp->policy.has_pin)
                b->pin_tries--;
        b->tpm.has_unsealed |= err == PAWL_OK;
        return err;
}

/* One that can be used in this boot and was made for this image. A PIN that is not stretched is
 * weak against who holds the TPM's bus, and the policy digest does not tell. */
static bool is_candidate(const pawl_boot *b, const pawl_token *t, const pawl_boot_policy *bp)
{
        if (t->kind != PAWL_TOKEN_TPM2 || t->why)
                return false;
        if (!b->tpm.srk && t->tpm2.srk.len == 0)
                return false; /* leaving could not be confirmed */
        if (bp->policy.has_pin && t->tpm2.argon2_memory_bytes == 0)
                return false;
        return pawl_token_check(t, &bp->policy, NULL) == PAWL_OK;
}

/* Each token that demands what the image demands, until one is unsealed; that moves to `b->set`.
 * The first reason is told: later ones are often of tokens that another machine left. */
static pawl_err unseal(pawl_boot *b, pawl_token *tokens, size_t n, const pawl_boot_policy *bp,
        pawl_span pin, pawl_diag *d)
{
        pawl_err first = PAWL_ERR_MISMATCH;

        for (size_t i = 0; i < n; i++) {
                pawl_diag why = { 0 };
                pawl_err err;

                if (!is_candidate(b, &tokens[i], bp))
                        continue;
                err = unseal_one(b, &tokens[i], bp, pin, &why);
                if (err == PAWL_OK) {
                        b->set.token = tokens[i].tpm2;
                        tokens[i].tpm2 = (pawl_token_tpm2){ 0 };
                        return pawl_set_pin_srk(b, &b->set.token, d);
                }
                if (first == PAWL_ERR_MISMATCH) {
                        first = err;
                        *d = why;
                }
        }
        return first;
}

static bool has_tpm2(const pawl_token *tokens, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (tokens[i].kind == PAWL_TOKEN_TPM2)
                        return true;
        return false;
}

static pawl_err unseal_from(pawl_boot *b, const pawl_boot_volume *v, const pawl_boot_policy *bp,
        pawl_span pin, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_volume_tokens(v->v, tokens, &n, d));
        err = has_tpm2(tokens, n) ? unseal(b, tokens, n, bp, pin, d)
                                  : pawl_fail(d, PAWL_ERR_NOT_FOUND,
                                            "no TPM is enrolled in it; 'pawl disk enroll --tpm2' "
                                            "does that");
        tokens_done(tokens, n);
        return err;
}

/* By the token that holds the same object; the secret decides. */
static pawl_err open_with_set(
        const pawl_boot *b, pawl_boot_volume *v, const pawl_token *tokens, size_t n, pawl_diag *d)
{
        const pawl_token *t = find_object(tokens, n, &b->set.token.blob);

        return t ? pawl_open_token_keyslots(v->v, t, pawl_secret_span(&b->set.passphrase), d)
                 : pawl_fail(d, PAWL_ERR_INTERNAL, "%s: the token vanished", v->node);
}

static pawl_err open_one(const pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_volume_tokens(v->v, tokens, &n, d));
        err = open_with_set(b, v, tokens, n, d);
        tokens_done(tokens, n);
        return err;
}

/* Also those that a person has opened: the secret has to fit them too, or they are not of the set.
 */
static pawl_err open_all(pawl_boot *b, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (pawl_set_has(&b->volumes[i]))
                        PAWL_TRY(open_one(b, &b->volumes[i], d));
        return PAWL_OK;
}

pawl_err pawl_set_open(pawl_boot *b, const pawl_boot_volume *first, const pawl_boot_policy *bp,
        pawl_span pin, pawl_diag *d)
{
        PAWL_TRY(unseal_from(b, first, bp, pin, d));
        return open_all(b, d);
}

pawl_err pawl_set_lock(pawl_boot *b, pawl_diag *d)
{
        pawl_sealed_done(&b->set);
        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (!pawl_set_has(v) || !pawl_volume_is_unlocked(v->v))
                        continue;
                pawl_volume_close_p(&v->v);
                PAWL_TRY(pawl_volume_open(v->node, &v->v, d));
        }
        return PAWL_OK;
}

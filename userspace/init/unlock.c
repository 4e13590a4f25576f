/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening the volumes of a boot. They are one set: by itself it opens only as a whole and by one
 * unsealed secret; a volume that wants another one may be an attacker's, and then a person is
 * asked for all of them. */
#include <string.h>

#include "userspace/host/efi-var.h"
#include "userspace/init/boot.h"
#include "userspace/init/prompt.h"
#include "userspace/init/tpm.h"
#include "userspace/initrd/build.h"
#include "userspace/luks/boot-policy.h"

static bool is_in_use(const pawl_boot_volume *v)
{
        return v->v && !v->is_fresh;
}

static pawl_boot_volume *first_in_use(pawl_boot *b)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (is_in_use(&b->volumes[i]))
                        return &b->volumes[i];
        return NULL;
}

/* --- what the image demands --- */

/* A new volume shows its recovery key to whoever stands there: one who erases a volume would have
 * the key of what takes its place, beside the genuine others. */
static pawl_err check_set(pawl_boot *b, const pawl_boot_volume *first, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++) {
                const pawl_boot_volume *v = &b->volumes[i];

                if (v->is_fresh && v->def->is_encrypted)
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s (%s) is empty or unfinished while %s is in use: it may have "
                                "been erased by somebody",
                                v->node, v->def->label, first->node);
                if (!is_in_use(v))
                        continue;
                if (strcmp(v->def->policy, first->def->policy) != 0)
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s and %s name different policies, and one secret has to open all",
                                v->def->file, first->def->file);
                PAWL_TRY(pawl_volume_check_crypto(v->v, d));
        }
        return PAWL_OK;
}

/* In the best bank that TPM and firmware share. */
static pawl_err get_demanded(
        const pawl_boot *b, const pawl_profile *profile, pawl_boot_policy *ret, pawl_diag *d)
{
        const pawl_boot_policy_options options = { 0 };
        pawl_err err = pawl_fail(d, PAWL_ERR_REFUSED, "the TPM has no active PCR bank");

        for (unsigned a = 0; a < PAWL_ALG_MAX_; a++) {
                if (!(b->tpm.banks >> a & 1))
                        continue;
                err = pawl_boot_policy_demanded(profile, (pawl_alg)a, &options, ret, d);
                if (err != PAWL_ERR_UNSUPPORTED)
                        return err;
        }
        return err;
}

static bool is_zero(const pawl_digest *digest)
{
        const pawl_digest zero = { .alg = digest->alg };

        return pawl_span_equal(pawl_digest_span(digest), pawl_digest_span(&zero));
}

/* In words, what of this boot a policy may have held against it. */
static const char *what_differs(const pawl_seal_policy *demanded)
{
        bool is_on = false;

        if (pawl_efi_var_flag("SecureBoot", PAWL_EFI_GLOBAL_GUID, &is_on, NULL) != PAWL_OK ||
                !is_on)
                return "Secure Boot is off (PCR 7)";
        if ((demanded->literal.mask >> 12 & 1) && !is_zero(&demanded->literal.values[12]))
                return "another command line, profile, credential or add-on was given (PCR 12)";
        return "it was enrolled under other Secure Boot keys (PCR 7), by another image key, or is "
               "not the volume of this machine";
}

/* --- one secret --- */

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
                if (is_in_use(&b->volumes[i]))
                        PAWL_TRY(check_has_object(&b->volumes[i], blob, d));
        return PAWL_OK;
}

/* From here on leaving is confirmed with the key that the secret came through: the one that the TPM
 * named at first was not proven to be its own. */
static pawl_err pin_srk(pawl_boot *b, const pawl_token_tpm2 *t, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;

        if (t->srk.len == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_tpm_srk_import(b->tpm.t, pawl_buffer_span(&t->srk), &srk, d));
        pawl_tpm_srk_free_p(&b->tpm.srk);
        b->tpm.srk = pawl_take(&srk);
        return PAWL_OK;
}

/* Unseals the first token that demands what the image demands; it moves to `b->set`. */
static pawl_err unseal(
        pawl_boot *b, pawl_token *tokens, size_t n, const pawl_boot_policy *bp, pawl_diag *d)
{
        pawl_err err = PAWL_OK;
        size_t n_tpm2 = 0;

        for (size_t i = 0; i < n; i++) {
                if (tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                n_tpm2++;
                if (!b->tpm.srk && tokens[i].tpm2.srk.len == 0)
                        continue; /* leaving could not be confirmed */
                if (pawl_token_check(&tokens[i], &bp->policy, NULL) != PAWL_OK)
                        continue;
                err = check_is_in_all(b, &tokens[i].tpm2.blob, d);
                if (err != PAWL_OK)
                        continue;
                PAWL_TRY(pawl_token_unseal(&tokens[i], b->tpm.t, &bp->policy,
                        pawl_buffer_span(&bp->signature_json), PAWL_SPAN_NULL, &b->set.passphrase,
                        d));
                b->tpm.has_unsealed = true;
                b->set.token = tokens[i].tpm2;
                tokens[i].tpm2 = (pawl_token_tpm2){ 0 };
                return pin_srk(b, &b->set.token, d);
        }
        if (n_tpm2 == 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "no TPM is enrolled in it; 'pawl disk enroll --tpm2' does that");
        if (err != PAWL_OK)
                return err;
        return pawl_fail(d, PAWL_ERR_REFUSED, "its TPM enrolment does not hold for this boot: %s",
                what_differs(&bp->policy));
}

static pawl_err unseal_from(
        pawl_boot *b, const pawl_boot_volume *v, const pawl_boot_policy *bp, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_volume_tokens(v->v, tokens, &n, d));
        err = unseal(b, tokens, n, bp, d);
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

static pawl_err open_all(pawl_boot *b, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (is_in_use(&b->volumes[i]))
                        PAWL_TRY(open_one(b, &b->volumes[i], d));
        return PAWL_OK;
}

/* Forgets the keys of what is unlocked already. */
static pawl_err lock_all(pawl_boot *b, pawl_diag *d)
{
        pawl_sealed_done(&b->set);
        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (!is_in_use(v) || !pawl_volume_is_unlocked(v->v))
                        continue;
                pawl_volume_close_p(&v->v);
                PAWL_TRY(pawl_volume_open(v->node, &v->v, d));
        }
        return PAWL_OK;
}

static pawl_err open_by_itself(pawl_boot *b, const pawl_boot_volume *first, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy bp = { 0 };
        pawl_profile profile;

        if (!b->tpm.may_unseal)
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT, "%s", b->tpm.trouble);
        PAWL_TRY(check_set(b, first, d));
        PAWL_TRY(pawl_profile_load(PAWL_INITRD_POLICIES, first->def->policy, &profile, d));
        if (profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the policy %s wants a PIN, which pawl-init does not ask for yet",
                        profile.name);
        PAWL_TRY(get_demanded(b, &profile, &bp, d));
        PAWL_TRY(unseal_from(b, first, &bp, d));
        return open_all(b, d);
}

pawl_err pawl_step_unlock(pawl_boot *b, pawl_diag *d)
{
        pawl_boot_volume *first = first_in_use(b);
        char reason[PAWL_DIAG_SIZE];

        if (!first)
                return PAWL_OK;
        b->opened_by = "tpm2";
        if (open_by_itself(b, first, d) == PAWL_OK)
                return PAWL_OK;
        (void)snprintf(reason, sizeof(reason), "%s", pawl_diag_text(d));
        b->opened_by = "person";
        PAWL_TRY(lock_all(b, d));
        PAWL_TRY(pawl_prompt_open(b, reason, d));
        pawl_boot_greet_again(b);
        return PAWL_OK;
}

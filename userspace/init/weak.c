/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/weak.h"

#include <stdio.h>

#include "userspace/host/file.h"
#include "userspace/init/set.h"
#include "userspace/init/tpm.h"
#include "userspace/init/unlock.h"
#include "userspace/luks/describe.h"

#define SIGNATURES "/.extra/tpm2-pcr-signature.json"

/* One that this boot could use: readable, and its parent proves that leaving can be confirmed. One
 * without weakness is not meant: it did not hold for this boot. */
static bool is_usable(const pawl_boot *b, const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];

        return t->kind == PAWL_TOKEN_TPM2 && !t->why && !t->tpm2.is_pcrlock &&
               (b->tpm.srk || t->tpm2.srk.len > 0) && pawl_token_weaknesses(t, weak) > 0;
}

/* Calls `use` for each such token of each locked volume, until it says that the volume is open. */
static bool for_each(pawl_boot *b, bool (*use)(pawl_boot *, pawl_boot_volume *, const pawl_token *))
{
        bool is_any = false;

        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
                pawl_boot_volume *v = &b->volumes[i];
                size_t n = 0;

                if (!pawl_set_has(v) || pawl_volume_is_unlocked(v->v) ||
                        pawl_volume_tokens(v->v, tokens, &n, NULL) != PAWL_OK)
                        continue;
                for (size_t k = 0; k < n && !pawl_volume_is_unlocked(v->v); k++)
                        if (is_usable(b, &tokens[k]))
                                is_any |= use(b, v, &tokens[k]);
                while (n > 0)
                        pawl_token_done(&tokens[--n]);
        }
        return is_any;
}

static bool tell(pawl_boot *b, pawl_boot_volume *v, const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];
        size_t n = pawl_token_weaknesses(t, weak);

        pawl_consoles_say(
                &b->consoles, "%s, token %d demands less than this image does:", v->node, t->id);
        for (size_t i = 0; i < n; i++)
                pawl_consoles_say(&b->consoles, "  %s", weak[i]);
        return true;
}

bool pawl_weak_tell(pawl_boot *b)
{
        if (!b->tpm.may_unseal || pawl_tpm_is_dead(b->tpm.t) || !for_each(b, tell))
                return false;
        pawl_consoles_say(&b->consoles,
                "whoever can do that may have changed this machine; type 'yes' to use it once all "
                "the same");
        return true;
}

static pawl_err ask_pin(pawl_boot *b, const pawl_token *t, pawl_secret *ret, pawl_diag *d)
{
        char question[128];

        if (!t->tpm2.has_pin)
                return PAWL_OK;
        if (b->pin_tries == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED, "no more PINs are tried in this boot");
        (void)snprintf(question, sizeof(question),
                "pawl-init: PIN of token %d (%u tries left in this boot): ", t->id, b->pin_tries);
        if (pawl_consoles_ask(&b->consoles, question, 0, ret) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_IO, "no console takes an answer");
        return PAWL_OK;
}

/* Something was unsealed as soon as the TPM gave it, whether it opens a keyslot or not: then
 * leaving has to be confirmed. */
static pawl_err unlock(pawl_boot *b, pawl_boot_volume *v, const pawl_token *t, pawl_diag *d)
{
        pawl_autosecret pawl_secret pin = { 0 }, passphrase = { 0 };
        pawl_autobuffer pawl_buffer json = { 0 };
        pawl_seal_policy policy;
        pawl_err err;

        PAWL_TRY(pawl_volume_check_crypto(v->v, d));
        PAWL_TRY(ask_pin(b, t, &pin, d));
        err = pawl_file_read(SIGNATURES, PAWL_SIGNATURE_JSON_MAX, &json, d);
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND)
                return err;
        pawl_token_policy(&t->tpm2, &policy);
        pawl_tpm_limit_total(b->tpm.t, PAWL_OPENING_MS);
        err = pawl_token_unseal(t, b->tpm.t, &policy, pawl_buffer_span(&json),
                pawl_secret_span(&pin), &passphrase, d);
        if (err == PAWL_ERR_KEY && t->tpm2.has_pin)
                b->pin_tries--;
        PAWL_TRY(err);
        b->tpm.has_unsealed = true;
        PAWL_TRY(pawl_set_pin_srk(b, &t->tpm2, d));
        return pawl_open_token_keyslots(v->v, t, pawl_secret_span(&passphrase), d);
}

static bool use(pawl_boot *b, pawl_boot_volume *v, const pawl_token *t)
{
        pawl_diag d = { 0 };

        if (unlock(b, v, t, &d) == PAWL_OK)
                return true;
        pawl_consoles_say(&b->consoles, "%s, token %d: %s", v->node, t->id, pawl_diag_text(&d));
        return false;
}

bool pawl_weak_use(pawl_boot *b)
{
        return b->tpm.may_unseal && !pawl_tpm_is_dead(b->tpm.t) && for_each(b, use);
}

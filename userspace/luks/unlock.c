/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/unlock.h"

#include <stdio.h>

#include "userspace/host/file.h"

void pawl_means_done(pawl_means *m)
{
        pawl_tpm_close_p(&m->t);
        m->t = NULL;
}

pawl_err pawl_signatures_read(const char *path, pawl_buffer *ret, pawl_diag *d)
{
        static const char *const places[] = { "/.extra/tpm2-pcr-signature.json",
                "/run/systemd/tpm2-pcr-signature.json", "/etc/systemd/tpm2-pcr-signature.json",
                "/usr/lib/systemd/tpm2-pcr-signature.json" };

        if (!path)
                path = secure_getenv("PAWL_TPM2_SIGNATURE");
        if (path)
                return pawl_file_read(path, PAWL_SIGNATURE_JSON_MAX, ret, d);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                pawl_err err = pawl_file_read(places[i], PAWL_SIGNATURE_JSON_MAX, ret, d);

                if (err != PAWL_ERR_NOT_FOUND)
                        return err;
        }
        return pawl_buffer_new(0, ret);
}

static pawl_err get_pin(pawl_means *m, const pawl_token *token, pawl_secret *ret, pawl_diag *d)
{
        char what[64];

        if (!token->tpm2.has_pin)
                return PAWL_OK;
        if (m->pin.len > 0)
                return pawl_secret_dup(m->pin, ret);
        if (!m->ask)
                return pawl_fail(d, PAWL_ERR_KEY, "it wants a PIN and none was given");
        (void)snprintf(what, sizeof(what), "TPM2 token %d", token->id);
        return m->ask->pin(m->ask->ctx, what, /* tries_left= */ -1, ret, d);
}

static pawl_err by_tpm2(pawl_means *m, const pawl_token *token, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret pin = { 0 };
        pawl_seal_policy policy;

        if (!m->t)
                PAWL_TRY(pawl_tpm_open(m->tpm, PAWL_TPM_DEADLINE_MS, &m->t, d));
        PAWL_TRY(get_pin(m, token, &pin, d));
        pawl_token_policy(&token->tpm2, &policy);
        return pawl_token_unseal(
                token, m->t, &policy, m->signature_json, pawl_secret_span(&pin), ret, d);
}

/* The PIN that was given beforehand, once; then those of whoever can be asked. */
typedef struct asked {
        const pawl_means *m;
        bool is_given;
} asked;

static pawl_err ask_pin(void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        asked *a = ctx;
        const pawl_ask *ask = a->m->ask;

        if (!a->is_given && a->m->pin.len > 0) {
                a->is_given = true;
                return pawl_secret_dup(a->m->pin, ret);
        }
        if (ask && ask->pin)
                return ask->pin(ask->ctx, what, tries_left, ret, d);
        return pawl_fail(d, PAWL_ERR_CANCELLED, "%s: it wants a PIN and nobody can be asked", what);
}

static void ask_say(void *ctx, const char *text)
{
        const asked *a = ctx;

        if (a->m->ask && a->m->ask->say)
                a->m->ask->say(a->m->ask->ctx, text);
}

static pawl_err by_pkcs11(pawl_means *m, const pawl_token_pkcs11 *t, pawl_secret *ret, pawl_diag *d)
{
        asked a = { .m = m };
        pawl_ask ask = { .ctx = &a, .pin = ask_pin, .say = ask_say };
        pawl_autosecret pawl_secret secret = { 0 };

        PAWL_TRY(pawl_pkcs11_secret(
                t->uri, pawl_buffer_span(&t->key), t->padding, &ask, &secret, d));
        return pawl_base64_encode(pawl_secret_span(&secret), ret);
}

static pawl_err by_fido2(pawl_means *m, const pawl_token_fido2 *t, pawl_secret *ret, pawl_diag *d)
{
        asked a = { .m = m };
        pawl_ask ask = { .ctx = &a, .pin = ask_pin, .say = ask_say };
        pawl_autosecret pawl_secret secret = { 0 };
        const pawl_fido2_key k = { .credential = pawl_buffer_span(&t->credential),
                .salt = pawl_buffer_span(&t->salt),
                .rp = t->rp,
                .pin = t->pin,
                .presence = t->presence,
                .verification = t->verification };

        PAWL_TRY(pawl_fido2_secret(&k, m->fido2, PAWL_FIDO2_TIMEOUT_MS, &ask, &secret, d));
        return pawl_base64_encode(pawl_secret_span(&secret), ret);
}

static pawl_err by_kind(pawl_means *m, const pawl_token *token, pawl_secret *ret, pawl_diag *d)
{
        switch (token->kind) {
        case PAWL_TOKEN_TPM2:
                return by_tpm2(m, token, ret, d);
        case PAWL_TOKEN_RECOVERY:
                return pawl_fail(d, PAWL_ERR_KEY, "a recovery key is typed");
        case PAWL_TOKEN_PKCS11:
                return by_pkcs11(m, &token->pkcs11, ret, d);
        case PAWL_TOKEN_FIDO2:
                return by_fido2(m, &token->fido2, ret, d);
        case PAWL_TOKEN_OTHER:
                break;
        }
        return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "%s is not supported yet", token->type);
}

pawl_err pawl_means_passphrase(
        pawl_means *m, const pawl_token *token, pawl_secret *ret, pawl_diag *d)
{
        if (token->why)
                return pawl_fail(d, PAWL_ERR_FORMAT, "token %d: %s", token->id, token->why);
        return pawl_fail_prefix(d, by_kind(m, token, ret, d), "token %d", token->id);
}

pawl_err pawl_means_unlock(pawl_means *m, pawl_volume *v, const pawl_token *token, pawl_diag *d)
{
        pawl_autosecret pawl_secret passphrase = { 0 };

        /* a header that would take any key must not cost a touch, or one of the TPM's tries */
        PAWL_TRY(pawl_volume_check_crypto(v, d));
        PAWL_TRY(pawl_fail_prefix(
                d, pawl_means_passphrase(m, token, &passphrase, d), "%s", pawl_volume_device(v)));
        return pawl_open_token_keyslots(v, token, pawl_secret_span(&passphrase), d);
}

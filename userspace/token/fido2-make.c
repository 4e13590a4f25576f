/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a credential. */
#include <string.h>

#include "userspace/token/fido2-use.h"

#define USER_ID_SIZE 32 /* bytes */

static void cred_free_p(fido_cred_t **c)
{
        fido_cred_free(c);
}

static void info_free_p(fido_cbor_info_t **i)
{
        fido_cbor_info_free(i);
}

typedef struct make {
        const pawl_fido2_wish *wish;
        uint8_t user_id[USER_ID_SIZE];
        pawl_buffer credential;
} make;

static int algorithm(pawl_fido2_algorithm a)
{
        static const int types[] = { COSE_ES256, COSE_RS256, COSE_EDDSA };

        return types[a];
}

static int fill(fido_cred_t *c, const make *m)
{
        static const uint8_t challenge[32] = { 0 };
        const char *user = m->wish->user ? m->wish->user : "encrypted volume";
        int r = fido_cred_set_type(c, algorithm(m->wish->algorithm));

        if (r == FIDO_OK)
                r = fido_cred_set_clientdata_hash(c, challenge, sizeof(challenge));
        if (r == FIDO_OK)
                r = fido_cred_set_rp(c, PAWL_FIDO2_RP, "Encrypted volume");
        if (r == FIDO_OK)
                r = fido_cred_set_user(c, m->user_id, sizeof(m->user_id), user, user, NULL);
        if (r == FIDO_OK)
                r = fido_cred_set_extensions(c, FIDO_EXT_HMAC_SECRET);
        if (r == FIDO_OK)
                r = fido_cred_set_rk(c, FIDO_OPT_FALSE);
        return r == FIDO_OK && m->wish->verification ? fido_cred_set_uv(c, FIDO_OPT_TRUE) : r;
}

static int request(pawl_fido2_device *v, void *ctx, const char *pin)
{
        pawl_cleanup(cred_free_p) fido_cred_t *c = fido_cred_new();
        make *m = ctx;
        int r = c ? fill(c, m) : FIDO_ERR_INTERNAL;

        if (r == FIDO_OK)
                r = fido_dev_make_cred(v->dev, c, pin);
        if (r != FIDO_OK)
                return r;
        if (!fido_cred_id_ptr(c) || fido_cred_id_len(c) == 0 ||
                fido_cred_id_len(c) > PAWL_FIDO2_CREDENTIAL_MAX)
                return FIDO_ERR_LIMIT_EXCEEDED;
        return pawl_buffer_dup(pawl_span_of(fido_cred_id_ptr(c), fido_cred_id_len(c)),
                       &m->credential) == PAWL_OK
                       ? FIDO_OK
                       : FIDO_ERR_INTERNAL;
}

static bool has_extension(const fido_cbor_info_t *info, const char *name)
{
        char **names = fido_cbor_info_extensions_ptr(info);

        for (size_t i = 0; i < fido_cbor_info_extensions_len(info); i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

/* What it cannot do is told before anybody touches it. */
static pawl_err check_abilities(pawl_fido2_device *v, const pawl_fido2_wish *w, pawl_diag *d)
{
        pawl_cleanup(info_free_p) fido_cbor_info_t *info = fido_cbor_info_new();

        if (!info)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_fido2_fail(v, fido_dev_get_cbor_info(v->dev, info), "asking what it can", d));
        if (!has_extension(info, "hmac-secret"))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "FIDO2 token at %s: it cannot keep a secret (no hmac-secret); use another "
                        "token",
                        v->path);
        if (w->pin && !fido_dev_has_pin(v->dev))
                return pawl_fido2_fail(v, FIDO_ERR_PIN_NOT_SET, "enrolling", d);
        if (w->verification && !fido_dev_has_uv(v->dev))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "FIDO2 token at %s: no finger print or the like is set up on it", v->path);
        return PAWL_OK;
}

static pawl_fido2_need need(bool is_wished)
{
        return is_wished ? PAWL_FIDO2_YES : PAWL_FIDO2_NO;
}

static pawl_err make_credential(
        pawl_fido2_device *v, const pawl_fido2_wish *w, pawl_fido2_made *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret id = { 0 }, salt = { 0 };
        make m = { .wish = w };
        pawl_err err;

        PAWL_TRY(pawl_secret_random(USER_ID_SIZE, &id));
        pawl_copy(m.user_id, id.data, id.len);
        /* making one always wants the PIN of a token that has one */
        err = pawl_fido2_send(v, request, &m, fido_dev_has_pin(v->dev), /* is_touched= */ true, d);
        ret->credential = m.credential;
        PAWL_TRY(err);
        PAWL_TRY(pawl_secret_random(PAWL_FIDO2_SALT_SIZE, &salt));
        PAWL_TRY(pawl_buffer_dup(pawl_secret_span(&salt), &ret->salt));
        ret->pin = need(w->pin);
        ret->presence = need(w->presence);
        ret->verification = need(w->verification);
        return PAWL_OK;
}

static bool is_same(const pawl_secret *a, const pawl_secret *b)
{
        return a->len == b->len && pawl_equal_ct(a->data, b->data, a->len);
}

/* CTAP 2.1 has another secret for whoever gave no PIN; before, nothing demanded one. Only asking
 * tells: what the token says of itself is no proof. */
static pawl_err try_without_pin(
        pawl_fido2_device *v, const pawl_fido2_key *k, pawl_fido2_made *m, pawl_diag *d)
{
        pawl_autosecret pawl_secret other = { 0 };
        pawl_err err;

        if (v->ask && v->ask->say)
                v->ask->say(v->ask->ctx, "once more, to see that it wants its PIN:");
        err = pawl_fido2_device_secret_without_pin(v, k, &other, d);
        if (err != PAWL_ERR_KEY)
                PAWL_TRY(err);
        m->is_pin_idle = err == PAWL_OK && is_same(&other, &m->secret);
        return PAWL_OK;
}

/* Twice the same: a token whose secret changes would lock the volume. */
static pawl_err prove(pawl_fido2_device *v, pawl_fido2_made *m, pawl_diag *d)
{
        pawl_autosecret pawl_secret again = { 0 };
        const pawl_fido2_key k = { .credential = pawl_buffer_span(&m->credential),
                .salt = pawl_buffer_span(&m->salt),
                .rp = PAWL_FIDO2_RP,
                .pin = m->pin,
                .presence = m->presence,
                .verification = m->verification };

        PAWL_TRY(pawl_fido2_device_secret(v, &k, &m->secret, d));
        PAWL_TRY(pawl_fido2_device_secret(v, &k, &again, d));
        if (is_same(&again, &m->secret))
                return m->pin == PAWL_FIDO2_YES ? try_without_pin(v, &k, m, d) : PAWL_OK;
        return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                "FIDO2 token at %s: it gave two different secrets; it cannot be used", v->path);
}

static pawl_err choose(
        const pawl_fido2_list *l, const char *path, const fido_dev_info_t **ret, pawl_diag *d)
{
        if (!path && l->n > 1)
                return pawl_fail(d, PAWL_ERR_DUPLICATE,
                        "%zu FIDO2 tokens are plugged in; leave one, or name it (%s, …)", l->n,
                        pawl_fido2_list_path(l, 0));
        for (size_t i = 0; i < l->n; i++)
                if (!path || strcmp(path, pawl_fido2_list_path(l, i)) == 0) {
                        *ret = fido_dev_info_ptr(l->items, i);
                        return PAWL_OK;
                }
        return pawl_fail(
                d, PAWL_ERR_NOT_FOUND, "%s: no FIDO2 token is plugged in", path ? path : "auto");
}

pawl_err pawl_fido2_make(const pawl_fido2_wish *w, unsigned timeout_ms, const pawl_ask *ask,
        pawl_fido2_made *ret, pawl_diag *d)
{
        pawl_autofido2list pawl_fido2_list l = { 0 };
        pawl_autofido2device pawl_fido2_device v = { 0 };
        pawl_autofido2made pawl_fido2_made m = { 0 };
        const fido_dev_info_t *info = NULL;

        PAWL_TRY(pawl_fido2_list_read(&l, d));
        PAWL_TRY(choose(&l, w->path, &info, d));
        PAWL_TRY(pawl_fido2_device_open(info, timeout_ms, ask, &v, d));
        PAWL_TRY(check_abilities(&v, w, d));
        PAWL_TRY(make_credential(&v, w, &m, d));
        PAWL_TRY(prove(&v, &m, d));
        *ret = m;
        m = (pawl_fido2_made){ 0 };
        return PAWL_OK;
}

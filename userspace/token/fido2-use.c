/* SPDX-License-Identifier: BSD-2-Clause */
/* Getting the secret of a credential. */
#include <string.h>

#include "userspace/token/fido2-use.h"

static void assert_free_p(fido_assert_t **a)
{
        fido_assert_free(a);
}

/* The challenge is of no use here: nobody verifies the signature, the keyslot decides. */
static int fill(fido_assert_t *a, const pawl_fido2_key *k, bool has_secret)
{
        static const uint8_t challenge[32] = { 0 };
        int r = fido_assert_set_clientdata_hash(a, challenge, sizeof(challenge));

        if (r == FIDO_OK)
                r = fido_assert_set_rp(a, k->rp);
        if (r == FIDO_OK)
                r = fido_assert_allow_cred(a, k->credential.data, k->credential.len);
        if (r != FIDO_OK || !has_secret)
                return r;
        r = fido_assert_set_extensions(a, FIDO_EXT_HMAC_SECRET);
        return r == FIDO_OK ? fido_assert_set_hmac_salt(a, k->salt.data, k->salt.len) : r;
}

/* Whether the token has the credential: asked without touch or PIN. A token that says nothing
 * without may still have it. */
static bool may_have(pawl_fido2_device *v, const pawl_fido2_key *k)
{
        pawl_cleanup(assert_free_p) fido_assert_t *a = fido_assert_new();
        int r;

        if (!a || fill(a, k, /* has_secret= */ false) != FIDO_OK ||
                fido_assert_set_up(a, FIDO_OPT_FALSE) != FIDO_OK)
                return true;
        r = fido_dev_get_assert(v->dev, a, NULL);
        return r != FIDO_ERR_NO_CREDENTIALS && r != FIDO_ERR_INVALID_CREDENTIAL;
}

typedef struct use {
        const pawl_fido2_key *key;
        bool has_pin_wanted; /* the token insists on a PIN where none was to be given */
        pawl_secret secret;
} use;

#define FLAG_VERIFIED 0x04u /* of the authenticator data: WebAuthn section 6.1 */

static int request(pawl_fido2_device *v, void *ctx, const char *pin)
{
        pawl_cleanup(assert_free_p) fido_assert_t *a = fido_assert_new();
        use *u = ctx;
        const pawl_fido2_key *k = u->key;
        int r = a ? fill(a, k, /* has_secret= */ true) : FIDO_ERR_INTERNAL;

        if (r == FIDO_OK && k->presence != PAWL_FIDO2_UNSAID)
                r = fido_assert_set_up(
                        a, k->presence == PAWL_FIDO2_YES ? FIDO_OPT_TRUE : FIDO_OPT_FALSE);
        if (r == FIDO_OK && k->verification == PAWL_FIDO2_YES)
                r = fido_assert_set_uv(a, FIDO_OPT_TRUE);
        if (r == FIDO_OK)
                r = fido_dev_get_assert(v->dev, a, pin);
        if (r != FIDO_OK)
                return r;
        /* A token that leaves the PIN or the finger unchecked must not pass for one that asks. */
        if ((pin || k->verification == PAWL_FIDO2_YES) &&
                !(fido_assert_flags(a, 0) & FLAG_VERIFIED))
                return FIDO_ERR_UNSUPPORTED_OPTION;
        if (fido_assert_count(a) != 1 || !fido_assert_hmac_secret_ptr(a, 0) ||
                fido_assert_hmac_secret_len(a, 0) != PAWL_FIDO2_SALT_SIZE)
                return FIDO_ERR_UNSUPPORTED_EXTENSION;
        return pawl_secret_dup(pawl_span_of(fido_assert_hmac_secret_ptr(a, 0),
                                       fido_assert_hmac_secret_len(a, 0)),
                       &u->secret) == PAWL_OK
                       ? FIDO_OK
                       : FIDO_ERR_INTERNAL;
}

static pawl_err send(pawl_fido2_device *v, pawl_fido2_request *how, bool wants_pin, use *u,
        pawl_secret *ret, pawl_diag *d)
{
        const pawl_fido2_key *k = u->key;
        pawl_err err = pawl_fido2_send(v, how, u, wants_pin,
                k->presence != PAWL_FIDO2_NO || k->verification == PAWL_FIDO2_YES, d);

        if (err == PAWL_OK)
                *ret = u->secret;
        else
                pawl_secret_done(&u->secret);
        return err;
}

pawl_err pawl_fido2_device_secret(
        pawl_fido2_device *v, const pawl_fido2_key *k, pawl_secret *ret, pawl_diag *d)
{
        use u = { .key = k };

        return send(v, request, k->pin == PAWL_FIDO2_YES, &u, ret, d);
}

static int request_without_pin(pawl_fido2_device *v, void *ctx, const char *pin)
{
        use *u = ctx;
        int r = request(v, ctx, pin);

        u->has_pin_wanted = r == FIDO_ERR_PIN_REQUIRED || r == FIDO_ERR_UV_INVALID;
        return u->has_pin_wanted ? FIDO_ERR_OPERATION_DENIED : r;
}

pawl_err pawl_fido2_device_secret_without_pin(
        pawl_fido2_device *v, const pawl_fido2_key *k, pawl_secret *ret, pawl_diag *d)
{
        use u = { .key = k };
        pawl_err err = send(v, request_without_pin, /* wants_pin= */ false, &u, ret, d);

        return u.has_pin_wanted ? PAWL_ERR_KEY : err;
}

static pawl_err try_device(const pawl_fido2_list *l, size_t i, const pawl_fido2_key *k,
        unsigned timeout_ms, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        pawl_autofido2device pawl_fido2_device v = { 0 };

        PAWL_TRY(pawl_fido2_device_open(fido_dev_info_ptr(l->items, i), timeout_ms, ask, &v, d));
        if (!may_have(&v, k))
                return pawl_fido2_fail(&v, FIDO_ERR_NO_CREDENTIALS, "looking for it", d);
        return pawl_fido2_device_secret(&v, k, ret, d);
}

pawl_err pawl_fido2_secret(const pawl_fido2_key *k, const char *path, unsigned timeout_ms,
        const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        pawl_autofido2list pawl_fido2_list l = { 0 };
        pawl_err err = PAWL_ERR_NOT_FOUND;

        PAWL_TRY(pawl_fido2_list_read(&l, d));
        if (l.n == 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "no FIDO2 token is plugged in; plug in the one that was enrolled");
        for (size_t i = 0; i < l.n && err == PAWL_ERR_NOT_FOUND; i++)
                if (!path || strcmp(path, pawl_fido2_list_path(&l, i)) == 0)
                        err = try_device(&l, i, k, timeout_ms, ask, ret, d);
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "%s: not the FIDO2 token that was enrolled; plug that one in",
                path      ? path
                : l.n > 1 ? "the FIDO2 tokens that are plugged in"
                          : pawl_fido2_list_path(&l, 0));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIN of a token: tries are few, so none is spent without need. */
#include <string.h>

#include "userspace/token/pkcs11-token.h"

#define TRIES 3u

/* What the token tells about the tries before; it may have changed since the session began. */
static pawl_err check_tries(pawl_p11 *p, const pawl_ask *ask, int *ret_left, pawl_diag *d)
{
        CK_RV rv = p->slot.module->C_GetTokenInfo(p->slot.id, &p->slot.info);

        if (rv != CKR_OK)
                return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "it was there and is not any more");
        if (p->slot.info.flags & CKF_USER_PIN_LOCKED)
                return pawl_fail(d, PAWL_ERR_DENIED,
                        "PKCS#11 %s: its PIN is locked after wrong tries; unlock it with the "
                        "token's PUK or security officer",
                        p->name);
        *ret_left = p->slot.info.flags & CKF_USER_PIN_FINAL_TRY ? 1 : -1;
        if (ask->say && *ret_left == 1)
                ask->say(ask->ctx, "this is the last try before the token locks its PIN");
        else if (ask->say && p->slot.info.flags & CKF_USER_PIN_COUNT_LOW)
                ask->say(ask->ctx, "the token was given a wrong PIN before");
        return PAWL_OK;
}

static pawl_err login_error(pawl_diag *d, CK_RV rv, const pawl_p11 *p)
{
        if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
                return pawl_fail(d, PAWL_ERR_KEY, "PKCS#11 %s: the PIN is wrong", p->name);
        if (rv == CKR_PIN_LOCKED)
                return pawl_fail(d, PAWL_ERR_DENIED,
                        "PKCS#11 %s: its PIN is locked now; unlock it with the token's PUK or "
                        "security officer",
                        p->name);
        if (rv == CKR_FUNCTION_CANCELED || rv == CKR_CANCEL)
                return pawl_fail(d, PAWL_ERR_CANCELLED, "PKCS#11 %s: cancelled", p->name);
        return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "login");
}

static pawl_err login(pawl_p11 *p, CK_USER_TYPE user, const pawl_secret *pin, pawl_diag *d)
{
        CK_RV rv = p->slot.module->C_Login(
                p->session, user, pin ? pin->data : NULL, pin ? pin->len : 0);

        return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? PAWL_OK : login_error(d, rv, p);
}

/* One question and one try. */
static pawl_err try_pin(pawl_p11 *p, const pawl_ask *ask, pawl_diag *d)
{
        pawl_autosecret pawl_secret pin = { 0 };
        char what[sizeof(p->name) + 16];
        int left = -1;
        pawl_err err;

        PAWL_TRY(check_tries(p, ask, &left, d));
        (void)snprintf(what, sizeof(what), "PKCS#11 %s", p->name);
        PAWL_TRY(ask->pin(ask->ctx, what, left, &pin, d));
        if (pin.len == p->pin.len && pin.len > 0 && pawl_equal_ct(pin.data, p->pin.data, pin.len))
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "PKCS#11 %s: the same PIN again", p->name);
        err = login(p, CKU_USER, &pin, d);
        pawl_secret_done(&p->pin);
        p->pin = pin;
        pin = (pawl_secret){ 0 };
        return err;
}

static bool has_keypad(const pawl_p11 *p)
{
        return (p->slot.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

static void say_keypad(const pawl_p11 *p, const pawl_ask *ask)
{
        char text[sizeof(p->name) + 64];

        (void)snprintf(text, sizeof(text), "enter the PIN of %s on its reader", p->name);
        if (ask && ask->say)
                ask->say(ask->ctx, text);
}

pawl_err pawl_p11_login(pawl_p11 *p, const pawl_ask *ask, pawl_diag *d)
{
        pawl_err err = PAWL_ERR_KEY;

        if (has_keypad(p)) {
                say_keypad(p, ask);
                return login(p, CKU_USER, NULL, d);
        }
        if (!(p->slot.info.flags & CKF_LOGIN_REQUIRED))
                return PAWL_OK;
        if (!ask || !ask->pin)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "PKCS#11 %s: it wants a PIN and nobody can be asked", p->name);
        for (unsigned i = 0; i < TRIES && err == PAWL_ERR_KEY; i++) {
                err = try_pin(p, ask, d);
                /* nobody has another PIN: that the first was wrong is the answer */
                if (i > 0 && (err == PAWL_ERR_NOT_FOUND || err == PAWL_ERR_CANCELLED))
                        return pawl_fail(d, PAWL_ERR_KEY, "PKCS#11 %s: the PIN is wrong", p->name);
        }
        return err;
}

pawl_err pawl_p11_login_again(pawl_p11 *p, const pawl_ask *ask, CK_OBJECT_HANDLE key, pawl_diag *d)
{
        if (!pawl_p11_is(p, key, CKA_ALWAYS_AUTHENTICATE))
                return PAWL_OK;
        if (has_keypad(p))
                say_keypad(p, ask);
        return login(p, CKU_CONTEXT_SPECIFIC, has_keypad(p) ? NULL : &p->pin, d);
}

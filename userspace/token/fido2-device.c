/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/fido2-device.h"

#include <limits.h>
#include <stdio.h>

static const struct {
        int code;
        pawl_err err;
        const char *text;
} rows[] = {
        {FIDO_ERR_NO_CREDENTIALS,         PAWL_ERR_NOT_FOUND,   "it does not have the credential"             },
        { FIDO_ERR_INVALID_CREDENTIAL,    PAWL_ERR_NOT_FOUND,   "it does not have the credential"             },
        { FIDO_ERR_ACTION_TIMEOUT,        PAWL_ERR_TIMEOUT,     "it was not touched in time"                  },
        { FIDO_ERR_USER_ACTION_TIMEOUT,   PAWL_ERR_TIMEOUT,     "it was not touched in time"                  },
        { FIDO_ERR_TIMEOUT,               PAWL_ERR_TIMEOUT,     "it did not answer in time"                   },
        { FIDO_ERR_RX,                    PAWL_ERR_TIMEOUT,     "it was not touched in time, or was unplugged"},
        { FIDO_ERR_TX,                    PAWL_ERR_IO,          "it was unplugged"                            },
        { FIDO_ERR_OPERATION_DENIED,      PAWL_ERR_TIMEOUT,     "it was not touched"                          },
        { FIDO_ERR_KEEPALIVE_CANCEL,      PAWL_ERR_CANCELLED,   "cancelled"                                   },
        { FIDO_ERR_PIN_INVALID,           PAWL_ERR_KEY,         "the PIN is wrong"                            },
        { FIDO_ERR_PIN_AUTH_BLOCKED,      PAWL_ERR_DENIED,
         "three wrong PINs in a row: unplug it, and plug it in again"                                         },
        { FIDO_ERR_PIN_BLOCKED,           PAWL_ERR_DENIED,
         "its PIN is blocked; only resetting the token frees it, and that destroys its "
                "keys"                                                                                        },
        { FIDO_ERR_PIN_NOT_SET,           PAWL_ERR_UNSUPPORTED,
         "it has no PIN; set one ('fido2-token -S'), or enrol without"                                        },
        { FIDO_ERR_UV_BLOCKED,            PAWL_ERR_DENIED,      "its finger print is blocked"                 },
        { FIDO_ERR_UNSUPPORTED_OPTION,    PAWL_ERR_UNSUPPORTED, "it cannot do what is asked of it"            },
        { FIDO_ERR_UNSUPPORTED_ALGORITHM, PAWL_ERR_UNSUPPORTED, "it does not know the algorithm"              },
};

pawl_err pawl_fido2_fail(const pawl_fido2_device *v, int code, const char *what, pawl_diag *d)
{
        if (code == FIDO_OK)
                return PAWL_OK;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (rows[i].code == code)
                        return pawl_fail(d, rows[i].err, "FIDO2 token at %s: %s: %s", v->path, what,
                                rows[i].text);
        return pawl_fail(
                d, PAWL_ERR_IO, "FIDO2 token at %s: %s: %s", v->path, what, fido_strerr(code));
}

pawl_err pawl_fido2_list_read(pawl_fido2_list *ret, pawl_diag *d)
{
        pawl_fido2_list l = { .items = NULL };
        int r;

        fido_init(0);
        l.items = fido_dev_info_new(PAWL_FIDO2_DEVICES_MAX);
        if (!l.items)
                return PAWL_ERR_NO_MEMORY;
        r = fido_dev_info_manifest(l.items, PAWL_FIDO2_DEVICES_MAX, &l.n);
        if (r != FIDO_OK) {
                pawl_fido2_list_done(&l);
                return pawl_fail(d, PAWL_ERR_IO, "looking for FIDO2 tokens: %s", fido_strerr(r));
        }
        *ret = l;
        return PAWL_OK;
}

void pawl_fido2_list_done(pawl_fido2_list *l)
{
        if (l->items)
                fido_dev_info_free(&l->items, PAWL_FIDO2_DEVICES_MAX);
        l->n = 0;
}

size_t pawl_fido2_count(void)
{
        pawl_autofido2list pawl_fido2_list l = { 0 };

        return pawl_fido2_list_read(&l, NULL) == PAWL_OK ? l.n : 0;
}

const char *pawl_fido2_list_path(const pawl_fido2_list *l, size_t i)
{
        const char *path = fido_dev_info_path(fido_dev_info_ptr(l->items, i));

        return path ? path : "";
}

pawl_err pawl_fido2_device_open(const fido_dev_info_t *info, unsigned timeout_ms,
        const pawl_ask *ask, pawl_fido2_device *ret, pawl_diag *d)
{
        pawl_autofido2device pawl_fido2_device v = { .dev = fido_dev_new_with_info(info),
                .path = fido_dev_info_path(info),
                .timeout_ms = timeout_ms,
                .ask = ask };
        int r;

        if (!v.dev)
                return PAWL_ERR_NO_MEMORY;
        r = fido_dev_open_with_info(v.dev);
        if (r != FIDO_OK)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "FIDO2 token at %s: cannot be opened: %s",
                        v.path, fido_strerr(r));
        if (!fido_dev_is_fido2(v.dev))
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: an older token than FIDO2", v.path);
        (void)fido_dev_set_timeout(v.dev, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
        *ret = v;
        v = (pawl_fido2_device){ 0 };
        return PAWL_OK;
}

void pawl_fido2_device_done(pawl_fido2_device *v)
{
        pawl_secret_done(&v->pin);
        if (!v->dev)
                return;
        (void)fido_dev_close(v->dev);
        fido_dev_free(&v->dev);
}

/* The last try is not taken: what is behind it is a token that has to be reset. */
static pawl_err ask_pin(pawl_fido2_device *v, pawl_diag *d)
{
        char what[128];
        int left = -1;

        if (fido_dev_get_retry_count(v->dev, &left) != FIDO_OK)
                left = -1;
        if (left == 0 || left == 1)
                return pawl_fail(d, PAWL_ERR_DENIED,
                        "FIDO2 token at %s: only %d of its PIN's tries is left and is not taken "
                        "here; "
                        "use another program, or another way in",
                        v->path, left);
        if (!v->ask || !v->ask->pin)
                return pawl_fail(d, PAWL_ERR_CANCELLED,
                        "FIDO2 token at %s: it wants a PIN and nobody can be asked", v->path);
        (void)snprintf(what, sizeof(what), "the FIDO2 token at %s", v->path);
        pawl_secret_done(&v->pin);
        return v->ask->pin(v->ask->ctx, what, left, &v->pin, d);
}

static void say_touch(const pawl_fido2_device *v)
{
        char text[192];

        (void)snprintf(text, sizeof(text), "touch the FIDO2 token at %s (within %u s)", v->path,
                v->timeout_ms / 1000);
        if (v->ask && v->ask->say)
                v->ask->say(v->ask->ctx, text);
}

pawl_err pawl_fido2_send(pawl_fido2_device *v, pawl_fido2_request *request, void *ctx,
        bool wants_pin, bool is_touched, pawl_diag *d)
{
        for (;;) {
                int r;

                if (wants_pin && v->pin.len == 0)
                        PAWL_TRY(ask_pin(v, d));
                if (is_touched)
                        say_touch(v);
                r = request(v, ctx, wants_pin ? (const char *)v->pin.data : NULL);
                if (r == FIDO_ERR_PIN_REQUIRED && !wants_pin) {
                        wants_pin = true;
                        continue;
                }
                if (r != FIDO_ERR_PIN_INVALID)
                        return pawl_fido2_fail(v, r, "using it", d);
                if (v->ask && v->ask->say)
                        v->ask->say(v->ask->ctx, "the PIN is wrong");
                pawl_secret_done(&v->pin);
        }
}

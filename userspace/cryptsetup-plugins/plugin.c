/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cryptsetup-plugins/plugin.h"

#include <errno.h>
#include <string.h>

#include "userspace/luks/describe.h"
#include "userspace/luks/unlock.h"

#if !defined(PAWL_PLUGIN_KIND) || !defined(PAWL_VERSION)
#error "PAWL_PLUGIN_KIND and PAWL_VERSION come from meson.build"
#endif

/* The caller's PIN, answered once: a second question means that it is wrong. */
typedef struct answer {
        struct crypt_device *cd;
        pawl_span pin;
        bool has_pin;
        unsigned n_asked;
} answer;

static pawl_err answer_pin(
        void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        answer *a = ctx;

        (void)tries_left;
        if (a->n_asked++ > 0 || !a->has_pin)
                return pawl_fail(d, PAWL_ERR_CANCELLED, "%s: %s", what,
                        a->has_pin ? "the PIN is wrong" : "it wants a PIN");
        return pawl_secret_dup(a->pin, ret);
}

static void answer_say(void *ctx, const char *text)
{
        answer *a = ctx;

        crypt_logf(a->cd, CRYPT_LOG_NORMAL, "%s\n", text);
}

/* cryptsetup would take any cipher, a null one too: this may cost no touch and no try. */
static pawl_err check_crypto(struct crypt_device *cd, pawl_diag *d)
{
        const char *json = NULL;

        if (crypt_dump_json(cd, &json, 0) < 0 || !json)
                return pawl_fail(
                        d, PAWL_ERR_IO, "%s: the header cannot be read", crypt_get_device_name(cd));
        return pawl_volume_check_json(pawl_span_str(json), d);
}

static pawl_err read_token(const char *json, pawl_token *ret, pawl_diag *d)
{
        pawl_autotoken pawl_token t = { 0 };

        PAWL_TRY(pawl_token_parse(pawl_span_str(json), &t, d));
        if (t.kind != PAWL_PLUGIN_KIND)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "a token of the type %s", t.type);
        *ret = t;
        t = (pawl_token){ 0 };
        return PAWL_OK;
}

/* Before cryptsetup asks for a PIN: then it comes here without one first. */
static void say_weaknesses(struct crypt_device *cd, const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];
        size_t n = pawl_token_weaknesses(t, weak);

        for (size_t i = 0; i < n; i++)
                crypt_logf(cd, CRYPT_LOG_NORMAL, "token %d: %s\n", t->id, weak[i]);
}

static pawl_err get_passphrase(
        struct crypt_device *cd, int id, const pawl_ask *ask, pawl_secret *ret, pawl_diag *d)
{
        pawl_cleanup(pawl_means_done) pawl_means means = { .ask = ask };
        pawl_autobuffer pawl_buffer signature = { 0 };
        pawl_autotoken pawl_token t = { 0 };
        const char *json = NULL;

        if (crypt_token_json_get(cd, id, &json) < 0 || !json)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "token %d is not there", id);
        PAWL_TRY(pawl_fail_prefix(d, read_token(json, &t, d), "token %d", id));
        t.id = id;
        say_weaknesses(cd, &t);
        PAWL_TRY(check_crypto(cd, d));
        if (t.kind == PAWL_TOKEN_TPM2)
                PAWL_TRY(pawl_signatures_read(NULL, &signature, d));
        means.signature_json = pawl_buffer_span(&signature);
        return pawl_means_passphrase(&means, &t, ret, d);
}

static int errno_of(pawl_err err, const answer *a)
{
        bool is_refused_pin = a->n_asked > 1 ||
                              (PAWL_PLUGIN_KIND == PAWL_TOKEN_TPM2 && err == PAWL_ERR_KEY);

        if ((a->has_pin && is_refused_pin) || (!a->has_pin && a->n_asked > 0))
                return -ENOANO;
        switch ((int)err) {
        case PAWL_ERR_NO_MEMORY:
                return -ENOMEM;
        case PAWL_ERR_CANCELLED:
                return -EINTR;
        case PAWL_ERR_TPM_ABSENT:
        case PAWL_ERR_NOT_FOUND:
        case PAWL_ERR_TIMEOUT:
        case PAWL_ERR_BUSY:
                return -EAGAIN;
        default:
                return -ENOENT;
        }
}

static int give(const pawl_secret *s, char **buffer, size_t *buffer_len)
{
        char *copy = malloc(s->len + 1);

        if (!copy)
                return -ENOMEM;
        pawl_copy(copy, s->data, s->len);
        copy[s->len] = '\0';
        *buffer = copy;
        *buffer_len = s->len;
        return 0;
}

static int open_token(struct crypt_device *cd, int id, answer *a, char **buffer, size_t *buffer_len)
{
        pawl_ask ask = { .ctx = a, .pin = answer_pin, .say = answer_say };
        pawl_autosecret pawl_secret passphrase = { 0 };
        pawl_diag d = { 0 };
        pawl_err err = get_passphrase(cd, id, &ask, &passphrase, &d);
        int r;

        if (err == PAWL_OK)
                return give(&passphrase, buffer, buffer_len);
        r = errno_of(err, a);
        if (r != -ENOANO || a->has_pin)
                crypt_logf(cd, CRYPT_LOG_ERROR, "%s", pawl_diag_text(&d));
        return r;
}

const char *cryptsetup_token_version(void)
{
        return PAWL_VERSION " pawl-cryptsetup-plugin"; /* install-plugins looks for the name */
}

int cryptsetup_token_open(
        struct crypt_device *cd, int token, char **buffer, size_t *buffer_len, void *usrptr)
{
        answer a = { .cd = cd };

        (void)usrptr;
        return open_token(cd, token, &a, buffer, buffer_len);
}

int cryptsetup_token_open_pin(struct crypt_device *cd, int token, const char *pin, size_t pin_size,
        char **buffer, size_t *buffer_len, void *usrptr)
{
        answer a = { .cd = cd, .pin = pawl_span_of(pin, pin_size), .has_pin = pin != NULL };

        (void)usrptr;
        return open_token(cd, token, &a, buffer, buffer_len);
}

void cryptsetup_token_buffer_free(void *buffer, size_t buffer_len)
{
        if (buffer)
                pawl_wipe(buffer, buffer_len);
        free(buffer);
}

int cryptsetup_token_validate(struct crypt_device *cd, const char *json)
{
        pawl_autotoken pawl_token t = { 0 };
        pawl_diag d = { 0 };

        if (read_token(json, &t, &d) == PAWL_OK)
                return 0;
        crypt_logf(cd, CRYPT_LOG_ERROR, "refused: %s", pawl_diag_text(&d));
        return -EINVAL;
}

void cryptsetup_token_dump(struct crypt_device *cd, const char *json)
{
        pawl_autotoken pawl_token t = { 0 };
        pawl_autofree char *needs = NULL;
        const char *weak[PAWL_WEAK_MAX];
        size_t n;

        if (read_token(json, &t, NULL) != PAWL_OK || pawl_token_describe(&t, &needs) != PAWL_OK)
                return;
        crypt_logf(cd, CRYPT_LOG_NORMAL, "\tneeds:      %s\n", needs);
        n = pawl_token_weaknesses(&t, weak);
        for (size_t i = 0; i < n; i++)
                crypt_logf(cd, CRYPT_LOG_NORMAL, "\tweak:       %s\n", weak[i]);
}

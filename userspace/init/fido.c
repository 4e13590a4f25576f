/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/fido.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "userspace/init/set.h"
#include "userspace/token/fido2.h"

#define FD_OF_CHILD 3
#define MESSAGE_MAX 512 /* bytes of text, a PIN, or a secret */
#define LOOK_S      1   /* between two looks for a token that is not plugged in */

/* The volumes' tokens, numbered in the order of for_each_token. */
typedef enum message_kind {
        SAYS,      /* to the person */
        WANTS_PIN, /* the question */
        HAS_SECRET,
        PIN, /* to the child */
} message_kind;

typedef struct message {
        uint8_t kind, number;
        uint16_t len;
        uint8_t data[MESSAGE_MAX];
} message;

static void message_wipe(message *m)
{
        pawl_wipe(m, sizeof(*m));
}

static bool send_message(int fd, message_kind kind, unsigned number, pawl_span content)
{
        pawl_cleanup(message_wipe) message m = { .kind = (uint8_t)kind,
                .number = (uint8_t)number,
                .len = (uint16_t)(content.len < MESSAGE_MAX ? content.len : MESSAGE_MAX) };

        pawl_copy(m.data, content.data, m.len);
        return send(fd, &m, sizeof(m), MSG_NOSIGNAL) == (ssize_t)sizeof(m);
}

static bool receive_message(int fd, message *ret)
{
        return recv(fd, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret) && ret->len <= MESSAGE_MAX;
}

/* Calls `use` for each FIDO2 token of the volumes in use, until it returns true. */
static bool for_each_token(pawl_boot *b, void *ctx,
        bool (*use)(void *ctx, pawl_boot_volume *v, const pawl_token *t, unsigned number))
{
        unsigned number = 0;
        bool is_done = false;

        for (size_t i = 0; i < b->n_volumes && !is_done; i++) {
                pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
                size_t n = 0;

                if (!pawl_set_has(&b->volumes[i]) ||
                        pawl_volume_tokens(b->volumes[i].v, tokens, &n, NULL) != PAWL_OK)
                        continue;
                for (size_t k = 0; k < n; k++)
                        if (tokens[k].kind == PAWL_TOKEN_FIDO2 && !tokens[k].why && !is_done)
                                is_done = use(ctx, &b->volumes[i], &tokens[k], number++);
                while (n > 0)
                        pawl_token_done(&tokens[--n]);
        }
        return is_done;
}

/* --- the child --- */

#define NUMBERS_MAX 64

/* Those that gave their secret: bit number. */
typedef struct seeker {
        uint64_t done;
        unsigned n; /* of the last round */
} seeker;

static void child_say(void *ctx, const char *text)
{
        (void)ctx;
        (void)send_message(FD_OF_CHILD, SAYS, 0, pawl_span_str(text));
}

static pawl_err child_ask(
        void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        pawl_cleanup(message_wipe) message m = { 0 };
        char question[256];

        (void)ctx;
        (void)snprintf(
                question, sizeof(question), "type the PIN of %s (%d tries left)", what, tries_left);
        if (!send_message(FD_OF_CHILD, WANTS_PIN, 0, pawl_span_str(question)) ||
                !receive_message(FD_OF_CHILD, &m))
                return pawl_fail(d, PAWL_ERR_CANCELLED, "nobody is asked any more");
        return pawl_secret_dup(pawl_span_of(m.data, m.len), ret);
}

/* Whoever did not touch it, or has locked it, is asked again when it was plugged in anew: until
 * then it does not answer, and its light does not blink for ever. */
static bool use_token(seeker *s, const pawl_token *t, unsigned number)
{
        const pawl_ask ask = { .pin = child_ask, .say = child_say };
        const pawl_fido2_key k = { .credential = pawl_buffer_span(&t->fido2.credential),
                .salt = pawl_buffer_span(&t->fido2.salt),
                .rp = t->fido2.rp,
                .pin = t->fido2.pin,
                .presence = t->fido2.presence,
                .verification = t->fido2.verification };
        pawl_autosecret pawl_secret secret = { 0 };
        pawl_diag d = { 0 };
        pawl_err err = pawl_fido2_secret(&k, NULL, PAWL_FIDO2_TIMEOUT_MS, &ask, &secret, &d);

        if (err == PAWL_OK) {
                s->done |= (uint64_t)1 << number;
                return !send_message(FD_OF_CHILD, HAS_SECRET, number, pawl_secret_span(&secret));
        }
        if (err == PAWL_ERR_NOT_FOUND)
                return false;
        child_say(NULL, pawl_diag_text(&d));
        child_say(NULL, "to try that token again, unplug it and plug it in");
        while (pawl_fido2_count() > 0)
                (void)sleep(LOOK_S);
        return false;
}

static bool try_token(void *ctx, pawl_boot_volume *v, const pawl_token *t, unsigned number)
{
        seeker *s = ctx;

        (void)v;
        s->n = number + 1;
        return number < NUMBERS_MAX && !(s->done >> number & 1) && use_token(s, t, number);
}

static bool is_done(const seeker *s)
{
        return s->n < NUMBERS_MAX && s->done == ((uint64_t)1 << s->n) - 1;
}

/* Its own socket, and nothing else of PID 1's. */
_Noreturn static void run_child(pawl_boot *b, int fd)
{
        seeker s = { 0 };
        bool has_parent = dup2(fd, FD_OF_CHILD) == FD_OF_CHILD &&
                          close_range(FD_OF_CHILD + 1, ~0U, 0) == 0;

        while (has_parent && !for_each_token(b, &s, try_token) && !is_done(&s))
                (void)sleep(LOOK_S);
        _exit(0);
}

/* --- PID 1 --- */

static bool is_there(void *ctx, pawl_boot_volume *v, const pawl_token *t, unsigned number)
{
        (void)ctx;
        (void)t;
        (void)number;
        return !pawl_volume_is_unlocked(v->v);
}

void pawl_fido_start(pawl_boot *b, pawl_fido *ret)
{
        int pair[2];

        *ret = (pawl_fido){ .fd = -1 };
        if (!pawl_fido2_is_built_in() || !for_each_token(b, NULL, is_there))
                return;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return;
        ret->pid = fork();
        if (ret->pid == 0)
                run_child(b, pair[1]);
        (void)close(pair[1]);
        ret->fd = pair[0];
        if (ret->pid > 0)
                pawl_consoles_say(&b->consoles, "a FIDO2 token opens it too: plug it in");
        else
                pawl_fido_end(ret);
}

void pawl_fido_end(pawl_fido *f)
{
        if (f->pid > 0) {
                (void)kill(f->pid, SIGKILL);
                while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
                        continue;
        }
        pawl_close_p(&f->fd);
        *f = (pawl_fido){ .fd = -1 };
}

typedef struct found {
        unsigned number;
        pawl_span passphrase;
        pawl_diag d;
} found;

/* Opened by a person, as by a passphrase: the set does not follow. */
static bool unlock(void *ctx, pawl_boot_volume *v, const pawl_token *t, unsigned number)
{
        found *f = ctx;

        if (number != f->number)
                return false;
        return pawl_volume_check_crypto(v->v, &f->d) == PAWL_OK &&
               pawl_open_token_keyslots(v->v, t, f->passphrase, &f->d) == PAWL_OK;
}

static bool take_secret(pawl_boot *b, const message *m)
{
        pawl_autosecret pawl_secret passphrase = { 0 };
        found f = { .number = m->number };

        if (pawl_base64_encode(pawl_span_of(m->data, m->len), &passphrase) != PAWL_OK)
                return false;
        f.passphrase = pawl_secret_span(&passphrase);
        if (for_each_token(b, &f, unlock))
                return true;
        pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(&f.d));
        return false;
}

bool pawl_fido_take(pawl_boot *b, pawl_fido *f)
{
        pawl_cleanup(message_wipe) message m = { 0 };

        if (!receive_message(f->fd, &m)) {
                pawl_fido_end(f);
                return false;
        }
        if (m.kind == HAS_SECRET)
                return take_secret(b, &m);
        f->wants_pin = m.kind == WANTS_PIN;
        pawl_consoles_say(&b->consoles, "%.*s", (int)m.len, (const char *)m.data);
        return false;
}

bool pawl_fido_give_pin(pawl_fido *f, pawl_span pin)
{
        if (f->fd < 0 || !f->wants_pin || pin.len > MESSAGE_MAX)
                return false;
        f->wants_pin = false;
        return send_message(f->fd, PIN, 0, pin);
}

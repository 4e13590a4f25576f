/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <termios.h>

#include "userspace/host/file.h"

#define ACTIVE        "/sys/class/tty/console/active"
#define WRITE_WAIT_MS 1000

static void open_one(pawl_consoles *c, const char *name)
{
        pawl_console *item = &c->items[c->n];
        char path[64];

        if (c->n == PAWL_CONSOLES_MAX ||
                snprintf(item->name, sizeof(item->name), "%s", name) >= (int)sizeof(item->name))
                return;
        (void)snprintf(path, sizeof(path), "/dev/%s", name);
        item->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (item->fd >= 0)
                c->n++;
}

void pawl_consoles_open(pawl_consoles *c)
{
        pawl_autobuffer pawl_buffer active = { 0 };
        char *at = NULL;

        if (pawl_file_read(ACTIVE, 4096, &active, NULL) == PAWL_OK)
                for (char *name = strtok_r((char *)active.data, " \n", &at); name;
                        name = strtok_r(NULL, " \n", &at))
                        open_one(c, name);
        if (c->n == 0)
                open_one(c, "console");
}

void pawl_consoles_close(pawl_consoles *c)
{
        for (size_t i = 0; i < c->n; i++)
                pawl_close_p(&c->items[i].fd);
        c->n = 0;
}

static bool write_to(int fd, const char *text, size_t len)
{
        for (size_t n = 0; n < len;) {
                struct pollfd p = { .fd = fd, .events = POLLOUT };
                ssize_t k = write(fd, text + n, len - n);

                if (k > 0)
                        n += (size_t)k;
                else if (poll(&p, 1, WRITE_WAIT_MS) <= 0)
                        return false;
        }
        return true;
}

/* Whether `name` is one of the words of `names`. */
static bool is_named(const char *names, const char *name)
{
        size_t len = strlen(name);

        for (const char *at = names; at && *at != '\0';) {
                size_t word = strcspn(at, " ");

                if ((word == len && strncmp(at, name, len) == 0) ||
                        (word == 7 && strncmp(at, "console", 7) == 0))
                        return true;
                at += word + strspn(at + word, " ");
        }
        return !names;
}

size_t pawl_consoles_show(pawl_consoles *c, const char *names, const char *text)
{
        size_t n = 0;

        if (c->n == 0)
                return write_to(STDOUT_FILENO, text, strlen(text)) ? 1 : 0;
        for (size_t i = 0; i < c->n; i++)
                if (is_named(names, c->items[i].name) &&
                        write_to(c->items[i].fd, text, strlen(text)))
                        n++;
        return n;
}

void pawl_consoles_say(pawl_consoles *c, const char *fmt, ...)
{
        char text[PAWL_DIAG_SIZE + 256], line[sizeof(text) + 32];
        va_list ap;

        va_start(ap, fmt);
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        va_end(ap);
        pawl_text_sanitize(text);
        (void)snprintf(line, sizeof(line), "pawl-init: %s\n", text);
        (void)pawl_consoles_show(c, NULL, line);
}

/* --- asking --- */

typedef struct typing {
        pawl_secret lines[PAWL_CONSOLES_MAX]; /* what was typed so far on each console */
        size_t lens[PAWL_CONSOLES_MAX];
        struct termios saved[PAWL_CONSOLES_MAX];
} typing;

static void typing_done(typing *t)
{
        for (size_t i = 0; i < PAWL_CONSOLES_MAX; i++)
                pawl_secret_done(&t->lines[i]);
}

/* No echo, no signals, each key at once; what was typed before the question is dropped. */
static void set_raw(int fd, struct termios *saved)
{
        struct termios raw;

        if (tcgetattr(fd, saved) < 0)
                return;
        raw = *saved;
        raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_iflag &= (tcflag_t) ~(ICRNL | IXON | IXOFF);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        (void)tcsetattr(fd, TCSAFLUSH, &raw);
}

static void erase(pawl_console *c, typing *t, size_t i, size_t n)
{
        for (; n > 0 && t->lens[i] > 0; n--) {
                t->lines[i].data[--t->lens[i]] = 0;
                (void)write_to(c->fd, "\b \b", 3);
        }
}

/* Whether the line is finished. */
static bool take_key(pawl_console *c, typing *t, size_t i, uint8_t key)
{
        if (key == '\r' || key == '\n')
                return true;
        if (key == 0x7f || key == '\b')
                erase(c, t, i, 1);
        else if (key == 0x15) /* Ctrl-U */
                erase(c, t, i, t->lens[i]);
        else if (key >= 0x20 && t->lens[i] < t->lines[i].len) {
                t->lines[i].data[t->lens[i]++] = key;
                (void)write_to(c->fd, "*", 1);
        }
        return false;
}

static bool take_keys(pawl_console *c, typing *t, size_t i)
{
        uint8_t key;

        while (read(c->fd, &key, 1) == 1)
                if (take_key(c, t, i, key))
                        return true;
        return false;
}

static bool is_watched(const pawl_consoles_watch *w)
{
        return w && *w->fd >= 0;
}

/* Index of the console with a finished line. */
static pawl_err wait_line(pawl_consoles *c, typing *t, unsigned seconds,
        const pawl_consoles_watch *watch, size_t *ret)
{
        struct pollfd p[PAWL_CONSOLES_MAX + 1];

        for (;;) {
                int ready;

                for (size_t i = 0; i < c->n; i++)
                        p[i] = (struct pollfd){ .fd = c->items[i].fd, .events = POLLIN };
                p[c->n] = (struct pollfd){ .fd = is_watched(watch) ? *watch->fd : -1,
                        .events = POLLIN };
                ready = poll(p, c->n + 1, seconds ? (int)seconds * 1000 : -1);
                if (ready == 0)
                        return PAWL_ERR_TIMEOUT;
                if (p[c->n].revents != 0 && is_watched(watch) && watch->take(watch->ctx))
                        return PAWL_ERR_CANCELLED;
                for (size_t i = 0; i < c->n; i++) {
                        if (p[i].revents & POLLIN && take_keys(&c->items[i], t, i)) {
                                *ret = i;
                                return PAWL_OK;
                        }
                        if (p[i].revents & (POLLERR | POLLHUP | POLLNVAL) &&
                                !(p[i].revents & POLLIN))
                                return PAWL_ERR_IO;
                }
        }
}

static pawl_err ask(pawl_consoles *c, const char *question, unsigned seconds,
        const pawl_consoles_watch *watch, pawl_secret *ret)
{
        pawl_cleanup(typing_done) typing t = { 0 };
        pawl_err err;
        size_t i = 0;

        if (c->n == 0)
                return PAWL_ERR_IO;
        for (i = 0; i < c->n; i++) {
                PAWL_TRY(pawl_secret_new(PAWL_TYPED_MAX, &t.lines[i]));
                set_raw(c->items[i].fd, &t.saved[i]);
        }
        (void)pawl_consoles_show(c, NULL, question);
        err = wait_line(c, &t, seconds, watch, &i);
        for (size_t k = 0; k < c->n; k++)
                (void)tcsetattr(c->items[k].fd, TCSADRAIN, &t.saved[k]);
        (void)pawl_consoles_show(c, NULL, "\n");
        PAWL_TRY(err);
        return pawl_secret_dup(pawl_span_of(t.lines[i].data, t.lens[i]), ret);
}

pawl_err pawl_consoles_ask(
        pawl_consoles *c, const char *question, unsigned seconds, pawl_secret *ret)
{
        return ask(c, question, seconds, /* watch= */ NULL, ret);
}

pawl_err pawl_consoles_ask_or(
        pawl_consoles *c, const char *question, const pawl_consoles_watch *watch, pawl_secret *ret)
{
        return ask(c, question, /* seconds= */ 0, watch, ret);
}

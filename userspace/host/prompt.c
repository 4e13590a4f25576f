/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>

#include "userspace/host/file.h"

#define LINE_MAX_LEN 1023
enum {
        CTRL_C = 3,
        CTRL_D = 4,
        BACKSPACE = 8,
        CTRL_U = 21,
        DELETE = 127,
};

/* The terminal as it was is set again on every way out; input that came before the question is
 * dropped. */
typedef struct terminal {
        int fd; /* -1: nothing to restore */
        struct termios before;
} terminal;

static void terminal_restore(terminal *t)
{
        if (t->fd >= 0)
                (void)tcsetattr(t->fd, TCSAFLUSH, &t->before);
}

static terminal terminal_silence(int fd)
{
        terminal t = { .fd = -1 };
        struct termios raw;

        if (tcgetattr(fd, &t.before) < 0)
                return t;
        raw = t.before;
        raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
        raw.c_iflag |= ICRNL;
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(fd, TCSAFLUSH, &raw) == 0)
                t.fd = fd;
        return t;
}

static pawl_err next_byte(int fd, unsigned timeout_ms, uint8_t *ret, pawl_diag *d)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n;

        for (;;) {
                int r = poll(&p, 1, timeout_ms > 0 ? (int)timeout_ms : -1);

                if (r == 0)
                        return pawl_fail(d, PAWL_ERR_TIMEOUT, "nothing was typed");
                if (r < 0 && errno != EINTR)
                        return pawl_fail_errno(d, errno, "the terminal cannot be read");
                n = r > 0 ? read(fd, ret, 1) : -1;
                if (n == 1)
                        return PAWL_OK;
                if (n == 0)
                        return pawl_fail(d, PAWL_ERR_CANCELLED, "the input ended");
                if (errno != EINTR && errno != EAGAIN)
                        return pawl_fail_errno(d, errno, "the terminal cannot be read");
        }
}

/* One character of UTF-8 less. */
static size_t erase_one(const uint8_t *data, size_t n)
{
        while (n > 0 && (data[n - 1] & 0xc0) == 0x80)
                n--;
        return n > 0 ? n - 1 : 0;
}

static pawl_err read_line(int fd, unsigned timeout_ms, pawl_secret *line, pawl_diag *d)
{
        size_t n = 0;
        uint8_t c = 0;

        for (;;) {
                PAWL_TRY(next_byte(fd, timeout_ms, &c, d));
                if (c == '\n' || c == '\r')
                        break;
                if (c == CTRL_C || (c == CTRL_D && n == 0))
                        return pawl_fail(d, PAWL_ERR_CANCELLED, "cancelled");
                if (c == CTRL_U)
                        n = 0;
                else if (c == BACKSPACE || c == DELETE)
                        n = erase_one(line->data, n);
                else if (n == line->len)
                        return pawl_fail(d, PAWL_ERR_LIMIT, "the line is too long");
                else
                        line->data[n++] = c;
        }
        pawl_secret_truncate(line, n);
        pawl_wipe(&c, sizeof(c));
        return PAWL_OK;
}

pawl_err pawl_prompt_fd(
        int fd, const char *question, unsigned timeout_ms, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret line = { 0 };
        pawl_err err;

        PAWL_TRY(pawl_secret_new(LINE_MAX_LEN, &line));
        {
                pawl_cleanup(terminal_restore) terminal t = terminal_silence(fd);

                PAWL_TRY(pawl_fd_write_all(fd, pawl_span_str(question)));
                PAWL_TRY(pawl_fd_write_all(fd, PAWL_SPAN_LITERAL(" ")));
                err = read_line(fd, timeout_ms, &line, d);
                (void)!write(fd, "\n", 1);
        }
        PAWL_TRY(err);
        *ret = line;
        line = (pawl_secret){ 0 };
        return PAWL_OK;
}

static pawl_err from_environment(const char *env, pawl_secret *ret)
{
        char *value = secure_getenv(env);

        if (!value)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_secret_dup(pawl_span_str(value), ret));
        pawl_wipe(value, strlen(value));
        return unsetenv(env) == 0 ? PAWL_OK : PAWL_ERR_INTERNAL;
}

pawl_err pawl_secret_obtain(
        const char *file, const char *env, const char *question, pawl_secret *ret, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        pawl_err err = PAWL_ERR_NOT_FOUND;

        if (file)
                return pawl_file_read_secret(file, PAWL_PROMPT_MAX, strcmp(file, "-") == 0, ret, d);
        if (env)
                err = from_environment(env, ret);
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "%s nobody can be asked without a terminal; give a file, '-' for standard "
                        "input%s%s",
                        question, env ? ", or the environment variable " : "", env ? env : "");
        return pawl_prompt_fd(fd, question, 0, ret, d);
}

bool pawl_prompt_word(const char *question, const char *word, bool *ret_is_there)
{
        pawl_autofclose FILE *tty = fopen("/dev/tty", "r+");
        char line[64] = "";
        size_t n;

        *ret_is_there = tty != NULL;
        if (!tty || fprintf(tty, "%s ", question) < 0 || fflush(tty) != 0 ||
                !fgets(line, sizeof(line), tty))
                return false;
        n = strcspn(line, "\n");
        return pawl_span_equal(pawl_span_of(line, n), pawl_span_str(word));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The consoles of the machine (/sys/class/tty/console/active): every line goes to all of them, and
 * a question is answered on whichever one a person types. Output never blocks a boot: a console
 * that does not take it in time loses it. */
#ifndef PAWL_INIT_CONSOLE_H
#define PAWL_INIT_CONSOLE_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_CONSOLES_MAX 8
#define PAWL_TYPED_MAX    512 /* bytes of a line that a person types */

typedef struct pawl_console {
        int fd;
        char name[32]; /* "ttyS0" */
} pawl_console;

typedef struct pawl_consoles {
        pawl_console items[PAWL_CONSOLES_MAX];
        size_t n;
} pawl_consoles;

/* Opens them; before that, and if there are none, standard output is used. */
void pawl_consoles_open(pawl_consoles *c);
void pawl_consoles_close(pawl_consoles *c);

/* "pawl-init: TEXT" and a line feed. */
void pawl_consoles_say(pawl_consoles *c, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));
/* Text as it is, to the consoles whose name stands in `names` (separated by blanks; "console" or
 * NULL: all). Returns how many took it. */
size_t pawl_consoles_show(pawl_consoles *c, const char *names, const char *text);

/* Asks on all consoles and takes the first finished line, which is not echoed (a star for each
 * character). Backspace and Ctrl-U work. TIMEOUT if nothing was finished for `seconds` without a
 * key (0: waits for ever); IO if there is nothing to type on. */
PAWL_MUST_CHECK pawl_err pawl_consoles_ask(
        pawl_consoles *c, const char *question, unsigned seconds, pawl_secret *ret);

/* What else may come while a person types. `take` is called when `*fd` is readable; true ends the
 * question. It may set `*fd` to -1: nothing comes any more. */
typedef struct pawl_consoles_watch {
        const int *fd;
        bool (*take)(void *ctx);
        void *ctx;
} pawl_consoles_watch;
/* As pawl_consoles_ask without a time limit; CANCELLED where `watch` ended it. */
PAWL_MUST_CHECK pawl_err pawl_consoles_ask_or(
        pawl_consoles *c, const char *question, const pawl_consoles_watch *watch, pawl_secret *ret);

#endif

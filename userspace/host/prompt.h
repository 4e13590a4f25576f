/* SPDX-License-Identifier: BSD-2-Clause */
/* Where secrets come from: a file, standard input, the environment, or a person at a terminal.
 * Never from the command line. */
#ifndef PAWL_HOST_PROMPT_H
#define PAWL_HOST_PROMPT_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_PROMPT_MAX (64u << 10) /* bytes of a key file; a typed line has at most 1023 */

/* The first of these that is there: `file` (NULL: none; its bytes as they are; "-": standard input,
 * less one line feed at the end), the environment variable `env` (NULL: none; it is wiped and unset
 * once read), `question` asked on /dev/tty. NOT_FOUND if there is nobody to ask, with what to do.
 */
PAWL_MUST_CHECK pawl_err pawl_secret_obtain(
        const char *file, const char *env, const char *question, pawl_secret *ret, pawl_diag *d);

/* Asks on /dev/tty, with echo, and says whether the answer was exactly `word`. False too where
 * there is no terminal: `*ret_is_there` tells. */
bool pawl_prompt_word(const char *question, const char *word, bool *ret_is_there);

/* Prints the question on a terminal's descriptor and reads a line without echo: '*' is not shown
 * either, as it tells the length. Backspace and Ctrl-U edit. CANCELLED on Ctrl-C or Ctrl-D,
 * TIMEOUT after `timeout_ms` without a key (0: none). */
PAWL_MUST_CHECK pawl_err pawl_prompt_fd(
        int fd, const char *question, unsigned timeout_ms, pawl_secret *ret, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a verb as a table: a name, and the member of the verb's struct that it fills. */
#ifndef PAWL_PAWL_OPTIONS_H
#define PAWL_PAWL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "userspace/pawl/verb.h"

#define PAWL_OPTIONS_MAX 48

typedef struct pawl_option {
        const char *name;
        size_t at; /* of a `bool`, or of a `const char *` that borrows from argv */
        bool is_flag;
} pawl_option;

#define PAWL_FLAG(name, type, member)                                                              \
        {                                                                                          \
                name, offsetof(type, member), true                                                 \
        }
#define PAWL_TEXT(name, type, member)                                                              \
        {                                                                                          \
                name, offsetof(type, member), false                                                \
        }

/* Fills `args` from argv; an option that stands twice counts as it stands last. Returns the index
 * of the first word that is no option, or -1 if one is wrong (said on stderr by getopt). */
int pawl_options_read(int argc, char **argv, const pawl_option *rows, size_t n, void *args);

/* The whole of a verb that takes options and no words: fills `args` and calls `work` with it.
 * Returns an exit status. */
int pawl_options_run(const pawl_verb *v, int argc, char **argv, const pawl_option *rows, size_t n,
        void *args, pawl_err (*work)(const void *args, pawl_diag *d));

#endif

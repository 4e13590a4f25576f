/* SPDX-License-Identifier: BSD-2-Clause */
/* One verb of the command line. Each stands in a file of its own, verb-NOUN-VERB.c, and in the
 * table of verbs.c. */
#ifndef PAWL_PAWL_VERB_H
#define PAWL_PAWL_VERB_H

#include "userspace/host/diag.h"

/* Exit status of every verb. */
enum {
        PAWL_EXIT_YES = 0,    /* yes, or done */
        PAWL_EXIT_NO = 1,     /* verified, and the answer is no */
        PAWL_EXIT_UNSURE = 2, /* could not tell, or could not do */
        PAWL_EXIT_USAGE = 64,
};

typedef struct pawl_verb {
        const char *noun, *verb; /* verb NULL: the noun has one meaning only ("pawl phase WORD") */
        const char *args;        /* "[OPTIONS] DEVICE" */
        const char *summary;     /* one line, no full stop */
        const char
                *help; /* options, one a line, and an example; fits a screen with the usage line */
        /* argv[0] is the verb; getopt_long works as usual. Returns an exit status. */
        int (*run)(int argc, char **argv);
} pawl_verb;

/* Prints the diag on stderr and gives the exit status that goes with it: USAGE for PAWL_ERR_USAGE,
 * else UNSURE. */
int pawl_verb_fail(const pawl_diag *d, pawl_err err);
/* "pawl NOUN VERB: REASON; see 'pawl NOUN VERB --help'" on stderr; returns PAWL_EXIT_USAGE. */
int pawl_verb_usage(const pawl_verb *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

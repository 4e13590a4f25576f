/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: `pawl NOUN VERB`. Help and completion come from the same table as the dispatch.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "userspace/pawl/verbs.h"
#include "userspace/token/fido2.h"
#include "userspace/token/pkcs11.h"
#include "userspace/token/recovery-key.h"

#ifndef PAWL_VERSION
#error "PAWL_VERSION comes from meson.build"
#endif

static void print_verbs(FILE *f)
{
        for (const pawl_verb *const *v = pawl_verbs; *v; v++)
                (void)fprintf(f, "  %-6s %-14s %s\n", (*v)->noun, (*v)->verb ? (*v)->verb : "",
                        (*v)->summary);
}

static int print_verb_help(const pawl_verb *v)
{
        (void)printf("pawl %s%s%s %s\n%s.\n\n%s", v->noun, v->verb ? " " : "",
                v->verb ? v->verb : "", v->args, v->summary, v->help);
        return PAWL_EXIT_YES;
}

static int print_help(void)
{
        (void)printf("pawl NOUN VERB [OPTIONS] …\nMeasured boot and TPM trust chain.\n\n");
        print_verbs(stdout);
        (void)printf(
                "\nExit status: 0 yes or done, 1 verified no, 2 could not tell or do, 64 usage.\n"
                "Example: pawl uki measure --json linux.efi\n"
                "'pawl NOUN VERB --help' tells the options of a verb.\n");
        return PAWL_EXIT_YES;
}

static int complain(void)
{
        (void)fprintf(stderr, "pawl: no such command; these exist:\n");
        print_verbs(stderr);
        return PAWL_EXIT_USAGE;
}

static const pawl_verb *find_verb(const char *noun, const char *verb)
{
        for (const pawl_verb *const *v = pawl_verbs; *v; v++)
                if (strcmp((*v)->noun, noun) == 0 &&
                        (!(*v)->verb || (verb && strcmp((*v)->verb, verb) == 0)))
                        return *v;
        return NULL;
}

static bool is_help(const char *arg)
{
        return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static bool wants_help(int argc, char **argv)
{
        for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
                if (is_help(argv[i]))
                        return true;
        return false;
}

int main(int argc, char **argv)
{
        const pawl_verb *v;
        int skip;

        if (argc >= 2 && is_help(argv[1]))
                return print_help();
        if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
                (void)printf("pawl " PAWL_VERSION " %cfido2 %cp11kit %cqrencode\n",
                        pawl_fido2_is_built_in() ? '+' : '-', pawl_pkcs11_is_built_in() ? '+' : '-',
                        pawl_qr_is_built_in() ? '+' : '-');
                return PAWL_EXIT_YES;
        }
        v = argc >= 2 ? find_verb(argv[1], argc > 2 ? argv[2] : NULL) : NULL;
        if (!v)
                return complain();
        skip = v->verb ? 2 : 1;
        if (wants_help(argc - skip, argv + skip))
                return print_verb_help(v);
        return v->run(argc - skip, argv + skip);
}

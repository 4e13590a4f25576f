/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/options.h"

#include <getopt.h>
#include <stdint.h>

#define FIRST 0x100 /* `val` of the first row: no character */

static void fill(const pawl_option *row, void *args, const char *text)
{
        char *base = args;

        if (row->is_flag)
                *(bool *)(void *)(base + row->at) = true;
        else
                *(const char **)(void *)(base + row->at) = text;
}

int pawl_options_read(int argc, char **argv, const pawl_option *rows, size_t n, void *args)
{
        struct option options[PAWL_OPTIONS_MAX + 1] = { 0 };
        int c;

        if (n > PAWL_OPTIONS_MAX)
                return -1;
        for (size_t i = 0; i < n; i++)
                options[i] = (struct option){ rows[i].name,
                        rows[i].is_flag ? no_argument : required_argument, NULL, FIRST + (int)i };
        while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (c < FIRST)
                        return -1;
                fill(&rows[c - FIRST], args, optarg);
        }
        return optind;
}

int pawl_options_run(const pawl_verb *v, int argc, char **argv, const pawl_option *rows, size_t n,
        void *args, pawl_err (*work)(const void *args, pawl_diag *d))
{
        pawl_diag d = { 0 };
        int first = pawl_options_read(argc, argv, rows, n, args);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (first != argc)
                return pawl_verb_usage(v, "no words are wanted");
        err = work(args, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

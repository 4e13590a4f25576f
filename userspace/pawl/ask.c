/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/disk.h"

/* A wrong PIN from a file is not tried twice: the next call asks the person. */
static pawl_err ask_pin(void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        pawl_terminal *t = ctx;
        const char *file = t->pin_file;
        char question[192];
        pawl_err err;

        if (tries_left >= 0)
                (void)snprintf(
                        question, sizeof(question), "PIN of %s (%d tries left):", what, tries_left);
        else
                (void)snprintf(question, sizeof(question), "PIN of %s:", what);
        pawl_text_sanitize(question);
        t->pin_file = NULL;
        err = pawl_secret_obtain(file, "PIN", question, ret, d);
        /* that nobody is there says nothing about the token */
        return err == PAWL_ERR_NOT_FOUND && !file ? PAWL_ERR_CANCELLED : err;
}

static void say(void *ctx, const char *text)
{
        (void)ctx;
        pawl_say("%s", text);
}

void pawl_terminal_init(pawl_terminal *ret, const char *pin_file)
{
        *ret = (pawl_terminal){ .pin_file = pin_file };
        ret->ask = (pawl_ask){ .ctx = ret, .pin = ask_pin, .say = say };
}

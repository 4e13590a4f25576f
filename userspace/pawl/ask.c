/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/disk.h"

/* From the file or the variable, kept: the same PIN may serve several tokens of a volume. */
static pawl_err get_given(pawl_terminal *t, const char *question, pawl_secret *ret, pawl_diag *d)
{
        t->is_spent = true;
        if (t->given.len == 0)
                PAWL_TRY(pawl_secret_obtain(t->pin_file, "PIN", question, &t->given, d));
        return pawl_secret_dup(pawl_secret_span(&t->given), ret);
}

bool pawl_terminal_has_given(const pawl_terminal *t)
{
        return !t->is_spent && (t->given.len > 0 || t->pin_file || secure_getenv("PIN"));
}

/* A wrong PIN from a file is not tried twice: the next call asks the person. */
static pawl_err ask_pin(void *ctx, const char *what, int tries_left, pawl_secret *ret, pawl_diag *d)
{
        pawl_terminal *t = ctx;
        char question[256];
        pawl_err err;

        if (tries_left >= 0)
                (void)snprintf(
                        question, sizeof(question), "PIN of %s (%d tries left):", what, tries_left);
        else
                (void)snprintf(question, sizeof(question), "PIN of %s:", what);
        pawl_text_sanitize(question);
        if (pawl_terminal_has_given(t))
                return get_given(t, question, ret, d);
        err = pawl_secret_obtain(NULL, NULL, question, ret, d);
        /* that nobody is there says nothing about the token */
        return err == PAWL_ERR_NOT_FOUND ? PAWL_ERR_CANCELLED : err;
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

void pawl_terminal_done(pawl_terminal *t)
{
        pawl_secret_done(&t->given);
}

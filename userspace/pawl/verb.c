/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/verb.h"

#include <stdarg.h>
#include <stdio.h>

#include "userspace/host/output.h"

int pawl_verb_fail(const pawl_diag *d, pawl_err err)
{
        pawl_say("%s", d && d->text[0] != '\0' ? d->text : pawl_err_text(err));
        return err == PAWL_ERR_USAGE ? PAWL_EXIT_USAGE : PAWL_EXIT_UNSURE;
}

int pawl_verb_usage(const pawl_verb *v, const char *fmt, ...)
{
        const char *blank = v->verb ? " " : "", *verb = v->verb ? v->verb : "";
        char reason[512];
        va_list ap;

        va_start(ap, fmt);
        if (vsnprintf(reason, sizeof(reason), fmt, ap) < 0)
                reason[0] = '\0';
        va_end(ap);
        pawl_text_sanitize(reason);
        (void)fprintf(stderr, "pawl %s%s%s: %s; see 'pawl %s%s%s --help'\n", v->noun, blank, verb,
                reason, v->noun, blank, verb);
        return PAWL_EXIT_USAGE;
}

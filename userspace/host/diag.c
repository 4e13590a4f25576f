/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pawl_text_sanitize(char *text)
{
        for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
                if (*p < 0x20 || *p == 0x7f)
                        *p = '?';
                /* U+0080 to U+009F in UTF-8: some terminals act on them */
                if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
                        p[0] = p[1] = '?';
        }
}

__attribute__((format(printf, 3, 0))) static void diag_vset(
        pawl_diag *d, pawl_err err, const char *fmt, va_list ap)
{
        d->err = err;
        if (vsnprintf(d->text, sizeof(d->text), fmt, ap) < 0)
                d->text[0] = '\0';
        pawl_text_sanitize(d->text);
}

static void diag_append(pawl_diag *d, const char *text)
{
        size_t n = strlen(d->text);

        (void)snprintf(d->text + n, sizeof(d->text) - n, ": %s", text);
}

pawl_err pawl_fail(pawl_diag *d, pawl_err err, const char *fmt, ...)
{
        va_list ap;

        if (!d)
                return err;
        va_start(ap, fmt);
        diag_vset(d, err, fmt, ap);
        va_end(ap);
        return err;
}

static pawl_err err_from_errno(int errnum)
{
        switch (errnum) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
                return PAWL_ERR_NOT_FOUND;
        case EACCES:
        case EPERM:
        case EROFS:
                return PAWL_ERR_DENIED;
        case ENOMEM:
                return PAWL_ERR_NO_MEMORY;
        case EEXIST:
                return PAWL_ERR_EXISTS;
        case EBUSY:
                return PAWL_ERR_BUSY;
        case ETIMEDOUT:
                return PAWL_ERR_TIMEOUT;
        case ENOSPC:
                return PAWL_ERR_NO_SPACE;
        default:
                return PAWL_ERR_IO;
        }
}

pawl_err pawl_fail_errno(pawl_diag *d, int errnum, const char *fmt, ...)
{
        pawl_err err = err_from_errno(errnum);
        va_list ap;

        if (!d)
                return err;
        va_start(ap, fmt);
        diag_vset(d, err, fmt, ap);
        va_end(ap);
        diag_append(d, strerror(errnum));
        return err;
}

pawl_err pawl_fail_prefix(pawl_diag *d, pawl_err err, const char *fmt, ...)
{
        char old[PAWL_DIAG_SIZE];
        va_list ap;

        if (!d || err == PAWL_OK)
                return err;
        (void)snprintf(old, sizeof(old), "%s", d->text[0] != '\0' ? d->text : pawl_err_text(err));
        va_start(ap, fmt);
        diag_vset(d, err, fmt, ap);
        va_end(ap);
        diag_append(d, old);
        return err;
}

const char *pawl_diag_text(const pawl_diag *d)
{
        return d->text[0] != '\0' ? d->text : pawl_err_text(d->err);
}

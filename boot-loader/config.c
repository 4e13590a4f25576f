/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"
#include "efi-common/text.h"
#include "efi-common/variables.h"

#define TEXT_UNITS_MAX (PAWL_GLOB_MAX + 1) /* UTF-16 units of a variable that is read, with NUL */

/* ": line 7: what" */
static void tell_line(pawl_loader *l, const pawl_conf_diag *diag)
{
        char line[32];
        pawl_writer w = pawl_writer_of(line, sizeof(line));

        if (pawl_write_str(&w, ":") != PAWL_OK || pawl_write_decimal(&w, diag->line) != PAWL_OK ||
                pawl_write_str(&w, ": ") != PAWL_OK || pawl_write_u8(&w, 0) != PAWL_OK)
                return;
        pawl_loader_say(l, PAWL_LOADER_CONF_PATH, line, diag->what, "; this line is not used");
}

/* A file that could not be measured is not used. */
static pawl_err use_conf(pawl_loader *l, pawl_span text)
{
        pawl_loader_conf conf;
        pawl_conf_diag diag;
        pawl_measurement item = pawl_loader_conf_measurement(text);

        PAWL_TRY(pawl_measuring_item(&l->measuring, &item));
        if (pawl_loader_conf_read(text, &conf, &diag) != PAWL_OK)
                tell_line(l, &diag);
        l->timeout = conf.timeout;
        l->may_edit = conf.editor;
        pawl_copy(l->conf_default, conf.default_pattern.data, conf.default_pattern.len);
        return PAWL_OK;
}

static pawl_err read_conf_of(pawl_loader *l, size_t size)
{
        const pawl_platform *p = l->platform;
        void *buf;
        pawl_err err;

        /* an empty file needs a buffer too */
        PAWL_TRY(p->allocate(p->ctx, size + 1, &buf));
        err = p->file_read(p->ctx, PAWL_LOADER_CONF_PATH, 0, buf, size);
        if (err == PAWL_OK)
                err = use_conf(l, pawl_span_of(buf, size));
        p->free(p->ctx, buf, size + 1);
        return err;
}

static pawl_err read_conf(pawl_loader *l)
{
        const pawl_platform *p = l->platform;
        uint64_t size;
        pawl_err err = p->file_size(p->ctx, PAWL_LOADER_CONF_PATH, &size);

        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        if (size > PAWL_LOADER_CONF_SIZE_MAX)
                return PAWL_ERR_LIMIT;
        return read_conf_of(l, (size_t)size);
}

/* A text variable, as ASCII; empty if there is none or if it cannot be one. */
static void read_variable(pawl_loader *l, const char *name, char *ret, size_t size)
{
        const pawl_platform *p = l->platform;
        uint16_t value[TEXT_UNITS_MAX];
        size_t len = 0;

        ret[0] = '\0';
        if (p->get_variable(p->ctx, PAWL_VENDOR_LOADER, name, value, sizeof(value), &len) !=
                PAWL_OK)
                return;
        if (pawl_ascii_from_utf16(value, len / sizeof(value[0]), ret, size) != PAWL_OK)
                ret[0] = '\0';
}

/* A variable for this boot only. One that cannot be taken away is not used: the machine would never
 * get out of it. */
static void take_variable(pawl_loader *l, const char *name, char *ret, size_t size)
{
        const pawl_platform *p = l->platform;
        size_t len;
        pawl_err err = p->get_variable_size(p->ctx, PAWL_VENDOR_LOADER, name, &len);

        ret[0] = '\0';
        if (err == PAWL_ERR_NOT_FOUND)
                return;
        read_variable(l, name, ret, size);
        err = pawl_variable_drop(p, name);
        if (err == PAWL_OK)
                return;
        ret[0] = '\0';
        pawl_loader_say(l, "EFI variable ", name,
                " cannot be deleted and is not used: ", pawl_err_text(err));
}

static void use_timeout(pawl_loader *l, const char *name, const char *text)
{
        uint32_t timeout;

        if (text[0] == '\0')
                return;
        if (pawl_loader_timeout_parse(pawl_span_str(text), &timeout) == PAWL_OK)
                l->timeout = timeout;
        else
                pawl_loader_say(l, "EFI variable ", name, " is no timeout and is not used", NULL);
}

static void read_variables(pawl_loader *l)
{
        char timeout[32];

        read_variable(l, "LoaderConfigTimeout", timeout, sizeof(timeout));
        use_timeout(l, "LoaderConfigTimeout", timeout);
        take_variable(l, "LoaderConfigTimeoutOneShot", timeout, sizeof(timeout));
        use_timeout(l, "LoaderConfigTimeoutOneShot", timeout);
        read_variable(l, "LoaderEntryDefault", l->var_default, sizeof(l->var_default));
        take_variable(l, "LoaderEntryOneShot", l->oneshot, sizeof(l->oneshot));
}

void pawl_loader_configure(pawl_loader *l)
{
        pawl_err err;

        l->timeout = PAWL_TIMEOUT_MENU_HIDDEN;
        l->may_edit = true;
        err = read_conf(l);
        if (err != PAWL_OK) {
                /* it might say that nobody may edit */
                l->may_edit = false;
                pawl_loader_say(l, PAWL_LOADER_CONF_PATH " is not used: ", pawl_err_text(err),
                        err == PAWL_ERR_LIMIT ? "; next: make it shorter than 64 KiB" : NULL, NULL);
        }
        read_variables(l);
        /* an edited command line would not be used by the stub (systemd-stub(7)) */
        if (pawl_is_secure_boot(l->platform))
                l->may_edit = false;
}

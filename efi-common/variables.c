/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/variables.h"

#include "efi-common/text.h"

pawl_err pawl_variable_put_bytes(const pawl_platform *p, const char *name, pawl_span bytes)
{
        pawl_err err = p->set_variable(
                p->ctx, PAWL_VENDOR_LOADER, name, bytes, /* is_lasting= */ false);

        if (err == PAWL_OK)
                return PAWL_OK;
        PAWL_TRY(pawl_variable_drop(p, name));
        return p->set_variable(p->ctx, PAWL_VENDOR_LOADER, name, bytes, /* is_lasting= */ false);
}

pawl_err pawl_variable_put_text(const pawl_platform *p, const char *name, const char *text)
{
        uint8_t value[2 * PAWL_PATH_MAX];
        pawl_writer w = pawl_writer_of(value, sizeof(value));

        if (pawl_utf16_write(&w, pawl_span_str(text)) != PAWL_OK ||
                pawl_write_le16(&w, 0) != PAWL_OK)
                return PAWL_ERR_LIMIT;
        return pawl_variable_put_bytes(p, name, pawl_written(&w));
}

/* Firmware takes the same bytes again only with the attributes that the variable has: one that
 * lasts over a reset is no earlier stage's, but was left behind by whoever could write variables.
 */
static bool is_of_this_boot(const pawl_platform *p, const char *name)
{
        uint8_t value[2 * PAWL_PATH_MAX];
        size_t len = 0;

        if (p->get_variable(p->ctx, PAWL_VENDOR_LOADER, name, value, sizeof(value), &len) !=
                        PAWL_OK ||
                len == 0)
                return false;
        return p->set_variable(p->ctx, PAWL_VENDOR_LOADER, name, pawl_span_of(value, len),
                       /* is_lasting= */ false) == PAWL_OK;
}

pawl_err pawl_variable_offer_text(const pawl_platform *p, const char *name, const char *text)
{
        if (is_of_this_boot(p, name))
                return PAWL_OK;
        return text[0] ? pawl_variable_put_text(p, name, text) : pawl_variable_drop(p, name);
}

pawl_err pawl_variable_drop(const pawl_platform *p, const char *name)
{
        pawl_err err = p->set_variable(
                p->ctx, PAWL_VENDOR_LOADER, name, PAWL_SPAN_NULL, /* is_lasting= */ false);

        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

bool pawl_is_secure_boot(const pawl_platform *p)
{
        uint8_t value = 0;
        size_t len = 0;
        pawl_err err = p->get_variable(
                p->ctx, PAWL_VENDOR_GLOBAL, "SecureBoot", &value, sizeof(value), &len);

        if (err == PAWL_ERR_NOT_FOUND)
                return false;
        return err != PAWL_OK || len != 1 || value != 0;
}

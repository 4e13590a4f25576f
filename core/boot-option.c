/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-option.h"

/* Up to a NUL, which is taken off too. */
static pawl_err read_text(pawl_reader *r, pawl_span *ret)
{
        const pawl_span all = r->left;
        uint16_t unit;

        do {
                PAWL_TRY(pawl_read_le16(r, &unit));
        } while (unit != 0);
        return pawl_span_slice(all, 0, all.len - r->left.len - 2, ret);
}

pawl_err pawl_boot_option_read(pawl_span variable, pawl_boot_option *ret)
{
        pawl_reader r = pawl_reader_of(variable);
        pawl_boot_option o;
        uint16_t path_len;

        PAWL_TRY(pawl_read_le32(&r, &o.attributes));
        PAWL_TRY(pawl_read_le16(&r, &path_len));
        PAWL_TRY(read_text(&r, &o.description));
        PAWL_TRY(pawl_read_bytes(&r, path_len, &o.path));
        o.data = r.left;
        *ret = o;
        return PAWL_OK;
}

bool pawl_is_boot_option_name(const char *name)
{
        const char *p = name + 4;

        if (!pawl_span_has_prefix(pawl_span_str(name), PAWL_SPAN_LITERAL("Boot")))
                return false;
        while ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'F'))
                p++;
        return *p == '\0' && p == name + 8;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/initrd.h"

#define ALIGNMENT 4u

static size_t padding_of(size_t len)
{
        return (ALIGNMENT - len % ALIGNMENT) % ALIGNMENT;
}

pawl_err pawl_initrd_total(const pawl_span *parts, size_t n_parts, size_t *ret)
{
        size_t total = 0;

        for (size_t i = 0; i < n_parts; i++) {
                size_t padding = padding_of(parts[i].len);

                if (parts[i].len > SIZE_MAX - padding || total > SIZE_MAX - parts[i].len - padding)
                        return PAWL_ERR_LIMIT;
                total += parts[i].len + padding;
        }
        *ret = total;
        return PAWL_OK;
}

pawl_err pawl_initrd_write(pawl_writer *w, const pawl_span *parts, size_t n_parts)
{
        pawl_writer copy = *w;

        for (size_t i = 0; i < n_parts; i++) {
                PAWL_TRY(pawl_write_bytes(&copy, parts[i]));
                PAWL_TRY(pawl_write_zeros(&copy, padding_of(parts[i].len)));
        }
        *w = copy;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cred-name.h"

bool pawl_cred_name_is_valid(pawl_span name)
{
        if (name.len == 0 || name.len >= PAWL_CRED_NAME_MAX)
                return false;
        if (pawl_span_equal(name, PAWL_SPAN_LITERAL(".")) ||
                pawl_span_equal(name, PAWL_SPAN_LITERAL("..")))
                return false;
        for (size_t i = 0; i < name.len; i++)
                if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '/' ||
                        name.data[i] == ':')
                        return false;
        return true;
}

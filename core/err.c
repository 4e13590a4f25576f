/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/err.h"

const char *pawl_err_text(pawl_err err)
{
        switch (err) {
#define PAWL_ERR_CASE(name, value, text)                                                           \
        case PAWL_ERR_##name:                                                                      \
                return text;
                PAWL_ERRORS(PAWL_ERR_CASE)
#undef PAWL_ERR_CASE
        }
        return "unknown error";
}

const char *pawl_err_name(pawl_err err)
{
        switch (err) {
#define PAWL_ERR_CASE(name, value, text)                                                           \
        case PAWL_ERR_##name:                                                                      \
                return #name;
                PAWL_ERRORS(PAWL_ERR_CASE)
#undef PAWL_ERR_CASE
        }
        return "UNKNOWN";
}

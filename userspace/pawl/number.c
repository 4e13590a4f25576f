/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/number.h"

#include <string.h>

/* Bits that a unit shifts by; -1 if it is none. */
static int unit_shift(const char *unit)
{
        static const char units[] = "KMG";
        const char *at;

        if (unit[0] == '\0')
                return 0;
        at = unit[1] == '\0' ? strchr(units, unit[0]) : NULL;
        return at ? 10 * (int)(at - units + 1) : -1;
}

bool pawl_number_parse(const char *text, uint64_t max, uint64_t *ret)
{
        uint64_t n = 0;
        const char *p = text;
        int shift;

        for (; *p >= '0' && *p <= '9'; p++) {
                n = n * 10 + (uint64_t)(*p - '0');
                if (n > max)
                        return false;
        }
        shift = unit_shift(p);
        if (p == text || shift < 0 || n > max >> shift)
                return false;
        *ret = n << shift;
        return true;
}

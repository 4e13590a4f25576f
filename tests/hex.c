/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t nibble(char c)
{
        if (c >= '0' && c <= '9')
                return (uint8_t)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (uint8_t)(c - 'a' + 10);
        fail_msg("not a hex digit: %c", c);
        return 0;
}

size_t hex_decode(const char *text, uint8_t *ret, size_t size)
{
        size_t n = 0;

        for (; text[2 * n] != '\0'; n++) {
                assert_true(n < size);
                ret[n] = (uint8_t)(nibble(text[2 * n]) << 4 | nibble(text[2 * n + 1]));
        }
        return n;
}

void assert_hex(pawl_span bytes, const char *hex)
{
        uint8_t want[1024];
        size_t n = hex_decode(hex, want, sizeof(want));

        assert_int_equal(bytes.len, n);
        assert_memory_equal(bytes.data, want, n);
}

uint8_t *exact_copy(pawl_span s)
{
        uint8_t *p = malloc(s.len > 0 ? s.len : 1);

        assert_non_null(p);
        pawl_copy(p, s.data, s.len);
        return p;
}

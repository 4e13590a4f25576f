/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/version.h"
#include "tests/hex.h"

typedef struct row {
        const char *a;
        char relation;
        const char *b;
} row;

/* The examples of UAPI.10, and what `systemd-analyze compare-versions` says about the rest. */
static const row rows[] = {
        {"11",                    '=', "11"                   },
        { "systemd-123",          '=', "systemd-123"          },
        { "bar-123",              '<', "foo-123"              },
        { "123a",                 '>', "123"                  },
        { "123.a",                '>', "123"                  },
        { "123.a",                '<', "123.b"                },
        { "123a",                 '>', "123.a"                },
        { "11\xce\xb1",           '=', "11\xce\xb2"           },
        { "B",                    '<', "a"                    },
        { "",                     '<', "0"                    },
        { "0.",                   '>', "0"                    },
        { "0.0",                  '>', "0"                    },
        { "0",                    '>', "~"                    },
        { "",                     '>', "~"                    },
        { "1_",                   '=', "1"                    },
        { "_1",                   '=', "1"                    },
        { "1_",                   '<', "1.2"                  },
        { "1_2_3",                '>', "1.3.3"                },
        { "1+",                   '=', "1"                    },
        { "1+",                   '<', "1.2"                  },
        { "1+2+3",                '>', "1.3.3"                },
        { "122.1",                '<', "123~rc1-1"            },
        { "123~rc1-1",            '<', "123"                  },
        { "123",                  '<', "123-a"                },
        { "123-a",                '<', "123-a.1"              },
        { "123-a.1",              '<', "123-1"                },
        { "123-1",                '<', "123-1.1"              },
        { "123-1.1",              '<', "123^post1"            },
        { "123^post1",            '<', "123.a-1"              },
        { "123.a-1",              '<', "123.1-1"              },
        { "123.1-1",              '<', "123a-1"               },
        { "123a-1",               '<', "124-1"                },
        { "00123",                '=', "123"                  },
        { "6.1.0-9-amd64",        '<', "6.1.0-10-amd64"       },
        { "1.0~~",                '<', "1.0~~a"               },
        { "99999999999999999999", '<', "100000000000000000000"},
        { "12 (bookworm)",        '<', "13 (trixie)"          },
        { "a$b",                  '<', "ab"                   },
};

static int expected(const row *r)
{
        return r->relation == '=' ? 0 : r->relation == '<' ? -1 : 1;
}

static int compare_exact(const char *a, const char *b)
{
        pawl_span x = pawl_span_str(a), y = pawl_span_str(b);
        uint8_t *copy_a = exact_copy(x), *copy_b = exact_copy(y);
        int r = pawl_version_compare(pawl_span_of(copy_a, x.len), pawl_span_of(copy_b, y.len));

        free(copy_a);
        free(copy_b);
        return r;
}

static void test_vectors(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (compare_exact(rows[i].a, rows[i].b) != expected(&rows[i]))
                        print_error("%s %c %s\n", rows[i].a, rows[i].relation, rows[i].b);
                assert_int_equal(compare_exact(rows[i].a, rows[i].b), expected(&rows[i]));
                assert_int_equal(compare_exact(rows[i].b, rows[i].a), -expected(&rows[i]));
                assert_int_equal(compare_exact(rows[i].a, rows[i].a), 0);
        }
}

/* All strings of up to four characters over a small alphabet, walked by a counter. */
static const char alphabet[] = "01aB.-~^+";

static void nth_string(size_t n, char *ret)
{
        size_t len = 0;

        for (; n > 0; n /= sizeof(alphabet) - 1)
                ret[len++] = alphabet[n % (sizeof(alphabet) - 1)];
        ret[len] = '\0';
}

static void test_is_an_order(void **state)
{
        char a[8], b[8], c[8];
        uint32_t seed = 1;

        (void)state;
        for (int i = 0; i < 200000; i++) {
                seed = seed * 1664525 + 1013904223;
                nth_string(seed >> 8 & 0x1fff, a);
                seed = seed * 1664525 + 1013904223;
                nth_string(seed >> 8 & 0x1fff, b);
                seed = seed * 1664525 + 1013904223;
                nth_string(seed >> 8 & 0x1fff, c);
                int ab = pawl_version_compare(pawl_span_str(a), pawl_span_str(b));
                int bc = pawl_version_compare(pawl_span_str(b), pawl_span_str(c));
                int ac = pawl_version_compare(pawl_span_str(a), pawl_span_str(c));

                assert_int_equal(ab, -pawl_version_compare(pawl_span_str(b), pawl_span_str(a)));
                if (ab <= 0 && bc <= 0 && ac > 0)
                        print_error("%s <= %s <= %s\n", a, b, c);
                assert_false(ab <= 0 && bc <= 0 && ac > 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
                cmocka_unit_test(test_is_an_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

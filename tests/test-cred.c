/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a credential that need no TPM: kinds, header, key pair, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/cred/crypt.h"
#include "userspace/cred/hpke.h"
#include "userspace/cred/when.h"

static pawl_buffer bytes_of(const char *hex)
{
        pawl_buffer b = { 0 };

        assert_int_equal(pawl_hex_decode(pawl_span_str(hex), &b), PAWL_OK);
        return b;
}

/* RFC 9180, A.7.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export only, base mode; the value that
 * is exported with an empty context. */
static void test_hpke_vector(void **state)
{
        pawl_autobuffer pawl_buffer private = bytes_of(
                "33d196c830a12f9ac65d6e565a590d80f04ee9b19c83c87f2c170d972a812848");
        pawl_autobuffer pawl_buffer enc = bytes_of(
                "e5e8f9bfff6c2f29791fc351d2c25ce1299aa5eaca78a757c0b4fb4bcd830918");
        pawl_autobuffer pawl_buffer info = bytes_of("4f6465206f6e2061204772656369616e2055726e");
        pawl_autosecret pawl_secret key = { 0 };

        (void)state;
        assert_int_equal(pawl_hpke_receive(pawl_buffer_span(&private), pawl_buffer_span(&enc),
                                 pawl_buffer_span(&info), &key),
                PAWL_OK);
        assert_hex(pawl_secret_span(&key),
                "7a36221bd56d50fb51ee65edfd98d06a23c4dc87085aa5866cb7087244bd2a36");
}

static void test_hpke_both_sides(void **state)
{
        pawl_autosecret pawl_secret private = { 0 }, sent = { 0 }, received = { 0 }, other = { 0 };
        uint8_t public[PAWL_HPKE_KEY_SIZE], enc[PAWL_HPKE_KEY_SIZE];
        pawl_span info = PAWL_SPAN_LITERAL("info");

        (void)state;
        assert_int_equal(pawl_hpke_generate(&private, public), PAWL_OK);
        assert_int_equal(
                pawl_hpke_send(pawl_span_of(public, sizeof(public)), info, enc, &sent), PAWL_OK);
        assert_int_equal(pawl_hpke_receive(pawl_secret_span(&private),
                                 pawl_span_of(enc, sizeof(enc)), info, &received),
                PAWL_OK);
        assert_true(pawl_span_equal(pawl_secret_span(&sent), pawl_secret_span(&received)));
        assert_int_equal(pawl_hpke_receive(pawl_secret_span(&private),
                                 pawl_span_of(enc, sizeof(enc)), PAWL_SPAN_LITERAL("else"), &other),
                PAWL_OK);
        assert_false(pawl_span_equal(pawl_secret_span(&sent), pawl_secret_span(&other)));
}

/* Points of small order would give a secret that everybody knows. */
static void test_hpke_bad_points(void **state)
{
        static const char *const points[] = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        };
        pawl_autosecret pawl_secret private = { 0 };
        uint8_t public[PAWL_HPKE_KEY_SIZE], enc[PAWL_HPKE_KEY_SIZE];

        (void)state;
        assert_int_equal(pawl_hpke_generate(&private, public), PAWL_OK);
        for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
                pawl_autobuffer pawl_buffer point = bytes_of(points[i]);
                pawl_autosecret pawl_secret key = { 0 };

                assert_int_equal(
                        pawl_hpke_send(pawl_buffer_span(&point), PAWL_SPAN_NULL, enc, &key),
                        PAWL_ERR_CRYPTO);
                assert_int_equal(pawl_hpke_receive(pawl_secret_span(&private),
                                         pawl_buffer_span(&point), PAWL_SPAN_NULL, &key),
                        PAWL_ERR_CRYPTO);
        }
}

static void test_types(void **state)
{
        static const struct {
                const char *key;
                unsigned with;
                bool found;
        } rows[] = {
                {"null",                       0,                                true },
                { "null",                      PAWL_CRED_SRK,                    true },
                { "null",                      PAWL_CRED_SCOPED,                 false},
                { "host",                      PAWL_CRED_SCOPED | PAWL_CRED_SRK, true },
                { "tpm2",                      PAWL_CRED_SRK,                    true },
                { "tpm2",                      0,                                true },
                { "tpm2",                      PAWL_CRED_SCOPED | PAWL_CRED_SRK, false},
                { "host+tpm2",                 PAWL_CRED_SCOPED,                 true },
                { "host+tpm2-with-public-key", PAWL_CRED_SCOPED | PAWL_CRED_SRK, true },
                { "store",                     PAWL_CRED_SRK,                    true },
                { "tpm",                       PAWL_CRED_SRK,                    false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const pawl_cred_type *t = pawl_cred_type_of_key(rows[i].key, rows[i].with);

                assert_int_equal(t != NULL, rows[i].found);
                if (t)
                        assert_ptr_equal(
                                t, pawl_cred_type_of_id(pawl_span_of(t->id, PAWL_CRED_ID_SIZE)));
        }
        assert_null(pawl_cred_type_of_id(PAWL_SPAN_LITERAL("sixteen bytes...")));
}

/* systemd's own: HMAC-SHA256(key, flags | uid | machine id | name with NUL). */
static void test_scope(void **state)
{
        const pawl_cred_scope a = {
                .uid = 1000, .user = "somebody", .machine_id = {1, 2, 3}
        };
        const pawl_cred_scope b = {
                .uid = 1001, .user = "somebody", .machine_id = {1, 2, 3}
        };
        pawl_autobuffer pawl_buffer expected = bytes_of(
                "3b6921d78b5c173880550b9bc9ccaba38990f29cc202bdf7bbd2c1793093aa1a");
        pawl_autosecret pawl_secret ka = { 0 }, kb = { 0 }, plain = { 0 };

        (void)state;
        assert_int_equal(pawl_cred_data_key(PAWL_SPAN_NULL, PAWL_SPAN_NULL, NULL, &plain), PAWL_OK);
        assert_int_equal(pawl_cred_scope_bind(&a, pawl_secret_span(&plain), &ka), PAWL_OK);
        assert_int_equal(pawl_cred_scope_bind(&b, pawl_secret_span(&plain), &kb), PAWL_OK);
        assert_true(pawl_span_equal(pawl_secret_span(&ka), pawl_buffer_span(&expected)));
        assert_false(pawl_span_equal(pawl_secret_span(&ka), pawl_secret_span(&kb)));
}

static void test_when(void **state)
{
        const uint64_t s = 1000000, now = 1700000000 * s;
        const struct {
                const char *text;
                uint64_t value; /* 0: refused */
        } rows[] = {
                {"infinity",                 UINT64_MAX                 },
                { "never",                   UINT64_MAX                 },
                { "now",                     now                        },
                { "@1",                      s                          },
                { "+5",                      now + 5 * s                },
                { "+2h",                     now + 7200 * s             },
                { "+30d",                    now + (uint64_t)2592000 * s},
                { "2001-09-09 01:46:40 UTC", 1000000000 * s             },
                { "2001-09-09 01:46 UTC",    999999960 * s              },
                { "2001-09-09 UTC",          999993600 * s              },
                { "",                        0                          },
                { "@",                       0                          },
                { "@1x",                     0                          },
                { "@999999999999999999999",  0                          },
                { "+",                       0                          },
                { "+1fortnight",             0                          },
                { "2001-13-01",              0                          },
                { "2001-09-09 01:46:40 CET", 0                          },
                { "1969-12-31 UTC",          0                          },
        };
        char buf[PAWL_WHEN_SIZE];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint64_t v = 0;
                pawl_err err = pawl_when_parse(rows[i].text, now, &v, NULL);

                assert_int_equal(err, rows[i].value == 0 ? PAWL_ERR_USAGE : PAWL_OK);
                assert_true(v == rows[i].value);
        }
        assert_string_equal(pawl_when_text(1000000000 * s, buf), "2001-09-09 01:46:40 UTC");
        assert_string_equal(pawl_when_text(UINT64_MAX, buf), "never");
        assert_string_equal(pawl_when_text(UINT64_MAX - 1, buf), "@18446744073709");
}

/* That the format is systemd's is seen in tests/cred, where each opens what the other made. */
static void test_encryption(void **state)
{
        pawl_cred_envelope e = { .type = pawl_cred_type_of_key("host", 0) }, read;
        pawl_autosecret pawl_secret key = { 0 }, out = { 0 };
        pawl_autobuffer pawl_buffer bytes = { 0 };
        const pawl_span text = PAWL_SPAN_LITERAL("twenty bytes and a few more");

        (void)state;
        assert_int_equal(pawl_secret_random(PAWL_CRED_KEY_SIZE, &key), PAWL_OK);
        assert_int_equal(pawl_cred_encrypt(pawl_secret_span(&key), e, text, &bytes), PAWL_OK);
        assert_int_equal(pawl_cred_envelope_parse(pawl_buffer_span(&bytes), &read, NULL), PAWL_OK);
        assert_int_equal(pawl_cred_decrypt(pawl_secret_span(&key), &read, &out), PAWL_OK);
        assert_true(pawl_span_equal(pawl_secret_span(&out), text));
        key.data[0] ^= 1;
        pawl_secret_done(&out);
        assert_int_equal(pawl_cred_decrypt(pawl_secret_span(&key), &read, &out), PAWL_ERR_KEY);
        assert_null(out.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hpke_vector),
                cmocka_unit_test(test_hpke_both_sides),
                cmocka_unit_test(test_hpke_bad_points),
                cmocka_unit_test(test_types),
                cmocka_unit_test(test_scope),
                cmocka_unit_test(test_when),
                cmocka_unit_test(test_encryption),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* LUKS2 tokens that systemd 262 wrote (tests/corpus/token), read and written back; and what is
 * refused, with the field's name in the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/luks/token.h"

static void read_sample(const char *name, pawl_buffer *ret)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
        assert_int_equal(pawl_file_read(path, PAWL_TOKEN_JSON_MAX, ret, NULL), PAWL_OK);
}

static void parse_sample(const char *name, pawl_token *ret)
{
        pawl_autobuffer pawl_buffer text = { 0 };

        read_sample(name, &text);
        assert_int_equal(pawl_token_parse(pawl_buffer_span(&text), ret, NULL), PAWL_OK);
}

static void test_round_trip(void **state)
{
        static const char *const names[] = { "literal-0", "signed-0", "signedref-0", "signedlit-0",
                "pin-direct-0", "pin-argon-0", "recovery-0", "pkcs11-0", "pkcs11-1", "fido2-0",
                "fido2-248", "other", "extra", "pcrlock" };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                pawl_autobuffer pawl_buffer text = { 0 };
                pawl_autotoken pawl_token t = { 0 };
                pawl_autofree char *again = NULL;
                pawl_autojson json_object *a = NULL, *b = NULL;

                read_sample(names[i], &text);
                assert_int_equal(pawl_token_parse(pawl_buffer_span(&text), &t, NULL), PAWL_OK);
                assert_int_equal(pawl_token_format(&t, &again, NULL), PAWL_OK);
                assert_int_equal(pawl_json_parse(pawl_buffer_span(&text), &a, NULL), PAWL_OK);
                assert_int_equal(pawl_json_parse(pawl_span_str(again), &b, NULL), PAWL_OK);
                assert_true(json_object_equal(a, b));
        }
}

static void test_fields(void **state)
{
        pawl_autotoken pawl_token t = { 0 };

        (void)state;
        parse_sample("signedref-0", &t);
        assert_int_equal(t.kind, PAWL_TOKEN_TPM2);
        assert_int_equal(t.id, -1);
        assert_int_equal(t.n_keyslots, 1);
        assert_int_equal(t.keyslots[0], 1);
        assert_int_equal(t.tpm2.pcr_mask, 0);
        assert_int_equal(t.tpm2.public_key_mask, 1 << 11);
        assert_true(t.tpm2.has_bank);
        assert_int_equal(t.tpm2.bank, PAWL_ALG_SHA256);
        assert_false(t.tpm2.has_pin);
        assert_string_equal(t.tpm2.ref, "initrd");
        assert_true(pawl_span_has_prefix(pawl_buffer_span(&t.tpm2.public_key_pem),
                PAWL_SPAN_LITERAL("-----BEGIN PUBLIC KEY-----\n")));
        assert_hex(pawl_span_of(t.tpm2.policy.bytes, 32),
                "a636fcf891aec6fcdea6c53063630f09801b5ff9129dcf60b5a76a8317d2a4a8");
        assert_null(t.extra);
        pawl_token_done(&t);
        parse_sample("pin-argon-0", &t);
        assert_true(t.tpm2.has_pin);
        assert_int_equal(t.tpm2.salt.len, 32);
        assert_int_equal(t.tpm2.argon2_memory_bytes, 64 << 20);
        assert_int_equal(t.tpm2.argon2_iterations, 4);
        assert_int_equal(t.tpm2.argon2_lanes, 1);
        pawl_token_done(&t);
        parse_sample("extra", &t);
        assert_non_null(strstr(t.extra, "evidence"));
}

static void test_fields_of_other_kinds(void **state)
{
        pawl_autotoken pawl_token t = { 0 };

        (void)state;
        parse_sample("fido2-0", &t);
        assert_int_equal(t.kind, PAWL_TOKEN_FIDO2);
        assert_int_equal(t.fido2.credential.len, 64);
        assert_int_equal(t.fido2.salt.len, 32);
        assert_string_equal(t.fido2.rp, "io.systemd.cryptsetup");
        assert_int_equal(t.fido2.pin, PAWL_FIDO2_YES);
        assert_int_equal(t.fido2.presence, PAWL_FIDO2_YES);
        assert_int_equal(t.fido2.verification, PAWL_FIDO2_NO);
        assert_null(t.extra);
        pawl_token_done(&t);
        parse_sample("fido2-248", &t);
        assert_int_equal(t.fido2.pin, PAWL_FIDO2_UNSAID);
        assert_int_equal(t.fido2.presence, PAWL_FIDO2_UNSAID);
        assert_int_equal(t.fido2.verification, PAWL_FIDO2_UNSAID);
        pawl_token_done(&t);
        parse_sample("pkcs11-0", &t);
        assert_int_equal(t.kind, PAWL_TOKEN_PKCS11);
        assert_string_equal(t.pkcs11.uri, "pkcs11:token=pawl;id=%01");
        assert_int_equal(t.pkcs11.key.len, 256);
        assert_int_equal(t.pkcs11.padding, PAWL_PKCS11_OAEP_SHA1);
        pawl_token_done(&t);
        parse_sample("pkcs11-1", &t);
        assert_int_equal(t.pkcs11.key.len, 65);
        assert_int_equal(t.pkcs11.padding, PAWL_PKCS11_UNSAID);
}

static void test_refused(void **state)
{
        static const struct {
                const char *name;
                pawl_err err;
                const char *field;
        } rows[] = {
                {"shards",       PAWL_ERR_UNSUPPORTED, "tpm2-blob"       },
                { "shards-hash", PAWL_ERR_UNSUPPORTED, "tpm2-policy-hash"},
                { "slot-32",     PAWL_ERR_FORMAT,      "keyslots"        },
                { "slot-sign",   PAWL_ERR_FORMAT,      "keyslots"        },
                { "slot-text",   PAWL_ERR_FORMAT,      "keyslots"        },
                { "slot-number", PAWL_ERR_FORMAT,      "keyslots"        },
                { "pcr-24",      PAWL_ERR_FORMAT,      "tpm2-pcrs"       },
                { "pcr-twice",   PAWL_ERR_DUPLICATE,   "tpm2-pcrs"       },
                { "no-blob",     PAWL_ERR_MISSING,     "tpm2-blob"       },
                { "deep",        PAWL_ERR_FORMAT,      "JSON"            },
                { "nul",         PAWL_ERR_FORMAT,      "type"            },
                { "fido2-salt",  PAWL_ERR_FORMAT,      "fido2-salt"      },
                { "pkcs11-pad",  PAWL_ERR_UNSUPPORTED, "pkcs11-padding"  },
                { "pkcs11-file", PAWL_ERR_FORMAT,      "pkcs11-uri"      },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_autobuffer pawl_buffer text = { 0 };
                pawl_token t;
                pawl_diag d = { 0 };

                read_sample(rows[i].name, &text);
                assert_int_equal(pawl_token_parse(pawl_buffer_span(&text), &t, &d), rows[i].err);
                assert_non_null(strstr(d.text, rows[i].field));
        }
}

static bool is_one_of(const char *key, const char *const *keys)
{
        for (; *keys; keys++)
                if (strcmp(key, *keys) == 0)
                        return true;
        return false;
}

/* Fields that are switches, and fields in which any text may stand. */
static bool is_right(const char *key, const char *value)
{
        static const char *const switches[] = { "tpm2-pin", "tpm2_pcrlock",
                "fido2-clientPin-required", "fido2-up-required", "fido2-uv-required", NULL };
        static const char *const texts[] = { "type", "tpm2_pubkey_ref", "fido2-rp", NULL };

        return is_one_of(key, strcmp(value, "true") == 0 ? switches : texts) &&
               (strcmp(value, "true") == 0 || strcmp(value, "\"%\"") == 0);
}

/* Every field of every sample, once with each wrong type: refused by name, or harmless because it
 * is not ours. */
static void test_wrong_types(void **state)
{
        static const char *const names[] = { "signedref-0", "pin-argon-0", "pcrlock", "fido2-0",
                "pkcs11-0" };
        static const char *const values[] = { "null", "true", "1.5", "-1", "\"%\"", "[{}]", "{}" };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                pawl_autobuffer pawl_buffer text = { 0 };
                pawl_autojson json_object *o = NULL;

                read_sample(names[i], &text);
                assert_int_equal(pawl_json_parse(pawl_buffer_span(&text), &o, NULL), PAWL_OK);
                json_object_object_foreach(o, key, value)
                {
                        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
                                pawl_autojson json_object *bad = NULL;
                                pawl_token t;
                                pawl_diag d = { 0 };

                                (void)value;
                                if (is_right(key, values[k]))
                                        continue;
                                assert_int_equal(json_object_deep_copy(o, &bad, NULL), 0);
                                json_object_object_add(bad, key, json_tokener_parse(values[k]));
                                assert_int_not_equal(
                                        pawl_token_parse(
                                                pawl_span_str(json_object_to_json_string(bad)), &t,
                                                &d),
                                        PAWL_OK);
                                assert_non_null(strstr(d.text, key));
                        }
                }
        }
}

static void test_size_limit(void **state)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        pawl_token t;
        pawl_diag d = { 0 };

        (void)state;
        assert_int_equal(pawl_buffer_new(1 << 20, &text), PAWL_OK);
        for (size_t i = 0; i < text.len; i++)
                text.data[i] = '[';
        assert_int_equal(pawl_token_parse(pawl_buffer_span(&text), &t, &d), PAWL_ERR_LIMIT);
        assert_non_null(strstr(d.text, "1048576"));
        assert_int_equal(pawl_token_parse(PAWL_SPAN_NULL, &t, &d), PAWL_ERR_FORMAT);
}

static void test_truncated(void **state)
{
        pawl_autobuffer pawl_buffer text = { 0 };

        (void)state;
        read_sample("pin-argon-0", &text);
        for (size_t n = 0; n < text.len; n++) {
                pawl_autofree uint8_t *copy = exact_copy(pawl_span_of(text.data, n));
                pawl_token t;

                assert_int_not_equal(pawl_token_parse(pawl_span_of(copy, n), &t, NULL), PAWL_OK);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_fields),
                cmocka_unit_test(test_fields_of_other_kinds),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_wrong_types),
                cmocka_unit_test(test_size_limit),
                cmocka_unit_test(test_truncated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

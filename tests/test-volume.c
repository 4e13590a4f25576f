/* SPDX-License-Identifier: BSD-2-Clause */
/* A LUKS2 volume in an image file: keyslots and tokens come and go, the label and the key stay; and
 * the rule which ciphers a header may name. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/hex.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/luks/volume.h"

#define IMAGE_SIZE (20 << 20) /* bytes */

static char image[] = "/tmp/pawl-test-volume-XXXXXX";

static int make_image(void **state)
{
        int fd = mkstemp(image);

        (void)state;
        if (fd < 0 || ftruncate(fd, IMAGE_SIZE) < 0)
                return -1;
        return close(fd);
}

static int remove_image(void **state)
{
        (void)state;
        return unlink(image);
}

static void format(void)
{
        pawl_autovolume pawl_volume *v = NULL;
        pawl_diag d = { 0 };
        int slot = -1;

        assert_int_equal(pawl_volume_format(image, "pawl-unfinished", &v, &d), PAWL_OK);
        assert_true(pawl_volume_is_unlocked(v));
        assert_int_equal(
                pawl_volume_add_keyslot(v, PAWL_SPAN_LITERAL("random"), false, &slot, &d), PAWL_OK);
        assert_int_equal(slot, 0);
        assert_int_equal(pawl_volume_set_label(v, "state", &d), PAWL_OK);
        assert_int_equal(pawl_volume_flush(v, &d), PAWL_OK);
}

static void test_life(void **state)
{
        pawl_autovolume pawl_volume *v = NULL;
        pawl_diag d = { 0 };
        int slot = -1;

        (void)state;
        format();
        assert_int_equal(pawl_volume_open(image, &v, &d), PAWL_OK);
        assert_string_equal(pawl_volume_label(v), "state");
        assert_int_equal(strlen(pawl_volume_uuid(v)), 36);
        assert_int_equal(pawl_volume_check_crypto(v, &d), PAWL_OK);
        assert_int_equal(
                pawl_volume_unlock(v, -1, PAWL_SPAN_LITERAL("wrong"), NULL, &d), PAWL_ERR_KEY);
        assert_false(pawl_volume_is_unlocked(v));
        assert_int_equal(pawl_volume_unlock(v, 5, PAWL_SPAN_LITERAL("random"), NULL, &d),
                PAWL_ERR_NOT_FOUND);
        assert_int_equal(
                pawl_volume_unlock(v, -1, PAWL_SPAN_LITERAL("random"), &slot, &d), PAWL_OK);
        assert_int_equal(slot, 0);
        assert_int_equal(
                pawl_volume_add_keyslot(v, PAWL_SPAN_LITERAL("typed"), true, &slot, &d), PAWL_OK);
        assert_int_equal(slot, 1);
        assert_string_equal(pawl_volume_keyslot_kdf(v, 0), "pbkdf2");
        assert_string_equal(pawl_volume_keyslot_kdf(v, 1), "argon2id");
        assert_int_equal(pawl_volume_keyslots(v), 3);
        assert_int_equal(pawl_volume_check_crypto(v, &d), PAWL_OK);
        assert_int_equal(pawl_volume_unlock(v, 1, PAWL_SPAN_LITERAL("typed"), NULL, &d), PAWL_OK);
        assert_int_equal(
                pawl_volume_unlock(v, 1, PAWL_SPAN_LITERAL("random"), NULL, &d), PAWL_ERR_KEY);
        assert_int_equal(pawl_volume_remove_keyslot(v, 1, &d), PAWL_OK);
        assert_int_equal(pawl_volume_keyslots(v), 1);
}

static void test_tokens(void **state)
{
        pawl_autovolume pawl_volume *v = NULL;
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        pawl_token t = { .kind = PAWL_TOKEN_RECOVERY, .type = "systemd-recovery", .n_keyslots = 1 };
        pawl_diag d = { 0 };
        size_t n = 9;
        int id = -1;

        (void)state;
        format();
        assert_int_equal(pawl_volume_open(image, &v, &d), PAWL_OK);
        assert_int_equal(pawl_volume_tokens(v, tokens, &n, &d), PAWL_OK);
        assert_int_equal(n, 0);
        assert_int_equal(pawl_volume_add_token(v, &t, &id, &d), PAWL_OK);
        assert_int_equal(id, 0);
        assert_int_equal(pawl_volume_tokens(v, tokens, &n, &d), PAWL_OK);
        assert_int_equal(n, 1);
        assert_int_equal(tokens[0].kind, PAWL_TOKEN_RECOVERY);
        assert_int_equal(tokens[0].keyslots[0], 0);
        pawl_token_done(&tokens[0]);
        t.keyslots[0] = 7; /* no such keyslot */
        assert_int_not_equal(pawl_volume_add_token(v, &t, &id, &d), PAWL_OK);
        assert_non_null(strstr(d.text, image));
        assert_int_equal(pawl_volume_remove_token(v, 0, &d), PAWL_OK);
        assert_int_equal(pawl_volume_tokens(v, tokens, &n, &d), PAWL_OK);
        assert_int_equal(n, 0);
}

/* The digest is what an HMAC over the same text gives, and the name cannot forge the separator. */
static void test_key_text(void **state)
{
        uint8_t buf[PAWL_VOLUME_KEY_TEXT_MAX];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));

        (void)state;
        assert_int_equal(pawl_volume_key_text("a:b\\c\x01\xc3", "u", &w), PAWL_OK);
        assert_true(pawl_span_equal(
                pawl_written(&w), PAWL_SPAN_LITERAL("cryptsetup:a\\x3ab\\x5cc\\x01\\xc3:u")));
}

static void test_key_digests(void **state)
{
        pawl_autovolume pawl_volume *v = NULL;
        pawl_digest a[PAWL_ALG_MAX_], b[PAWL_ALG_MAX_];
        pawl_diag d = { 0 };
        size_t n = 0;

        (void)state;
        format();
        assert_int_equal(pawl_volume_open(image, &v, &d), PAWL_OK);
        assert_int_equal(pawl_volume_key_digests(v, "state", 1, a, &n, &d), PAWL_ERR_INTERNAL);
        assert_int_equal(pawl_volume_unlock(v, -1, PAWL_SPAN_LITERAL("random"), NULL, &d), PAWL_OK);
        assert_int_equal(pawl_volume_key_digests(v, "state",
                                 1u << PAWL_ALG_SHA256 | 1u << PAWL_ALG_SHA1, a, &n, &d),
                PAWL_OK);
        assert_int_equal(n, 2);
        assert_int_equal(a[0].alg, PAWL_ALG_SHA256);
        assert_int_equal(a[1].alg, PAWL_ALG_SHA1);
        assert_int_equal(pawl_volume_key_digests(v, "other", 1, b, &n, &d), PAWL_OK);
        assert_false(pawl_span_equal(pawl_digest_span(&a[0]), pawl_digest_span(&b[0])));
}

static const char good[] =
        "{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":64,\"af\":{\"type\":\"luks1\","
        "\"stripes\":4000,\"hash\":\"sha512\"},\"area\":{\"type\":\"raw\",\"encryption\":"
        "\"aes-xts-plain64\",\"key_size\":64},\"kdf\":{\"type\":\"pbkdf2\",\"hash\":\"sha512\","
        "\"iterations\":1000}}},\"segments\":{\"0\":{\"type\":\"crypt\",\"size\":"
        "\"dynamic\",\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"}},\"digests\":{\"0\":{"
        "\"type\":\"pbkdf2\",\"hash\":\"sha256\","
        "\"iterations\":1000}},\"config\":{}}";

/* `good` with one text replaced. */
static pawl_err check_with(const char *from, const char *to, pawl_diag *d)
{
        char text[4096];
        const char *at = strstr(good, from);

        assert_non_null(at);
        (void)snprintf(
                text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
        return pawl_volume_check_json(pawl_span_str(text), d);
}

static void test_fixed_list(void **state)
{
        static const struct {
                const char *from, *to, *word;
        } rows[] = {
                {"\"encryption\":\"aes-xts-plain64\",\"key",
                 "\"encryption\":\"cipher_null-ecb\",\"key",                                         "keyslot 0"  },
                { "\"encryption\":\"aes-xts-plain64\"}",     "\"encryption\":\"cipher_null-ecb\"}",
                 "segment 0"                                                                                      },
                { "\"key_size\":64,\"af\"",                  "\"key_size\":32,\"af\"",               "key_size 32"},
                { "\"hash\":\"sha512\"}",                    "\"hash\":\"sha1\"}",                   "sha1"       },
                { "\"kdf\":{\"type\":\"pbkdf2\",",           "\"kdf\":{\"type\":\"scrypt\",",        "scrypt"     },
                { "\"hash\":\"sha512\",\"iterations\":1000", "\"hash\":\"sha512\",\"iterations\":1",
                 "1 iterations"                                                                                   },
                { "\"kdf\":{\"type\":\"pbkdf2\",",
                 "\"kdf\":{\"type\":\"argon2id\",\"memory\":9999999,",                               "9999999"    },
                { "\"type\":\"crypt\"",                      "\"type\":\"linear\"",                  "linear"     },
                { "\"type\":\"crypt\"",                      "\"type\":\"crypt\",\"integrity\":{}",  "integrity"  },
                { "\"iv_tweak\":\"0\"",                      "\"iv_tweak\":\"2048\"",                "iv_tweak"   },
                { "\"size\":\"dynamic\"",                    "\"size\":\"1048576\"",                 "size"       },
                { "\"digests\":{\"0\":",                     "\"digests\":{\"1\":{},\"0\":",         "2 digests"  },
                { "\"config\":{}",                           "\"config\":{\"requirements\":{}}",     "reencrypt"  },
        };
        pawl_diag d = { 0 };

        (void)state;
        assert_int_equal(pawl_volume_check_json(pawl_span_str(good), &d), PAWL_OK);
        assert_int_equal(
                check_with("\"type\":\"pbkdf2\"", "\"type\":\"argon2id\",\"memory\":65536", &d),
                PAWL_OK);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_int_equal(check_with(rows[i].from, rows[i].to, &d), PAWL_ERR_REFUSED);
                assert_non_null(strstr(d.text, rows[i].word));
        }
}

static void test_not_a_volume(void **state)
{
        pawl_autovolume pawl_volume *v = NULL;
        pawl_diag d = { 0 };

        (void)state;
        assert_int_equal(truncate(image, 0), 0);
        assert_int_equal(truncate(image, IMAGE_SIZE), 0);
        assert_int_equal(pawl_volume_open(image, &v, &d), PAWL_ERR_FORMAT);
        assert_non_null(strstr(d.text, image));
        assert_int_equal(pawl_volume_open("/nonexistent/image", &v, &d), PAWL_ERR_NOT_FOUND);
        assert_null(v);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_life),
                cmocka_unit_test(test_tokens),
                cmocka_unit_test(test_key_text),
                cmocka_unit_test(test_key_digests),
                cmocka_unit_test(test_fixed_list),
                cmocka_unit_test(test_not_a_volume),
        };

        return cmocka_run_group_tests(tests, make_image, remove_image);
}

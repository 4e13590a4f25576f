/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy digests against those that systemd 262 put into LUKS2 tokens, for its test key and a
 * literal PCR 7. That a TPM agrees is tested by test-policy-tpm.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/policy.h"
#include "tests/hex.h"
#include "userspace/host/hash.h"

static const char key_modulus[] =
        "ced681c16ea7c8c6490bf709e7432f4f541364cd1f5293f32ee76de173a9b92ade15ce37b8822d9c"
        "c3ecd8c2ac57cfcf8b80ede289dade77394af538a5c0bd62f3628d18c0e97f5b4cb32a07d62d0b4e"
        "e279c8b67f41b5c9a91ce1451f7ba4001377e9f324e13f3ff6ad5b7ca4a7caabdc4feacf461bb192"
        "25bbf977082bb02218dd7392d55d9afd89d5f717e81b1b3007e6627359532988477cfa7405980b6b"
        "aec91056149d891eed0cf6ba8fabf5c3fca3ee12f0f99b4d2a43bfe931ddfbb4cac3f123df157950"
        "d56cb2198838efe128216c3144722d5ebe4468341149d6cb8f56eba9a8bff442b45ff62762d1815d"
        "2a6a7201d41477b4b512b4fa31ab2c89";

static pawl_span key_name(uint8_t buf[static PAWL_NAME_SIZE])
{
        uint8_t modulus[512];
        size_t n = hex_decode(key_modulus, modulus, sizeof(modulus));

        assert_int_equal(
                pawl_policy_rsa_name(&pawl_openssl_hasher, pawl_span_of(modulus, n), 65537, buf),
                PAWL_OK);
        return pawl_span_of(buf, PAWL_NAME_SIZE);
}

/* PCR 7 after one extend with the digest of a text. */
static void literal_pcr7(pawl_pcr_set *ret)
{
        pawl_digest event;
        pawl_span parts[2];
        pawl_digest zero = { .alg = PAWL_ALG_SHA256 };

        *ret = (pawl_pcr_set){ .bank = PAWL_ALG_SHA256, .mask = 1u << 7 };
        assert_int_equal(
                pawl_hash(PAWL_ALG_SHA256, PAWL_SPAN_LITERAL("interop event 7"), &event), PAWL_OK);
        parts[0] = pawl_digest_span(&zero);
        parts[1] = pawl_digest_span(&event);
        assert_int_equal(
                pawl_openssl_hasher.hash(NULL, PAWL_ALG_SHA256, parts, 2, 0, &ret->values[7]),
                PAWL_OK);
}

static void assert_digest(const pawl_policy_digest *p, const char *hex)
{
        assert_hex(pawl_span_of(p->bytes, sizeof(p->bytes)), hex);
}

static void test_signed(void **state)
{
        uint8_t name[PAWL_NAME_SIZE];
        pawl_policy_digest p = { { 0 } };

        (void)state;
        assert_int_equal(
                pawl_policy_authorize(&pawl_openssl_hasher, &p, key_name(name), NULL), PAWL_OK);
        assert_digest(&p, "ac39bc57ec85878e10aa46f9f77748e98093517aa8925be6372940879b125e3a");
        /* what was there before does not count, and an empty reference is none */
        assert_int_equal(
                pawl_policy_authorize(&pawl_openssl_hasher, &p, key_name(name), ""), PAWL_OK);
        assert_digest(&p, "ac39bc57ec85878e10aa46f9f77748e98093517aa8925be6372940879b125e3a");
}

static void test_signed_ref(void **state)
{
        uint8_t name[PAWL_NAME_SIZE];
        pawl_policy_digest p = { { 0 } };

        (void)state;
        assert_int_equal(
                pawl_policy_authorize(&pawl_openssl_hasher, &p, key_name(name), "initrd"), PAWL_OK);
        assert_digest(&p, "a636fcf891aec6fcdea6c53063630f09801b5ff9129dcf60b5a76a8317d2a4a8");
}

static void test_literal(void **state)
{
        pawl_policy_digest p = { { 0 } };
        pawl_pcr_set pcrs;

        (void)state;
        literal_pcr7(&pcrs);
        assert_int_equal(pawl_policy_pcr(&pawl_openssl_hasher, &p, &pcrs), PAWL_OK);
        assert_digest(&p, "ff3174be2eb1d409dcc83e5317d67e5a54157d295f37833ee53a6150bafe0ab2");
}

static void test_signed_and_literal(void **state)
{
        uint8_t name[PAWL_NAME_SIZE];
        pawl_policy_digest p = { { 0 } };
        pawl_pcr_set pcrs;

        (void)state;
        literal_pcr7(&pcrs);
        assert_int_equal(
                pawl_policy_authorize(&pawl_openssl_hasher, &p, key_name(name), NULL), PAWL_OK);
        assert_int_equal(pawl_policy_pcr(&pawl_openssl_hasher, &p, &pcrs), PAWL_OK);
        assert_digest(&p, "48f9786c882a684e8d60cb819cd3e7ffa6b4ffb86e38f0ea4d05f4dd45d2e6ee");
}

static void test_tbs(void **state)
{
        uint8_t buf[64];
        pawl_policy_digest p = { { 1 } };
        pawl_writer w = pawl_writer_of(buf, 63);

        (void)state;
        assert_int_equal(
                pawl_policy_tbs(&pawl_openssl_hasher, &p, "initrd", &w), PAWL_ERR_NO_SPACE);
        assert_int_equal(w.len, 0);
        assert_int_equal(pawl_policy_tbs(&pawl_openssl_hasher, &p, NULL, &w), PAWL_OK);
        assert_int_equal(w.len, 32);
        w = pawl_writer_of(buf, 64);
        assert_int_equal(pawl_policy_tbs(&pawl_openssl_hasher, &p, "initrd", &w), PAWL_OK);
        /* SHA-256 of "initrd" behind the digest */
        assert_hex(pawl_written(&w),
                "0100000000000000000000000000000000000000000000000000000000000000"
                "09e6c018d2c8c4903308613dd1b72484d57eadf12ec50ddc8f52e5accce470f2");
}

static void test_rsa_name_limits(void **state)
{
        uint8_t name[PAWL_NAME_SIZE], modulus[513] = { 1 };

        (void)state;
        for (size_t len = 254; len <= 257; len++)
                assert_int_equal(pawl_policy_rsa_name(&pawl_openssl_hasher,
                                         pawl_span_of(modulus, len), 65537, name),
                        len < 256 ? PAWL_ERR_LIMIT : PAWL_OK);
        assert_int_equal(
                pawl_policy_rsa_name(&pawl_openssl_hasher, pawl_span_of(modulus, 513), 65537, name),
                PAWL_ERR_LIMIT);
        modulus[0] = 0;
        assert_int_equal(
                pawl_policy_rsa_name(&pawl_openssl_hasher, pawl_span_of(modulus, 256), 65537, name),
                PAWL_ERR_FORMAT);
}

/* A hasher that fails must be heard, at whichever call. */
static pawl_err failing_hash(void *ctx, pawl_alg alg, const pawl_span *parts, size_t n_parts,
        size_t n_zeros, pawl_digest *ret)
{
        int *left = ctx;

        if ((*left)-- == 0)
                return PAWL_ERR_CRYPTO;
        return pawl_openssl_hasher.hash(NULL, alg, parts, n_parts, n_zeros, ret);
}

static void test_failing_hasher(void **state)
{
        uint8_t name[PAWL_NAME_SIZE];
        pawl_span n = key_name(name);
        pawl_pcr_set pcrs;

        (void)state;
        literal_pcr7(&pcrs);
        for (int fail_at = 0; fail_at < 3; fail_at++) {
                int left = fail_at;
                pawl_hasher h = { &left, failing_hash };
                pawl_policy_digest p = { { 7 } };

                assert_int_equal(pawl_policy_authorize(&h, &p, n, "initrd"), PAWL_ERR_CRYPTO);
                assert_int_equal(p.bytes[0], 7);
                left = fail_at;
                assert_int_equal(
                        pawl_policy_pcr(&h, &p, &pcrs), fail_at < 2 ? PAWL_ERR_CRYPTO : PAWL_OK);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_signed),
                cmocka_unit_test(test_signed_ref),
                cmocka_unit_test(test_literal),
                cmocka_unit_test(test_signed_and_literal),
                cmocka_unit_test(test_tbs),
                cmocka_unit_test(test_rsa_name_limits),
                cmocka_unit_test(test_failing_hasher),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

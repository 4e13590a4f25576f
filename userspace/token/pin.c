/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/token/pin.h"

#include <argon2.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <time.h>
#include <unistd.h>

#include "userspace/host/hash.h"

#define DIRECT_ITERATIONS 10000
#define HALF              32 /* bytes */

static void kdf_ctx_free_p(EVP_KDF_CTX **c)
{
        EVP_KDF_CTX_free(*c);
}

/* SHA-256(text) without trailing zero bytes. */
pawl_err pawl_pin_unsalted(pawl_span text, pawl_secret *ret)
{
        pawl_digest digest;
        pawl_span s;

        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, text, &digest));
        s = pawl_digest_span(&digest);
        while (s.len > 0 && s.data[s.len - 1] == 0)
                s.len--;
        PAWL_TRY(pawl_secret_dup(s, ret));
        pawl_wipe(&digest, sizeof(digest));
        return PAWL_OK;
}

static pawl_err auth_value(pawl_span key, pawl_secret *ret)
{
        pawl_autosecret pawl_secret text = { 0 };

        PAWL_TRY(pawl_base64_encode(key, &text));
        return pawl_pin_unsalted(pawl_secret_span(&text), ret);
}

pawl_err pawl_pin_direct(pawl_span pin, pawl_span salt, pawl_secret *ret_auth)
{
        pawl_autosecret pawl_secret key = { 0 };

        if (pin.len > INT_MAX || salt.len > INT_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_secret_new(HALF, &key));
        if (PKCS5_PBKDF2_HMAC((const char *)pin.data, (int)pin.len, salt.data, (int)salt.len,
                    DIRECT_ITERATIONS, EVP_sha256(), HALF, key.data) != 1)
                return PAWL_ERR_CRYPTO;
        return auth_value(pawl_secret_span(&key), ret_auth);
}

static uint64_t quarter_of_memory(void)
{
        long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

        return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 4 : 0;
}

/* Linux promises memory that it does not have: then the whole boot would end for want of it. */
static pawl_err check_memory(uint64_t memory, pawl_diag *d)
{
        uint64_t quarter = quarter_of_memory();

        if (quarter == 0 || memory / 3 <= quarter)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "Argon2id with %llu MiB needs more memory than this machine can give; enrol the "
                "PIN on this machine",
                (unsigned long long)(memory >> 20));
}

pawl_err pawl_pin_check_cost(const pawl_pin_cost *c, pawl_diag *d)
{
        if (c->memory >= PAWL_PIN_MEMORY_MIN && c->memory <= PAWL_PIN_MEMORY_MAX &&
                c->iterations >= 1 && c->iterations <= PAWL_PIN_ITERATIONS_MAX && c->lanes >= 1 &&
                c->lanes <= PAWL_PIN_LANES_MAX && c->memory * c->iterations >= PAWL_PIN_WORK_MIN)
                return check_memory(c->memory, d);
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "Argon2id with %llu MiB, %u iterations, %u lanes is outside of what is accepted "
                "(at least %llu MiB, and %llu MiB in all iterations together); somebody else may "
                "have written this token",
                (unsigned long long)(c->memory >> 20), c->iterations, c->lanes,
                (unsigned long long)(PAWL_PIN_MEMORY_MIN >> 20),
                (unsigned long long)(PAWL_PIN_WORK_MIN >> 20));
}

static pawl_err time_one(const pawl_pin_cost *c, double *ret_seconds, pawl_diag *d)
{
        static const uint8_t salt[HALF] = { 0 };
        pawl_autosecret pawl_secret auth = { 0 }, lock = { 0 };
        struct timespec from, to;

        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        PAWL_TRY(pawl_pin_argon2(PAWL_SPAN_LITERAL("a PIN"), pawl_span_of(salt, sizeof(salt)),
                c->memory, c->iterations, c->lanes, &auth, &lock, d));
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        *ret_seconds = (double)(to.tv_sec - from.tv_sec) +
                       (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        return PAWL_OK;
}

/* Memory first, as that is what costs an attacker most; what time is left goes into iterations. */
pawl_err pawl_pin_measure_cost(pawl_pin_cost *ret, pawl_diag *d)
{
        pawl_pin_cost c = { PAWL_PIN_MEMORY_MIN, PAWL_PIN_WORK_MIN / PAWL_PIN_MEMORY_MIN, 1 };
        uint64_t limit = quarter_of_memory() * 2;
        double seconds = 0;

        if (limit > PAWL_PIN_MEMORY_NEW_MAX)
                limit = PAWL_PIN_MEMORY_NEW_MAX;
        for (;;) {
                PAWL_TRY(time_one(&c, &seconds, d));
                if (seconds >= PAWL_PIN_SECONDS / 2 || c.memory * 2 > limit)
                        break;
                c.memory *= 2;
        }
        if (seconds > 0 && seconds < PAWL_PIN_SECONDS)
                c.iterations = (uint32_t)((double)c.iterations * PAWL_PIN_SECONDS / seconds);
        if (c.iterations > PAWL_PIN_ITERATIONS_MAX)
                c.iterations = PAWL_PIN_ITERATIONS_MAX;
        *ret = c;
        return PAWL_OK;
}

pawl_err pawl_pin_argon2(pawl_span pin, pawl_span salt, uint64_t memory, uint32_t iterations,
        uint32_t lanes, pawl_secret *ret_auth, pawl_secret *ret_lock, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 }, auth = { 0 };
        int r;

        PAWL_TRY(pawl_pin_check_cost(&(pawl_pin_cost){ memory, iterations, lanes }, d));
        PAWL_TRY(pawl_secret_new((size_t)2 * HALF, &key));
        r = argon2id_hash_raw(iterations, (uint32_t)(memory >> 10), lanes, pin.data, pin.len,
                salt.data, salt.len, key.data, key.len);
        if (r != ARGON2_OK)
                return pawl_fail(d,
                        r == ARGON2_MEMORY_ALLOCATION_ERROR ? PAWL_ERR_NO_MEMORY : PAWL_ERR_CRYPTO,
                        "Argon2id: %s", argon2_error_message(r));
        PAWL_TRY(auth_value(pawl_span_of(key.data + HALF, HALF), &auth));
        PAWL_TRY(pawl_secret_dup(pawl_span_of(key.data, HALF), ret_lock));
        *ret_auth = auth;
        auth = (pawl_secret){ 0 };
        return PAWL_OK;
}

pawl_err pawl_pin_unlock(pawl_span lock, pawl_span unsealed, pawl_secret *ret)
{
        static const char info[] = "systemd-tpm2-argon2id-lock";
        pawl_autosecret pawl_secret key = { 0 };
        EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
        pawl_cleanup(kdf_ctx_free_p) EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
        OSSL_PARAM params[] = {
                OSSL_PARAM_utf8_string("digest", (char *)(uintptr_t) "SHA256", 6),
                OSSL_PARAM_octet_string("key", (void *)(uintptr_t)lock.data, lock.len),
                OSSL_PARAM_octet_string("salt", (void *)(uintptr_t)unsealed.data, unsealed.len),
                OSSL_PARAM_octet_string("info", (void *)(uintptr_t)info, sizeof(info) - 1),
                OSSL_PARAM_END,
        };

        EVP_KDF_free(kdf);
        PAWL_TRY(pawl_secret_new(HALF, &key));
        if (!c || EVP_KDF_derive(c, key.data, key.len, params) != 1)
                return PAWL_ERR_CRYPTO;
        *ret = key;
        key = (pawl_secret){ 0 };
        return PAWL_OK;
}

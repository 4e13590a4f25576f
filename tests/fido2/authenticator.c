/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAP 2.0, sections 5 and 6. */
#include "tests/fido2/authenticator.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fido2/cbor.h"
#include "tests/fido2/keys.h"
#include "tests/fido2/store.h"

enum {
        MAKE_CREDENTIAL = 1,
        GET_ASSERTION = 2,
        GET_INFO = 4,
        CLIENT_PIN = 6,
};
enum {
        FLAG_PRESENT = 1,
        FLAG_VERIFIED = 4,
        FLAG_CREDENTIAL = 0x40,
        FLAG_EXTENSIONS = 0x80,
};
#define RETRIES_MAX 8
#define WRONG_MAX   3 /* in a row, then it has to be unplugged */

static const uint8_t aaguid[16] = { 'p', 'a', 'w', 'l' };

bool authenticator_start(authenticator *a, const char *folder)
{
        *a = (authenticator){ .folder = folder, .agreement = EVP_EC_gen("P-256") };
        return a->agreement && RAND_bytes(a->pin_token, sizeof(a->pin_token)) == 1;
}

void authenticator_end(authenticator *a)
{
        EVP_PKEY_free(a->agreement);
        *a = (authenticator){ 0 };
}

bool authenticator_is_touched(const authenticator *a)
{
        return store_has(a->folder, "touch");
}

bool authenticator_wants_touch(pawl_span request)
{
        pawl_reader r = pawl_reader_of(request), options, up;
        uint8_t command;
        bool is_up = true;

        if (pawl_read_u8(&r, &command) != PAWL_OK)
                return false;
        if (command != GET_ASSERTION)
                return command == MAKE_CREDENTIAL;
        if (cbor_find(r, 5, &options) && cbor_find_text(options, "up", &up))
                (void)cbor_get_bool(up, &is_up);
        return is_up;
}

static int retries(const authenticator *a)
{
        char text[8];

        return store_get(a->folder, "retries", text, sizeof(text)) ? text[0] - '0' : RETRIES_MAX;
}

static void set_retries(const authenticator *a, int n)
{
        char text[2] = { (char)('0' + n), '\n' };

        (void)store_put(a->folder, "retries", pawl_span_of(text, 2));
}

/* COSE_Key, with the algorithm that its use has. */
static void write_key(pawl_writer *w, EVP_PKEY *key, int algorithm)
{
        uint8_t x[32] = { 0 }, y[32] = { 0 };

        (void)keys_public(key, x, y);
        cbor_map(w, 5);
        cbor_int(w, 1);
        cbor_int(w, 2);
        cbor_int(w, 3);
        cbor_int(w, algorithm);
        cbor_int(w, -1);
        cbor_int(w, 1);
        cbor_int(w, -2);
        cbor_bytes(w, pawl_span_of(x, 32));
        cbor_int(w, -3);
        cbor_bytes(w, pawl_span_of(y, 32));
}

static bool agree(const authenticator *a, pawl_reader cose, uint8_t ret[static 32])
{
        pawl_reader x, y;
        pawl_span xs, ys;

        return cbor_find(cose, -2, &x) && cbor_find(cose, -3, &y) && cbor_get_bytes(x, &xs) &&
               cbor_get_bytes(y, &ys) && keys_agree(a->agreement, xs, ys, ret);
}

static int get_info(const authenticator *a, pawl_writer *w)
{
        cbor_map(w, 5);
        cbor_int(w, 1);
        cbor_array(w, 1);
        cbor_text(w, "FIDO_2_0");
        cbor_int(w, 2);
        cbor_array(w, 1);
        cbor_text(w, "hmac-secret");
        cbor_int(w, 3);
        cbor_bytes(w, pawl_span_of(aaguid, sizeof(aaguid)));
        cbor_int(w, 4);
        cbor_map(w, 3);
        cbor_text(w, "rk");
        cbor_bool(w, false);
        cbor_text(w, "up");
        cbor_bool(w, true);
        cbor_text(w, "clientPin");
        cbor_bool(w, store_has(a->folder, "pin"));
        cbor_int(w, 6);
        cbor_array(w, 1);
        cbor_int(w, 1);
        return CTAP_OK;
}

/* --- client PIN --- */

static int check_pin(authenticator *a, pawl_span encrypted, const uint8_t shared[static 32])
{
        char pin[64] = "";
        uint8_t given[16], hash[32];

        if (!store_get(a->folder, "pin", pin, sizeof(pin)))
                return CTAP_PIN_NOT_SET;
        if (retries(a) == 0)
                return CTAP_PIN_BLOCKED;
        if (a->n_wrong >= WRONG_MAX)
                return CTAP_PIN_AUTH_BLOCKED;
        set_retries(a, retries(a) - 1);
        if (encrypted.len == 16 && keys_aes(shared, false, encrypted, given) &&
                keys_sha256(pawl_span_str(pin), hash) && pawl_equal_ct(given, hash, 16)) {
                a->n_wrong = 0;
                set_retries(a, RETRIES_MAX);
                return CTAP_OK;
        }
        a->n_wrong++;
        return retries(a) == 0           ? CTAP_PIN_BLOCKED
               : a->n_wrong >= WRONG_MAX ? CTAP_PIN_AUTH_BLOCKED
                                         : CTAP_PIN_INVALID;
}

static int get_pin_token(authenticator *a, pawl_reader r, pawl_writer *w)
{
        pawl_reader cose, at;
        pawl_span encrypted;
        uint8_t shared[32], token[32];
        int status;

        if (!cbor_find(r, 3, &cose) || !agree(a, cose, shared) || !cbor_find(r, 6, &at) ||
                !cbor_get_bytes(at, &encrypted))
                return CTAP_INVALID_CBOR;
        status = check_pin(a, encrypted, shared);
        if (status != CTAP_OK)
                return status;
        if (!keys_aes(shared, true, pawl_span_of(a->pin_token, 32), token))
                return CTAP_OTHER;
        cbor_map(w, 1);
        cbor_int(w, 2);
        cbor_bytes(w, pawl_span_of(token, 32));
        return CTAP_OK;
}

static int client_pin(authenticator *a, pawl_reader r, pawl_writer *w)
{
        pawl_reader at;
        int64_t sub = 0;

        if (!cbor_find(r, 2, &at) || !cbor_get_int(at, &sub))
                return CTAP_INVALID_CBOR;
        if (sub == 5)
                return get_pin_token(a, r, w);
        cbor_map(w, 1);
        if (sub == 1) {
                cbor_int(w, 3);
                cbor_int(w, retries(a));
        } else if (sub == 2) {
                cbor_int(w, 1);
                write_key(w, a->agreement, -25);
        } else {
                return CTAP_INVALID_COMMAND; /* tests set the PIN in the folder */
        }
        return CTAP_OK;
}

/* Whether the request carries the proof that a PIN was given; a wrong proof is an error. */
static int verify(const authenticator *a, pawl_reader r, int64_t key, pawl_span hash, bool *ret)
{
        pawl_reader at;
        pawl_span proof;
        uint8_t expected[32];

        *ret = false;
        if (!cbor_find(r, key, &at))
                return CTAP_OK;
        if (!cbor_get_bytes(at, &proof) || !keys_hmac(a->pin_token, hash, expected))
                return CTAP_INVALID_CBOR;
        if (proof.len != 16 || !pawl_equal_ct(proof.data, expected, 16))
                return CTAP_PIN_AUTH_INVALID;
        *ret = true;
        return CTAP_OK;
}

/* --- credentials --- */

static bool write_head(pawl_writer *w, pawl_span rp, unsigned flags)
{
        static const uint8_t counter[4] = { 0, 0, 0, 1 };
        uint8_t hash[32];

        return keys_sha256(rp, hash) && pawl_write_bytes(w, pawl_span_of(hash, 32)) == PAWL_OK &&
               pawl_write_u8(w, (uint8_t)flags) == PAWL_OK &&
               pawl_write_bytes(w, pawl_span_of(counter, 4)) == PAWL_OK;
}

/* Packed self-attestation: the credential's own key signs. */
static int write_attested(
        pawl_writer *w, const credential *c, pawl_span rp, unsigned flags, pawl_span client_hash)
{
        static uint8_t bytes[512];
        pawl_writer data = pawl_writer_of(bytes, sizeof(bytes));
        uint8_t signature[128];
        size_t len = sizeof(signature);

        if (!write_head(&data, rp, flags | FLAG_CREDENTIAL | FLAG_EXTENSIONS) ||
                pawl_write_bytes(&data, pawl_span_of(aaguid, 16)) != PAWL_OK ||
                pawl_write_u8(&data, 0) != PAWL_OK ||
                pawl_write_u8(&data, STORE_ID_SIZE) != PAWL_OK ||
                pawl_write_bytes(&data, pawl_span_of(c->id, STORE_ID_SIZE)) != PAWL_OK)
                return CTAP_OTHER;
        write_key(&data, c->key, -7);
        cbor_map(&data, 1);
        cbor_text(&data, "hmac-secret");
        cbor_bool(&data, true);
        if (!keys_sign(c->key, pawl_written(&data), client_hash, signature, &len))
                return CTAP_OTHER;
        cbor_map(w, 3);
        cbor_int(w, 1);
        cbor_text(w, "packed");
        cbor_int(w, 2);
        cbor_bytes(w, pawl_written(&data));
        cbor_int(w, 3);
        cbor_map(w, 2);
        cbor_text(w, "alg");
        cbor_int(w, -7);
        cbor_text(w, "sig");
        cbor_bytes(w, pawl_span_of(signature, len));
        return CTAP_OK;
}

static bool offers_es256(pawl_reader list)
{
        pawl_reader item, at;
        int64_t algorithm;

        for (size_t i = 0; cbor_at(list, i, &item); i++)
                if (cbor_find_text(item, "alg", &at) && cbor_get_int(at, &algorithm) &&
                        algorithm == -7)
                        return true;
        return false;
}

static int make_credential(authenticator *a, pawl_reader r, pawl_writer *w)
{
        pawl_reader at, rp_at;
        pawl_span hash, rp;
        credential c = { 0 };
        bool is_verified;
        int status;

        if (!cbor_find(r, 1, &at) || !cbor_get_bytes(at, &hash) || !cbor_find(r, 2, &rp_at) ||
                !cbor_find_text(rp_at, "id", &at) || !cbor_get_text(at, &rp) ||
                !cbor_find(r, 4, &at))
                return CTAP_INVALID_CBOR;
        if (!offers_es256(at))
                return CTAP_UNSUPPORTED_ALGORITHM;
        status = verify(a, r, 8, hash, &is_verified);
        if (status != CTAP_OK)
                return status;
        if (!is_verified && store_has(a->folder, "pin"))
                return CTAP_PIN_REQUIRED;
        if (!store_make(a->folder, &c))
                return CTAP_OTHER;
        status = write_attested(w, &c, rp, FLAG_PRESENT | (is_verified ? FLAG_VERIFIED : 0), hash);
        EVP_PKEY_free(c.key);
        return status;
}

static bool find_allowed(const authenticator *a, pawl_reader list, credential *ret)
{
        pawl_reader item, at;
        pawl_span id;

        for (size_t i = 0; cbor_at(list, i, &item); i++)
                if (cbor_find_text(item, "id", &at) && cbor_get_bytes(at, &id) &&
                        store_find(a->folder, id, ret))
                        return true;
        return false;
}

/* As tokens of CTAP 2.0 may have it: the PIN makes no difference. */
static bool has_one_secret(const authenticator *a)
{
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/one-secret", a->folder);
        return access(path, F_OK) == 0;
}

/* The encrypted secret, into the extensions of the authenticator data. */
static int write_secret(const authenticator *a, const credential *c, bool is_verified,
        pawl_reader extension, pawl_writer *w)
{
        pawl_reader cose, at;
        pawl_span salt, proof;
        uint8_t shared[32], expected[32], plain[32], out[32], secret[32];

        if (!cbor_find(extension, 1, &cose) || !agree(a, cose, shared) ||
                !cbor_find(extension, 2, &at) || !cbor_get_bytes(at, &salt) ||
                !cbor_find(extension, 3, &at) || !cbor_get_bytes(at, &proof) || salt.len != 32)
                return CTAP_INVALID_CBOR;
        if (!keys_hmac(shared, salt, expected) || proof.len != 16 ||
                !pawl_equal_ct(proof.data, expected, 16))
                return CTAP_PIN_AUTH_INVALID;
        pawl_copy(secret, c->secrets + (is_verified || has_one_secret(a) ? 0 : 32), 32);
        if (!keys_aes(shared, false, salt, plain) ||
                !keys_hmac(secret, pawl_span_of(plain, 32), out) ||
                !keys_aes(shared, true, pawl_span_of(out, 32), plain))
                return CTAP_OTHER;
        cbor_map(w, 1);
        cbor_text(w, "hmac-secret");
        cbor_bytes(w, pawl_span_of(plain, 32));
        return CTAP_OK;
}

static int write_assertion(const credential *c, pawl_span data, pawl_span hash, pawl_writer *w)
{
        uint8_t signature[128];
        size_t len = sizeof(signature);

        if (!keys_sign(c->key, data, hash, signature, &len))
                return CTAP_OTHER;
        cbor_map(w, 3);
        cbor_int(w, 1);
        cbor_map(w, 2);
        cbor_text(w, "id");
        cbor_bytes(w, pawl_span_of(c->id, STORE_ID_SIZE));
        cbor_text(w, "type");
        cbor_text(w, "public-key");
        cbor_int(w, 2);
        cbor_bytes(w, data);
        cbor_int(w, 3);
        cbor_bytes(w, pawl_span_of(signature, len));
        return CTAP_OK;
}

static int assert_with(authenticator *a, pawl_reader r, const credential *c, pawl_span rp,
        pawl_span hash, bool is_touched, pawl_writer *w)
{
        static uint8_t bytes[512];
        pawl_writer data = pawl_writer_of(bytes, sizeof(bytes));
        pawl_reader extensions, secret;
        bool is_verified, has_secret;
        unsigned flags;
        int status = verify(a, r, 6, hash, &is_verified);

        if (status != CTAP_OK)
                return status;
        has_secret = cbor_find(r, 4, &extensions) &&
                     cbor_find_text(extensions, "hmac-secret", &secret);
        flags = (is_touched ? FLAG_PRESENT : 0u) | (is_verified ? FLAG_VERIFIED : 0u) |
                (has_secret ? FLAG_EXTENSIONS : 0u);
        if (!write_head(&data, rp, flags))
                return CTAP_OTHER;
        if (has_secret)
                status = write_secret(a, c, is_verified, secret, &data);
        return status == CTAP_OK ? write_assertion(c, pawl_written(&data), hash, w) : status;
}

static int get_assertion(authenticator *a, pawl_reader r, bool is_touched, pawl_writer *w)
{
        pawl_reader at, list;
        pawl_span rp, hash;
        credential c = { 0 };
        int status;

        if (!cbor_find(r, 1, &at) || !cbor_get_text(at, &rp) || !cbor_find(r, 2, &at) ||
                !cbor_get_bytes(at, &hash) || !cbor_find(r, 3, &list))
                return CTAP_INVALID_CBOR;
        if (!find_allowed(a, list, &c))
                return CTAP_NO_CREDENTIALS;
        status = assert_with(a, r, &c, rp, hash, is_touched, w);
        EVP_PKEY_free(c.key);
        return status;
}

static int run(authenticator *a, pawl_span request, pawl_writer *w)
{
        pawl_reader r = pawl_reader_of(request);
        uint8_t command = 0;

        if (pawl_read_u8(&r, &command) != PAWL_OK)
                return CTAP_INVALID_CBOR;
        switch (command) {
        case MAKE_CREDENTIAL:
                return make_credential(a, r, w);
        case GET_ASSERTION:
                return get_assertion(a, r, authenticator_wants_touch(request), w);
        case GET_INFO:
                return get_info(a, w);
        case CLIENT_PIN:
                return client_pin(a, r, w);
        default:
                return CTAP_INVALID_COMMAND;
        }
}

void authenticator_run(authenticator *a, pawl_span request, pawl_writer *response)
{
        static uint8_t bytes[FIDO2_MESSAGE_MAX];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));
        int status = run(a, request, &w);

        if (pawl_write_u8(response, (uint8_t)status) != PAWL_OK ||
                (status == CTAP_OK && pawl_write_bytes(response, pawl_written(&w)) != PAWL_OK))
                abort(); /* a test's own buffer is too small */
}

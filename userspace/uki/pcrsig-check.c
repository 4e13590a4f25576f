/* SPDX-License-Identifier: BSD-2-Clause */
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/host/output.h"
#include "userspace/uki/pcrsig.h"

#define JSON_DEPTH_MAX 8
#define ENTRIES_MAX    1024
#define PATHS_MAX      (PAWL_PCRSIG_PATHS_MAX + 16)

/* Paths that an image may have been signed for: where a boot can be, by the words that exist. */
static const char *const known_paths[] = {
        "",
        "enter-initrd",
        "enter-initrd:factory-reset",
        "enter-initrd:leave-initrd",
        "enter-initrd:leave-initrd:sysinit",
        "enter-initrd:leave-initrd:sysinit:ready",
        "enter-initrd:leave-initrd:sysinit:ready:factory-reset",
        "enter-initrd:leave-initrd:sysinit:ready:shutdown",
        "enter-initrd:leave-initrd:sysinit:ready:shutdown:final",
};
#define N_KNOWN (sizeof(known_paths) / sizeof(known_paths[0]))

typedef struct check {
        const pawl_prediction *prediction;
        EVP_PKEY *key;
        pawl_digest pkfp;
        const char *paths[PATHS_MAX];
        size_t n_paths;
        pawl_diag *d;
} check;

void pawl_pcrsig_entries_done(pawl_pcrsig_entries *e)
{
        free(e->rows);
        *e = (pawl_pcrsig_entries){ 0 };
}

static void tokener_free_p(json_tokener **t)
{
        if (*t)
                json_tokener_free(*t);
}

/* One JSON document and nothing behind it but blanks and NULs. */
static pawl_err parse_json(pawl_span text, json_object **ret, pawl_diag *d)
{
        pawl_cleanup(tokener_free_p) json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
        pawl_autojson json_object *o = NULL;

        while (text.len > 0 && text.data[text.len - 1] == '\0')
                text.len--;
        if (!t)
                return PAWL_ERR_NO_MEMORY;
        if (text.len > PAWL_PCRSIG_SIZE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, ".pcrsig: larger than 1 MiB");
        json_tokener_set_flags(t, JSON_TOKENER_STRICT);
        o = json_tokener_parse_ex(t, (const char *)text.data, (int)text.len);
        if (!o || !json_object_is_type(o, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, ".pcrsig: not a JSON object");
        *ret = pawl_take(&o);
        return PAWL_OK;
}

static pawl_err get_string(json_object *o, const char *key, const char **ret)
{
        json_object *v;

        if (!json_object_object_get_ex(o, key, &v))
                return PAWL_ERR_NOT_FOUND;
        if (!json_object_is_type(v, json_type_string) ||
                strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v))
                return PAWL_ERR_FORMAT;
        *ret = json_object_get_string(v);
        return PAWL_OK;
}

static bool is_pcr11_alone(json_object *o)
{
        json_object *v, *n;

        if (!json_object_object_get_ex(o, "pcrs", &v) || !json_object_is_type(v, json_type_array) ||
                json_object_array_length(v) != 1)
                return false;
        n = json_object_array_get_idx(v, 0);
        return json_object_is_type(n, json_type_int) &&
               json_object_get_int64(n) == PAWL_PCR_KERNEL_BOOT;
}

/* The phase path after which PCR 11 gives this policy digest. */
static pawl_err find_path(const check *c, pawl_alg bank, pawl_span pol, const char **ret)
{
        for (size_t i = 0; i < c->n_paths; i++) {
                pawl_pcr_set set = { .bank = bank, .mask = 1u << PAWL_PCR_KERNEL_BOOT };
                pawl_policy_digest p = { 0 };

                PAWL_TRY(pawl_predict_phases(
                        c->prediction, bank, c->paths[i], &set.values[PAWL_PCR_KERNEL_BOOT], c->d));
                PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &p, &set));
                if (pawl_span_equal(pol, pawl_span_of(p.bytes, sizeof(p.bytes)))) {
                        *ret = c->paths[i];
                        return PAWL_OK;
                }
        }
        return PAWL_ERR_NOT_FOUND;
}

static void md_ctx_free_p(EVP_MD_CTX **c)
{
        EVP_MD_CTX_free(*c);
}

static pawl_err check_signature(
        const check *c, pawl_span pol, const char *ref, const char *sig_text)
{
        pawl_cleanup(md_ctx_free_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        pawl_autosecret pawl_secret sig = { 0 };
        uint8_t tbs[2 * PAWL_SHA256_SIZE];
        pawl_writer w = pawl_writer_of(tbs, sizeof(tbs));
        pawl_policy_digest p = { 0 };

        if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, c->key) != 1)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(pawl_base64_decode(pawl_span_str(sig_text), &sig));
        pawl_copy(p.bytes, pol.data, sizeof(p.bytes));
        PAWL_TRY(pawl_policy_tbs(&pawl_openssl_hasher, &p, ref, &w));
        return EVP_DigestVerify(ctx, sig.data, sig.len, tbs, w.len) == 1 ? PAWL_OK
                                                                         : PAWL_ERR_MISMATCH;
}

static pawl_err check_key_name(const check *c, json_object *o)
{
        pawl_autobuffer pawl_buffer pkfp = { 0 };
        const char *text;

        PAWL_TRY(get_string(o, "pkfp", &text));
        PAWL_TRY(pawl_hex_decode(pawl_span_str(text), &pkfp));
        return pawl_span_equal(pawl_buffer_span(&pkfp), pawl_digest_span(&c->pkfp)) ? PAWL_OK
                                                                                    : PAWL_ERR_KEY;
}

/* The parts of an entry, as text. `ret_ref` is NULL if it has none. */
static pawl_err read_entry(
        json_object *o, pawl_buffer *ret_pol, const char **ret_ref, const char **ret_sig)
{
        const char *pol;
        pawl_err err;

        if (!json_object_is_type(o, json_type_object) || !is_pcr11_alone(o))
                return PAWL_ERR_FORMAT;
        err = get_string(o, "ref", ret_ref);
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND)
                return err;
        if (*ret_ref && strlen(*ret_ref) > PAWL_POLICY_REF_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(get_string(o, "sig", ret_sig));
        PAWL_TRY(get_string(o, "pol", &pol));
        PAWL_TRY(pawl_hex_decode(pawl_span_str(pol), ret_pol));
        return ret_pol->len == PAWL_SHA256_SIZE ? PAWL_OK : PAWL_ERR_FORMAT;
}

static pawl_err check_entry(
        const check *c, pawl_alg bank, size_t i, json_object *o, pawl_pcrsig_entry *ret)
{
        const char *ref = NULL, *sig = NULL, *path = NULL, *name = pawl_alg_info_of(bank)->name;
        pawl_autobuffer pawl_buffer pol = { 0 };
        pawl_err err;

        if (read_entry(o, &pol, &ref, &sig) != PAWL_OK)
                return pawl_fail(c->d, PAWL_ERR_FORMAT,
                        ".pcrsig: %s entry %zu does not have the expected form", name, i);
        if (check_key_name(c, o) != PAWL_OK)
                return pawl_fail(c->d, PAWL_ERR_MISMATCH,
                        ".pcrsig: %s entry %zu is by another key than the one given or in .pcrpkey",
                        name, i);
        err = find_path(c, bank, pawl_buffer_span(&pol), &path);
        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(c->d, PAWL_ERR_MISMATCH,
                        ".pcrsig: %s entry %zu is for other content, or for a phase path that is "
                        "not known; sign the image again",
                        name, i);
        PAWL_TRY(err);
        if (check_signature(c, pawl_buffer_span(&pol), ref, sig) != PAWL_OK)
                return pawl_fail(c->d, PAWL_ERR_MISMATCH,
                        ".pcrsig: the signature of %s entry %zu is wrong", name, i);
        *ret = (pawl_pcrsig_entry){ .bank = bank };
        (void)snprintf(ret->path, sizeof(ret->path), "%s", path);
        (void)snprintf(ret->ref, sizeof(ret->ref), "%s", ref ? ref : "");
        return PAWL_OK;
}

static pawl_err check_bank(
        const check *c, const char *name, json_object *list, pawl_pcrsig_entries *e)
{
        pawl_alg bank;
        size_t n;

        if (pawl_alg_from_name(pawl_span_str(name), &bank) != PAWL_OK ||
                !json_object_is_type(list, json_type_array))
                return pawl_fail(c->d, PAWL_ERR_FORMAT, ".pcrsig: '%s' is no bank", name);
        n = json_object_array_length(list);
        if (n > ENTRIES_MAX - e->n_rows)
                return pawl_fail(
                        c->d, PAWL_ERR_LIMIT, ".pcrsig: more than %d signatures", ENTRIES_MAX);
        for (size_t i = 0; i < n; i++)
                PAWL_TRY(check_entry(
                        c, bank, i, json_object_array_get_idx(list, i), &e->rows[e->n_rows++]));
        return PAWL_OK;
}

static void list_paths(check *c, const pawl_pcrsig_paths *extra)
{
        for (size_t i = 0; i < N_KNOWN; i++)
                c->paths[c->n_paths++] = known_paths[i];
        for (size_t i = 0; extra && i < extra->n_rows; i++)
                c->paths[c->n_paths++] = extra->rows[i].path;
}

pawl_err pawl_pcrsig_check(const pawl_prediction *p, pawl_span json, EVP_PKEY *key,
        const pawl_pcrsig_paths *extra, pawl_pcrsig_entries *ret, pawl_diag *d)
{
        check c = { .prediction = p, .key = key, .d = d };
        pawl_autoentries pawl_pcrsig_entries e = { 0 };
        pawl_autojson json_object *o = NULL;

        if (pawl_key_fingerprint(key, &c.pkfp) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, ".pcrpkey: not an RSA key");
        PAWL_TRY(parse_json(json, &o, d));
        list_paths(&c, extra);
        e.rows = calloc(ENTRIES_MAX, sizeof(*e.rows));
        if (!e.rows)
                return PAWL_ERR_NO_MEMORY;
        json_object_object_foreach(o, name, list) PAWL_TRY(check_bank(&c, name, list, &e));
        *ret = e;
        e = (pawl_pcrsig_entries){ 0 };
        return PAWL_OK;
}

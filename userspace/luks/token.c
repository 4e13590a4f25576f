/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/token.h"

#include <string.h>

#include "userspace/host/json.h"

static const struct {
        const char *type, *name;
} kinds[] = {
        [PAWL_TOKEN_OTHER] = {NULL,                "unknown"     },
        [PAWL_TOKEN_TPM2] = { "systemd-tpm2",     "TPM2"        },
        [PAWL_TOKEN_RECOVERY] = { "systemd-recovery", "recovery key"},
        [PAWL_TOKEN_FIDO2] = { "systemd-fido2",    "FIDO2"       },
        [PAWL_TOKEN_PKCS11] = { "systemd-pkcs11",   "PKCS#11"     },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))
_Static_assert(N_KINDS == PAWL_TOKEN_PKCS11 + 1, "one row a kind");

pawl_alg pawl_token_bank(const pawl_token_tpm2 *t)
{
        return t->has_bank ? t->bank : PAWL_ALG_SHA256;
}

/* What the struct models; everything else of a token is `extra`. */
static const char *const common_fields[] = { "type", "keyslots", NULL };
static const char *const tpm2_fields[] = { "tpm2-blob", "tpm2-pcrs", "tpm2-pcr-bank",
        "tpm2-primary-alg", "tpm2-policy-hash", "tpm2-pin", "tpm2_salt", "tpm2_pubkey_pcrs",
        "tpm2_pubkey", "tpm2_pubkey_ref", "tpm2_srk", "tpm2_pcrlock", "tpm2_pcrlock_nv",
        "tpm2_argon2id_memcost", "tpm2_argon2id_iterations", "tpm2_argon2id_lanes", NULL };
static const char *const fido2_fields[] = { "fido2-credential", "fido2-salt", "fido2-rp",
        "fido2-clientPin-required", "fido2-up-required", "fido2-uv-required", NULL };
static const char *const pkcs11_fields[] = { "pkcs11-uri", "pkcs11-key", "pkcs11-padding", NULL };
static const char *const *const kind_fields[] = {
        [PAWL_TOKEN_TPM2] = tpm2_fields,
        [PAWL_TOKEN_FIDO2] = fido2_fields,
        [PAWL_TOKEN_PKCS11] = pkcs11_fields,
};
_Static_assert(sizeof(kind_fields) / sizeof(kind_fields[0]) == N_KINDS, "one row a kind");

const char *pawl_token_kind_name(pawl_token_kind kind)
{
        return kinds[kind].name;
}

void pawl_token_done(pawl_token *t)
{
        pawl_buffer_done(&t->tpm2.blob);
        pawl_buffer_done(&t->tpm2.salt);
        pawl_buffer_done(&t->tpm2.srk);
        pawl_buffer_done(&t->tpm2.public_key_pem);
        pawl_buffer_done(&t->tpm2.pcrlock_nv);
        pawl_buffer_done(&t->fido2.credential);
        pawl_buffer_done(&t->fido2.salt);
        free(t->pkcs11.uri);
        pawl_buffer_done(&t->pkcs11.key);
        free(t->extra);
        free(t->why);
        *t = (pawl_token){ 0 };
}

/* As libcryptsetup writes it: one or two digits, no zero in front. */
static bool parse_slot(const char *s, unsigned *ret)
{
        size_t len = strspn(s, "0123456789");

        if (len == 0 || len > 2 || s[len] != '\0' || (len == 2 && s[0] == '0'))
                return false;
        *ret = (unsigned)s[0] - '0';
        if (len == 2)
                *ret = *ret * 10 + (unsigned)s[1] - '0';
        return *ret < PAWL_TOKEN_KEYSLOTS_MAX;
}

static pawl_err parse_keyslots(json_object *o, pawl_token *t, pawl_diag *d)
{
        json_object *a = NULL;
        uint32_t seen = 0;

        PAWL_TRY(pawl_json_field(o, "keyslots", json_type_array, NULL, &a, d));
        for (size_t i = 0; i < json_object_array_length(a); i++) {
                json_object *e = json_object_array_get_idx(a, i);
                const char *s = json_object_is_type(e, json_type_string) ? json_object_get_string(e)
                                                                         : "";
                unsigned slot = PAWL_TOKEN_KEYSLOTS_MAX;

                if (!parse_slot(s, &slot))
                        return pawl_fail(d, PAWL_ERR_FORMAT,
                                "field \"keyslots\": an element is not the text of a number below "
                                "%d",
                                PAWL_TOKEN_KEYSLOTS_MAX);
                if (seen >> slot & 1)
                        return pawl_fail(
                                d, PAWL_ERR_DUPLICATE, "field \"keyslots\": %u stands twice", slot);
                seen |= 1u << slot;
                t->keyslots[t->n_keyslots++] = (int)slot;
        }
        return PAWL_OK;
}

/* A sealed object that is split in two (a signed policy together with a pcrlock one) has arrays
 * here. */
static pawl_err refuse_shards(json_object *o, const char *key, pawl_diag *d)
{
        json_object *v = NULL;

        if (json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_array))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "field \"%s\": a secret in two shards (signed policy and pcrlock together) "
                        "is not supported; enrol one of the two",
                        key);
        return PAWL_OK;
}

static pawl_err parse_policy_hash(json_object *o, pawl_token_tpm2 *t, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        const char *text = NULL;

        PAWL_TRY(refuse_shards(o, "tpm2-policy-hash", d));
        PAWL_TRY(pawl_json_text(o, "tpm2-policy-hash", 2 * PAWL_SHA256_SIZE, NULL, &text, d));
        if (pawl_hex_decode(pawl_span_str(text), &b) != PAWL_OK || b.len != PAWL_SHA256_SIZE)
                return pawl_fail(
                        d, PAWL_ERR_FORMAT, "field \"tpm2-policy-hash\": not 64 hex digits");
        pawl_copy(t->policy.bytes, b.data, b.len);
        return PAWL_OK;
}

static pawl_err parse_algorithms(json_object *o, pawl_token_tpm2 *t, pawl_diag *d)
{
        const char *text = NULL;
        bool has = false;

        PAWL_TRY(pawl_json_text(o, "tpm2-pcr-bank", 32, &t->has_bank, &text, d));
        if (t->has_bank && pawl_alg_from_name(pawl_span_str(text), &t->bank) != PAWL_OK)
                return pawl_fail(
                        d, PAWL_ERR_UNSUPPORTED, "field \"tpm2-pcr-bank\": unknown bank %s", text);
        PAWL_TRY(pawl_json_text(o, "tpm2-primary-alg", 32, &has, &text, d));
        t->is_rsa_primary = has && strcmp(text, "rsa") == 0;
        if (has && !t->is_rsa_primary && strcmp(text, "ecc") != 0)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "field \"tpm2-primary-alg\": unknown algorithm %s", text);
        return PAWL_OK;
}

static pawl_err parse_signed(json_object *o, pawl_token_tpm2 *t, pawl_diag *d)
{
        bool has_mask = false, has_key = false, has_ref = false;
        const char *ref = "";

        PAWL_TRY(pawl_json_mask(
                o, "tpm2_pubkey_pcrs", PAWL_PCR_COUNT, &has_mask, &t->public_key_mask, d));
        PAWL_TRY(pawl_json_base64(
                o, "tpm2_pubkey", PAWL_TOKEN_PEM_MAX, &has_key, &t->public_key_pem, d));
        PAWL_TRY(pawl_json_text(o, "tpm2_pubkey_ref", PAWL_POLICY_REF_MAX, &has_ref, &ref, d));
        if (t->public_key_mask != 0 && !has_key)
                return pawl_fail(d, PAWL_ERR_MISSING,
                        "field \"tpm2_pubkey\": missing, though \"tpm2_pubkey_pcrs\" names PCRs");
        pawl_copy(t->ref, ref, strlen(ref));
        return PAWL_OK;
}

static pawl_err parse_pin(json_object *o, pawl_token_tpm2 *t, pawl_diag *d)
{
        bool has_pin = false, has_salt = false, has[3] = { false };
        uint64_t iterations = 0, lanes = 0;

        PAWL_TRY(pawl_json_bool(o, "tpm2-pin", &has_pin, &t->has_pin, d));
        PAWL_TRY(pawl_json_base64(o, "tpm2_salt", PAWL_TOKEN_SALT_MAX, &has_salt, &t->salt, d));
        PAWL_TRY(pawl_json_u64(o, "tpm2_argon2id_memcost", (uint64_t)1 << 42, &has[0],
                &t->argon2_memory_bytes, d));
        PAWL_TRY(pawl_json_u64(o, "tpm2_argon2id_iterations", UINT32_MAX, &has[1], &iterations, d));
        PAWL_TRY(pawl_json_u64(o, "tpm2_argon2id_lanes", UINT32_MAX, &has[2], &lanes, d));
        if (has[0] != has[1] || has[0] != has[2] || (has[0] && t->argon2_memory_bytes == 0))
                return pawl_fail(d, PAWL_ERR_MISSING,
                        "fields \"tpm2_argon2id_…\": memcost, iterations and lanes belong "
                        "together");
        t->argon2_iterations = (uint32_t)iterations;
        t->argon2_lanes = (uint32_t)lanes;
        return PAWL_OK;
}

static pawl_err parse_tpm2(json_object *o, pawl_token_tpm2 *t, pawl_diag *d)
{
        bool has = false;

        PAWL_TRY(refuse_shards(o, "tpm2-blob", d));
        PAWL_TRY(pawl_json_base64(o, "tpm2-blob", PAWL_TOKEN_BLOB_MAX, NULL, &t->blob, d));
        PAWL_TRY(pawl_json_mask(o, "tpm2-pcrs", PAWL_PCR_COUNT, NULL, &t->pcr_mask, d));
        PAWL_TRY(parse_policy_hash(o, t, d));
        PAWL_TRY(parse_algorithms(o, t, d));
        PAWL_TRY(parse_signed(o, t, d));
        PAWL_TRY(parse_pin(o, t, d));
        PAWL_TRY(pawl_json_base64(o, "tpm2_srk", PAWL_TOKEN_BLOB_MAX, &has, &t->srk, d));
        PAWL_TRY(pawl_json_bool(o, "tpm2_pcrlock", &has, &t->is_pcrlock, d));
        return pawl_json_base64(o, "tpm2_pcrlock_nv", PAWL_TOKEN_BLOB_MAX, &has, &t->pcrlock_nv, d);
}

/* A field that systemd 248 did not write yet says neither yes nor no. */
static pawl_err parse_need(json_object *o, const char *key, pawl_fido2_need *ret, pawl_diag *d)
{
        bool has = false, is = false;

        PAWL_TRY(pawl_json_bool(o, key, &has, &is, d));
        if (has)
                *ret = is ? PAWL_FIDO2_YES : PAWL_FIDO2_NO;
        return PAWL_OK;
}

static pawl_err parse_fido2(json_object *o, pawl_token_fido2 *t, pawl_diag *d)
{
        bool has_rp = false;
        const char *rp = PAWL_FIDO2_RP;

        PAWL_TRY(pawl_json_base64(
                o, "fido2-credential", PAWL_FIDO2_CREDENTIAL_MAX, NULL, &t->credential, d));
        PAWL_TRY(pawl_json_base64(o, "fido2-salt", PAWL_FIDO2_SALT_SIZE, NULL, &t->salt, d));
        if (t->salt.len != PAWL_FIDO2_SALT_SIZE)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"fido2-salt\": not %u bytes",
                        PAWL_FIDO2_SALT_SIZE);
        PAWL_TRY(pawl_json_text(o, "fido2-rp", PAWL_FIDO2_RP_MAX, &has_rp, &rp, d));
        pawl_copy(t->rp, rp, strlen(rp));
        PAWL_TRY(parse_need(o, "fido2-clientPin-required", &t->pin, d));
        PAWL_TRY(parse_need(o, "fido2-up-required", &t->presence, d));
        return parse_need(o, "fido2-uv-required", &t->verification, d);
}

static pawl_err parse_padding(json_object *o, pawl_pkcs11_padding *ret, pawl_diag *d)
{
        bool has = false;
        const char *text = NULL;

        PAWL_TRY(pawl_json_text(o, "pkcs11-padding", 32, &has, &text, d));
        for (unsigned i = 1; has && i < PAWL_TOKEN_PADDINGS; i++)
                if (strcmp(text, pawl_token_paddings[i]) == 0) {
                        *ret = (pawl_pkcs11_padding)i;
                        return PAWL_OK;
                }
        return has ? pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                             "field \"pkcs11-padding\": unknown padding %s", text)
                   : PAWL_OK;
}

static pawl_err parse_pkcs11(json_object *o, pawl_token_pkcs11 *t, pawl_diag *d)
{
        const char *uri = NULL;

        PAWL_TRY(pawl_json_text(o, "pkcs11-uri", PAWL_PKCS11_URI_MAX, NULL, &uri, d));
        if (strncmp(uri, "pkcs11:", 7) != 0)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"pkcs11-uri\": no pkcs11: URI");
        PAWL_TRY(pawl_json_base64(o, "pkcs11-key", PAWL_PKCS11_KEY_MAX, NULL, &t->key, d));
        PAWL_TRY(parse_padding(o, &t->padding, d));
        t->uri = strdup(uri);
        return t->uri ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static pawl_err parse_kind(json_object *o, pawl_token *t, pawl_diag *d)
{
        switch (t->kind) {
        case PAWL_TOKEN_TPM2:
                return parse_tpm2(o, &t->tpm2, d);
        case PAWL_TOKEN_FIDO2:
                return parse_fido2(o, &t->fido2, d);
        case PAWL_TOKEN_PKCS11:
                return parse_pkcs11(o, &t->pkcs11, d);
        case PAWL_TOKEN_RECOVERY:
        case PAWL_TOKEN_OTHER:
                break;
        }
        return PAWL_OK;
}

static void drop_fields(json_object *o, const char *const *keys)
{
        for (; *keys; keys++)
                json_object_object_del(o, *keys);
}

/* Takes what is modelled out of `o`; what is left is `extra`. */
static pawl_err keep_extra(json_object *o, pawl_token *t)
{
        const char *text;

        drop_fields(o, common_fields);
        if (kind_fields[t->kind])
                drop_fields(o, kind_fields[t->kind]);
        if (json_object_object_length(o) == 0)
                return PAWL_OK;
        text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE);
        t->extra = text ? strdup(text) : NULL;
        return t->extra ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static pawl_err parse_common(json_object *o, pawl_token *t, pawl_diag *d)
{
        const char *type = NULL;

        PAWL_TRY(pawl_json_text(o, "type", sizeof(t->type) - 1, NULL, &type, d));
        pawl_copy(t->type, type, strlen(type));
        for (size_t i = 1; i < N_KINDS; i++)
                if (strcmp(type, kinds[i].type) == 0)
                        t->kind = (pawl_token_kind)i;
        return parse_keyslots(o, t, d);
}

pawl_err pawl_token_parse(pawl_span json, pawl_token *ret, pawl_diag *d)
{
        pawl_autotoken pawl_token t = { .id = -1 };
        pawl_autojson json_object *o = NULL;

        if (json.len > PAWL_TOKEN_JSON_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT,
                        "a token of %zu bytes, more than the limit of %u; it was not read",
                        json.len, PAWL_TOKEN_JSON_MAX);
        PAWL_TRY(pawl_json_parse(json, &o, d));
        if (!json_object_is_type(o, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "a token that is no JSON object");
        PAWL_TRY(parse_common(o, &t, d));
        PAWL_TRY(parse_kind(o, &t, d));
        PAWL_TRY(keep_extra(o, &t));
        *ret = t;
        t = (pawl_token){ 0 };
        return PAWL_OK;
}

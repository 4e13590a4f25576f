/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/luks/token.h"

const char *const pawl_token_paddings[PAWL_TOKEN_PADDINGS] = {
        [PAWL_PKCS11_UNSAID] = NULL,
        [PAWL_PKCS11_PKCS1] = "pkcs1",
        [PAWL_PKCS11_OAEP_SHA1] = "oaep-sha1",
        [PAWL_PKCS11_OAEP_SHA256] = "oaep-sha256",
};

static pawl_err format_keyslots(json_object *o, const pawl_token *t)
{
        json_object *a = json_object_new_array();
        char text[12];

        PAWL_TRY(pawl_json_add(o, "keyslots", a));
        for (size_t i = 0; i < t->n_keyslots; i++) {
                json_object *s;

                (void)snprintf(text, sizeof(text), "%d", t->keyslots[i]);
                s = json_object_new_string(text);
                if (!s || json_object_array_add(a, s) != 0) {
                        (void)json_object_put(s);
                        return PAWL_ERR_NO_MEMORY;
                }
        }
        return PAWL_OK;
}

static pawl_err add_buffer(json_object *o, const char *key, const pawl_buffer *b)
{
        return b->len == 0 ? PAWL_OK : pawl_json_add_base64(o, key, pawl_buffer_span(b));
}

static pawl_err format_pin(json_object *o, const pawl_token_tpm2 *t)
{
        if (t->has_pin)
                PAWL_TRY(pawl_json_add(o, "tpm2-pin", json_object_new_boolean(true)));
        PAWL_TRY(add_buffer(o, "tpm2_salt", &t->salt));
        if (t->argon2_memory_bytes == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_json_add(
                o, "tpm2_argon2id_memcost", json_object_new_uint64(t->argon2_memory_bytes)));
        PAWL_TRY(pawl_json_add(
                o, "tpm2_argon2id_iterations", json_object_new_uint64(t->argon2_iterations)));
        return pawl_json_add(o, "tpm2_argon2id_lanes", json_object_new_uint64(t->argon2_lanes));
}

static pawl_err format_signed(json_object *o, const pawl_token_tpm2 *t)
{
        if (t->public_key_pem.len == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_json_add_mask(o, "tpm2_pubkey_pcrs", t->public_key_mask));
        PAWL_TRY(add_buffer(o, "tpm2_pubkey", &t->public_key_pem));
        return t->ref[0] == '\0' ? PAWL_OK : pawl_json_add_text(o, "tpm2_pubkey_ref", t->ref);
}

static pawl_err format_tpm2(json_object *o, const pawl_token_tpm2 *t)
{
        pawl_autofree char *hash = NULL;

        PAWL_TRY(add_buffer(o, "tpm2-blob", &t->blob));
        PAWL_TRY(pawl_json_add_mask(o, "tpm2-pcrs", t->pcr_mask));
        if (t->has_bank)
                PAWL_TRY(pawl_json_add_text(o, "tpm2-pcr-bank", pawl_alg_info_of(t->bank)->name));
        PAWL_TRY(pawl_json_add_text(o, "tpm2-primary-alg", t->is_rsa_primary ? "rsa" : "ecc"));
        PAWL_TRY(pawl_hex_encode(pawl_span_of(t->policy.bytes, sizeof(t->policy.bytes)), &hash));
        PAWL_TRY(pawl_json_add_text(o, "tpm2-policy-hash", hash));
        PAWL_TRY(format_pin(o, t));
        if (t->is_pcrlock)
                PAWL_TRY(pawl_json_add(o, "tpm2_pcrlock", json_object_new_boolean(true)));
        PAWL_TRY(add_buffer(o, "tpm2_pcrlock_nv", &t->pcrlock_nv));
        PAWL_TRY(format_signed(o, t));
        return add_buffer(o, "tpm2_srk", &t->srk);
}

static pawl_err add_need(json_object *o, const char *key, pawl_fido2_need need)
{
        if (need == PAWL_FIDO2_UNSAID)
                return PAWL_OK;
        return pawl_json_add(o, key, json_object_new_boolean(need == PAWL_FIDO2_YES));
}

static pawl_err format_fido2(json_object *o, const pawl_token_fido2 *t)
{
        PAWL_TRY(add_buffer(o, "fido2-credential", &t->credential));
        PAWL_TRY(add_buffer(o, "fido2-salt", &t->salt));
        PAWL_TRY(pawl_json_add_text(o, "fido2-rp", t->rp));
        PAWL_TRY(add_need(o, "fido2-clientPin-required", t->pin));
        PAWL_TRY(add_need(o, "fido2-up-required", t->presence));
        return add_need(o, "fido2-uv-required", t->verification);
}

static pawl_err format_pkcs11(json_object *o, const pawl_token_pkcs11 *t)
{
        PAWL_TRY(pawl_json_add_text(o, "pkcs11-uri", t->uri));
        PAWL_TRY(add_buffer(o, "pkcs11-key", &t->key));
        if (t->padding == PAWL_PKCS11_UNSAID)
                return PAWL_OK;
        return pawl_json_add_text(o, "pkcs11-padding", pawl_token_paddings[t->padding]);
}

static pawl_err format_kind(json_object *o, const pawl_token *t)
{
        switch (t->kind) {
        case PAWL_TOKEN_TPM2:
                return format_tpm2(o, &t->tpm2);
        case PAWL_TOKEN_FIDO2:
                return format_fido2(o, &t->fido2);
        case PAWL_TOKEN_PKCS11:
                return format_pkcs11(o, &t->pkcs11);
        case PAWL_TOKEN_RECOVERY:
        case PAWL_TOKEN_OTHER:
                break;
        }
        return PAWL_OK;
}

/* What we did not know when reading goes back as it was. */
static pawl_err format_extra(json_object *o, const char *extra)
{
        pawl_autojson json_object *more = NULL;

        if (!extra)
                return PAWL_OK;
        PAWL_TRY(pawl_json_parse(pawl_span_str(extra), &more, NULL));
        json_object_object_foreach(more, key, value)
                PAWL_TRY(pawl_json_add(o, key, json_object_get(value)));
        return PAWL_OK;
}

pawl_err pawl_token_format(const pawl_token *t, char **ret, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        const char *text;

        if (t->why || t->type[0] == '\0')
                return pawl_fail(
                        d, PAWL_ERR_REFUSED, "a token that could not be read is not written back");
        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "type", t->type));
        PAWL_TRY(format_keyslots(o, t));
        PAWL_TRY(format_kind(o, t));
        PAWL_TRY(format_extra(o, t->extra));
        text = json_object_to_json_string_ext(
                o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (!text || strlen(text) > PAWL_TOKEN_JSON_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "the token would be larger than %u bytes",
                        PAWL_TOKEN_JSON_MAX);
        *ret = strdup(text);
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

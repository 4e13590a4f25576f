/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs what the rooms tpm and seal offer, for tests that hold the TPM's other end: reads a JSON
 * array of requests from stdin, does them one after another in one conversation, and prints an
 * array of answers: {"err": NAME, "text": diag, "commands": sent for this request, …}. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/pcr.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/seal/clear.h"
#include "userspace/seal/seal.h"

#define REQUEST_MAX (4u << 20)

typedef struct driver {
        pawl_tpm *tpm;
        pawl_tpm_srk *srk; /* from "srk-setup", "srk-find", "srk-import" or "srk-transient" */
        pawl_unsealer *unsealer;
} driver;

static const char *text_of(json_object *o, const char *key)
{
        json_object *v = json_object_object_get(o, key);

        return v ? json_object_get_string(v) : NULL;
}

static bool is_set(json_object *o, const char *key)
{
        return json_object_get_boolean(json_object_object_get(o, key)) != 0;
}

static uint32_t number_of(json_object *o, const char *key)
{
        return (uint32_t)json_object_get_int64(json_object_object_get(o, key));
}

static pawl_err hex_of(json_object *o, const char *key, pawl_buffer *ret)
{
        const char *text = text_of(o, key);

        return pawl_hex_decode(pawl_span_str(text ? text : ""), ret);
}

static pawl_err add_hex(json_object *o, const char *key, pawl_span s)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(s, &hex));
        return json_object_object_add(o, key, json_object_new_string(hex)) == 0
                       ? PAWL_OK
                       : PAWL_ERR_NO_MEMORY;
}

static pawl_err pcr_set_of(json_object *o, pawl_alg bank, pawl_pcr_set *ret)
{
        *ret = (pawl_pcr_set){ .bank = bank };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                pawl_autobuffer pawl_buffer b = { 0 };
                char key[4];

                (void)snprintf(key, sizeof(key), "%u", i);
                if (!o || !json_object_object_get(o, key))
                        continue;
                PAWL_TRY(hex_of(o, key, &b));
                if (b.len != pawl_alg_info_of(bank)->size)
                        return PAWL_ERR_FORMAT;
                ret->mask |= 1u << i;
                ret->values[i].alg = bank;
                pawl_copy(ret->values[i].bytes, b.data, b.len);
        }
        return PAWL_OK;
}

/* {"pem": text, "signed": mask, "ref": text, "literal": {"7": hex}, "bank": name, "pin": bool} */
static pawl_err policy_of(json_object *o, pawl_seal_policy *ret)
{
        const char *pem = text_of(o, "pem"), *bank = text_of(o, "bank");

        *ret = (pawl_seal_policy){ .signed_mask = number_of(o, "signed"),
                .ref = text_of(o, "ref"),
                .has_pin = is_set(o, "pin"),
                .is_literal_unknown = is_set(o, "unknown") };
        ret->public_key_pem = pawl_span_str(pem ? pem : "");
        PAWL_TRY(pawl_alg_from_name(pawl_span_str(bank ? bank : "sha256"), &ret->bank));
        return pcr_set_of(json_object_object_get(o, "literal"), ret->bank, &ret->literal);
}

static pawl_err op_extend(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_digest digests[PAWL_ALG_MAX_];
        size_t n;

        (void)a;
        PAWL_TRY(pawl_tpm_hash_for_banks(
                dr->tpm, pawl_span_str(text_of(q, "text")), digests, &n, d));
        return pawl_tpm_pcr_extend_confirmed(
                dr->tpm, is_set(q, "plain") ? NULL : dr->srk, number_of(q, "pcr"), digests, n, d);
}

static pawl_err op_read(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_pcr_set set;
        pawl_alg bank;
        char key[4];

        PAWL_TRY(pawl_alg_from_name(pawl_span_str(text_of(q, "bank")), &bank));
        PAWL_TRY(pawl_tpm_pcr_read(dr->tpm, bank, number_of(q, "mask"), &set, d));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                (void)snprintf(key, sizeof(key), "%u", i);
                if ((set.mask >> i & 1) != 0)
                        PAWL_TRY(add_hex(a, key, pawl_digest_span(&set.values[i])));
        }
        return PAWL_OK;
}

static pawl_err op_srk(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer given = { 0 }, out = { 0 };
        const char *op = text_of(q, "op");
        bool is_new = false;

        pawl_tpm_srk_free_p(&dr->srk);
        if (strcmp(op, "srk-setup") == 0)
                PAWL_TRY(pawl_tpm_srk_setup(dr->tpm, &dr->srk, &is_new, d));
        else if (strcmp(op, "srk-find") == 0)
                PAWL_TRY(pawl_tpm_srk_find(dr->tpm, &dr->srk, d));
        else if (strcmp(op, "srk-transient") == 0)
                return pawl_tpm_srk_transient(
                        dr->tpm, is_set(q, "rsa"), /* is_legacy= */ true, &dr->srk, d);
        else {
                PAWL_TRY(hex_of(q, "srk", &given));
                PAWL_TRY(pawl_tpm_srk_import(dr->tpm, pawl_buffer_span(&given), &dr->srk, d));
        }
        if (json_object_object_add(a, "is_new", json_object_new_boolean(is_new)) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_tpm_srk_export(dr->tpm, dr->srk, &out, d));
        PAWL_TRY(add_hex(a, "name", pawl_tpm_srk_name(dr->srk)));
        return add_hex(a, "srk", pawl_buffer_span(&out));
}

static pawl_err op_info(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_tpm_info info;

        (void)q;
        PAWL_TRY(pawl_tpm_get_info(dr->tpm, &info, d));
        (void)json_object_object_add(a, "manufacturer", json_object_new_string(info.manufacturer));
        (void)json_object_object_add(a, "banks", json_object_new_int64(info.banks));
        (void)json_object_object_add(a, "has_srk", json_object_new_boolean(info.has_srk));
        (void)json_object_object_add(
                a, "lockout_counter", json_object_new_int64(info.lockout_counter));
        (void)json_object_object_add(a, "in_lockout", json_object_new_boolean(info.in_lockout));
        return PAWL_OK;
}

static pawl_err op_digest(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_policy_digest digest;
        pawl_seal_policy p;

        (void)dr;
        PAWL_TRY(policy_of(json_object_object_get(q, "policy"), &p));
        PAWL_TRY(pawl_seal_policy_digest(&p, &digest, d));
        return add_hex(a, "policy", pawl_span_of(digest.bytes, sizeof(digest.bytes)));
}

static pawl_err op_seal(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer secret = { 0 }, auth = { 0 }, blob = { 0 };
        pawl_policy_digest digest;
        pawl_seal_policy p;

        PAWL_TRY(policy_of(json_object_object_get(q, "policy"), &p));
        PAWL_TRY(hex_of(q, "secret", &secret));
        PAWL_TRY(hex_of(q, "auth", &auth));
        PAWL_TRY(pawl_seal(dr->tpm, dr->srk, &p, pawl_buffer_span(&secret), pawl_buffer_span(&auth),
                &blob, &digest, d));
        PAWL_TRY(pawl_seal_blob_check(pawl_buffer_span(&blob), &digest, d));
        PAWL_TRY(add_hex(a, "policy", pawl_span_of(digest.bytes, sizeof(digest.bytes))));
        return add_hex(a, "blob", pawl_buffer_span(&blob));
}

/* With "more" in the first of several: they share a conversation; "last" in the last one. */
static pawl_err op_unseal(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer blob = { 0 }, auth = { 0 }, ticket = { 0 };
        pawl_autosecret pawl_secret secret = { 0 };
        const char *json = text_of(q, "signatures");
        pawl_span signatures = pawl_span_str(json ? json : "");
        pawl_seal_policy p;

        PAWL_TRY(policy_of(json_object_object_get(q, "policy"), &p));
        PAWL_TRY(hex_of(q, "blob", &blob));
        PAWL_TRY(hex_of(q, "auth", &auth));
        if (is_set(q, "more") && !dr->unsealer)
                PAWL_TRY(pawl_unsealer_new(dr->tpm, dr->srk, signatures, &dr->unsealer, d));
        if (text_of(q, "ticket")) {
                PAWL_TRY(hex_of(q, "ticket", &ticket));
                pawl_unsealer_give_ticket(dr->unsealer, pawl_buffer_span(&ticket));
                pawl_buffer_done(&ticket);
        }
        if (dr->unsealer)
                PAWL_TRY(pawl_unsealer_next(dr->unsealer, &p, pawl_buffer_span(&blob),
                        pawl_buffer_span(&auth), is_set(q, "last"), &secret, d));
        else
                PAWL_TRY(pawl_unseal(dr->tpm, dr->srk, &p, pawl_buffer_span(&blob), signatures,
                        pawl_buffer_span(&auth), &secret, d));
        if (dr->unsealer && pawl_unsealer_take_ticket(dr->unsealer, &ticket, d) == PAWL_OK)
                PAWL_TRY(add_hex(a, "ticket", pawl_buffer_span(&ticket)));
        return add_hex(a, "secret", pawl_secret_span(&secret));
}

static pawl_err op_clear(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        const char *json = text_of(q, "signatures"), *pem = text_of(q, "pem");

        (void)a;
        return pawl_clear_by_policy(
                dr->tpm, pawl_span_str(pem), pawl_span_str(json), PAWL_ALG_SHA256, d);
}

static pawl_err op_limit(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        (void)a;
        (void)d;
        pawl_tpm_limit_total(dr->tpm, number_of(q, "ms"));
        return PAWL_OK;
}

static const struct {
        const char *name;
        pawl_err (*run)(driver *dr, json_object *q, json_object *a, pawl_diag *d);
} ops[] = {
        {"info",           op_info  },
        { "extend",        op_extend},
        { "read",          op_read  },
        { "srk-setup",     op_srk   },
        { "srk-find",      op_srk   },
        { "srk-import",    op_srk   },
        { "srk-transient", op_srk   },
        { "digest",        op_digest},
        { "seal",          op_seal  },
        { "unseal",        op_unseal},
        { "clear",         op_clear },
        { "limit",         op_limit },
};

static pawl_err run_op(driver *dr, json_object *q, json_object *a, pawl_diag *d)
{
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
                if (strcmp(ops[i].name, text_of(q, "op")) == 0)
                        return ops[i].run(dr, q, a, d);
        return pawl_fail(d, PAWL_ERR_USAGE, "no such request");
}

static json_object *answer(driver *dr, json_object *q)
{
        json_object *a = json_object_new_object();
        unsigned before, after;
        pawl_diag d = { 0 };
        size_t bytes;
        pawl_err err;

        pawl_tpm_counters(dr->tpm, &before, &bytes);
        err = run_op(dr, q, a, &d);
        pawl_tpm_counters(dr->tpm, &after, &bytes);
        (void)json_object_object_add(a, "err", json_object_new_string(pawl_err_name(err)));
        (void)json_object_object_add(a, "text", json_object_new_string(d.text));
        (void)json_object_object_add(a, "commands", json_object_new_int64(after - before));
        return a;
}

static void fail_all(json_object *answers, pawl_err err, const pawl_diag *d)
{
        json_object *a = json_object_new_object();

        (void)json_object_object_add(a, "err", json_object_new_string(pawl_err_name(err)));
        (void)json_object_object_add(a, "text", json_object_new_string(pawl_diag_text(d)));
        (void)json_object_array_add(answers, a);
}

int main(int argc, char **argv)
{
        pawl_autojson json_object *requests = NULL, *answers = json_object_new_array();
        pawl_autobuffer pawl_buffer in = { 0 };
        driver dr = { 0 };
        pawl_diag d = { 0 };
        pawl_err err = pawl_file_read("-", REQUEST_MAX, &in, &d);

        if (err == PAWL_OK && argc == 3)
                err = pawl_tpm_open(argv[1], (unsigned)atoi(argv[2]), &dr.tpm, &d);
        if (err == PAWL_OK)
                requests = json_tokener_parse((const char *)in.data);
        if (err != PAWL_OK)
                fail_all(answers, err, &d);
        for (size_t i = 0; requests && i < json_object_array_length(requests); i++)
                (void)json_object_array_add(
                        answers, answer(&dr, json_object_array_get_idx(requests, i)));
        pawl_unsealer_free_p(&dr.unsealer);
        pawl_tpm_srk_free_p(&dr.srk);
        pawl_tpm_close_p(&dr.tpm);
        return pawl_json_print(answers) == PAWL_OK ? 0 : 1;
}

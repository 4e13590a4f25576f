/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/tpm-part.h"

#include <stdlib.h>

#include "userspace/host/hash.h"
#include "userspace/log/log.h"
#include "userspace/seal/boot-policy.h"

struct pawl_tpm_part {
        const pawl_cred_envelope *e; /* whoever wanted it first */
        pawl_store_key *store;       /* for a store credential; on the heap: its policy borrows */
        pawl_seal_policy policy;
        pawl_span blob, srk; /* srk empty: a primary that is made anew */
        bool is_rsa;
        bool is_taken; /* into a group that was unsealed */
        pawl_err err;
        pawl_diag why;
        pawl_secret secret;
};

void pawl_tpm_parts_done(pawl_tpm_parts *p)
{
        for (size_t i = 0; i < p->n; i++) {
                pawl_secret_done(&p->parts[i].secret);
                if (p->parts[i].store)
                        pawl_store_key_done(p->parts[i].store);
                free(p->parts[i].store);
        }
        free(p->parts);
        *p = (pawl_tpm_parts){ 0 };
}

pawl_seal_policy pawl_cred_policy(const pawl_cred_envelope *e)
{
        return (pawl_seal_policy){
                .public_key_pem = e->public_key_pem,
                .signed_mask = (uint32_t)e->signed_mask,
                .literal = {.bank = e->bank, .mask = (uint32_t)e->literal_mask},
                .bank = e->bank,
                .is_literal_unknown = true,
        };
}

static bool wants(const pawl_cred_envelope *e)
{
        return (e->type->parts & (PAWL_CRED_TPM2 | PAWL_CRED_STORE)) != 0;
}

/* A store's credentials need the same part where they are of the same key. */
static bool is_same(const pawl_cred_envelope *a, const pawl_cred_envelope *b)
{
        return a == b || ((a->type->parts & b->type->parts & PAWL_CRED_STORE) != 0 &&
                                 pawl_span_equal(a->store_id, b->store_id));
}

static pawl_tpm_part *find(const pawl_tpm_parts *p, const pawl_cred_envelope *e)
{
        for (size_t i = p->n; i > 0; i--)
                if (is_same(p->parts[i - 1].e, e))
                        return &p->parts[i - 1];
        return NULL;
}

static pawl_err fill_store(pawl_tpm_part *part, const char *folder, pawl_diag *d)
{
        part->store = calloc(1, sizeof(*part->store));
        if (!part->store)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_store_key_read(folder, part->e->store_id, part->store, d));
        part->policy = part->store->policy;
        part->blob = pawl_buffer_span(&part->store->blob);
        part->srk = pawl_buffer_span(&part->store->srk);
        return PAWL_OK;
}

static pawl_err fill(pawl_tpm_part *part, const char *folder, pawl_diag *d)
{
        if (part->e->type->parts & PAWL_CRED_STORE)
                return fill_store(part, folder, d);
        part->policy = pawl_cred_policy(part->e);
        part->blob = part->e->blob;
        part->srk = part->e->srk;
        part->is_rsa = part->e->is_rsa;
        return PAWL_OK;
}

static pawl_err grow(pawl_tpm_parts *p)
{
        size_t capacity = p->capacity > 0 ? 2 * p->capacity : 16;
        pawl_tpm_part *parts;

        if (p->n < p->capacity)
                return PAWL_OK;
        parts = reallocarray(p->parts, capacity, sizeof(*parts));
        if (!parts)
                return PAWL_ERR_NO_MEMORY;
        p->parts = parts;
        p->capacity = capacity;
        return PAWL_OK;
}

pawl_err pawl_tpm_parts_want(
        pawl_tpm_parts *p, const char *store, const pawl_cred_envelope *e, pawl_diag *d)
{
        pawl_tpm_part *part;

        if (!wants(e) || ((e->type->parts & PAWL_CRED_STORE) && find(p, e)))
                return PAWL_OK;
        if (grow(p) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "opening credentials: out of memory");
        part = &p->parts[p->n++];
        *part = (pawl_tpm_part){ .e = e };
        part->err = fill(part, store, &part->why);
        return PAWL_OK;
}

/* --- asking --- */

static bool is_group(const pawl_tpm_part *a, const pawl_tpm_part *b)
{
        return pawl_span_equal(a->srk, b->srk) && (a->srk.len > 0 || a->is_rsa == b->is_rsa);
}

static bool is_next(const pawl_tpm_part *first, const pawl_tpm_part *part)
{
        return !part->is_taken && part->err == PAWL_OK && is_group(first, part);
}

static pawl_err find_parent(
        pawl_tpm *t, const pawl_tpm_part *part, pawl_tpm_srk **ret, pawl_diag *d)
{
        return part->srk.len > 0
                       ? pawl_tpm_srk_import(t, part->srk, ret, d)
                       : pawl_tpm_srk_transient(t, part->is_rsa, /* is_legacy= */ true, ret, d);
}

static void fail_group(pawl_tpm_parts *p, size_t start, pawl_err err, const pawl_diag *why)
{
        const pawl_tpm_part key = p->parts[start];

        for (size_t i = start; i < p->n; i++)
                if (is_next(&key, &p->parts[i])) {
                        p->parts[i].err = err;
                        p->parts[i].why = *why;
                }
}

/* The last one of a group takes its session along, which saves a command. */
static void unseal_group(pawl_tpm_parts *p, pawl_unsealer *u, size_t start, unsigned *n_unsealed)
{
        const pawl_tpm_part key = p->parts[start];
        size_t n_left = 0;

        for (size_t i = start; i < p->n; i++)
                n_left += is_next(&key, &p->parts[i]);
        for (size_t i = start; i < p->n; i++) {
                pawl_tpm_part *part = &p->parts[i];

                if (!is_next(&key, part))
                        continue;
                part->is_taken = true;
                part->err = pawl_unsealer_next(u, &part->policy, part->blob, PAWL_SPAN_NULL,
                        --n_left == 0, &part->secret, &part->why);
                *n_unsealed += part->err == PAWL_OK;
        }
}

/* Without a log the first signature is tried first. */
static void guess(pawl_unsealer *u, const pawl_seal_policy *policy, const pawl_logs *logs)
{
        pawl_policy_digest pol = { 0 };
        pawl_pcr_set pcrs = { .bank = policy->bank, .mask = policy->signed_mask };
        pawl_replay r;

        if (policy->signed_mask == 0 || !logs->has_firmware ||
                pawl_logs_replay(logs, policy->bank, &r, NULL) != PAWL_OK)
                return;
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                pcrs.values[i] = r.pcrs[i];
        if (pawl_policy_pcr(&pawl_openssl_hasher, &pol, &pcrs) == PAWL_OK)
                pawl_unsealer_guess(u, &pol);
}

static void open_group(pawl_tpm_parts *p, pawl_tpm *t, size_t start, pawl_span signatures,
        const pawl_logs *logs, pawl_cred_open_cost *cost)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_autounsealer pawl_unsealer *u = NULL;
        pawl_diag why = { 0 };
        pawl_err err = find_parent(t, &p->parts[start], &srk, &why);

        if (err == PAWL_OK)
                err = pawl_unsealer_new(t, srk, signatures, &u, &why);
        if (err == PAWL_OK) {
                guess(u, &p->parts[start].policy, logs);
                unseal_group(p, u, start, &cost->n_unsealed);
        } else
                fail_group(p, start, err, &why);
}

/* Without signatures what is signed does not open; the rest does. */
static void read_signatures(pawl_tpm_parts *p, const char *path, pawl_buffer *ret)
{
        bool is_wanted = false;
        pawl_diag why = { 0 };
        pawl_err err;

        for (size_t i = 0; i < p->n; i++)
                is_wanted |= p->parts[i].err == PAWL_OK && p->parts[i].policy.signed_mask != 0;
        err = is_wanted ? pawl_image_signatures(path, ret, &why) : PAWL_OK;
        for (size_t i = 0; i < p->n && err != PAWL_OK; i++)
                if (p->parts[i].err == PAWL_OK && p->parts[i].policy.signed_mask != 0) {
                        p->parts[i].err = err;
                        p->parts[i].why = why;
                }
}

static void fail_all(pawl_tpm_parts *p, pawl_err err, const pawl_diag *why)
{
        for (size_t i = 0; i < p->n; i++)
                if (p->parts[i].err == PAWL_OK) {
                        p->parts[i].err = err;
                        p->parts[i].why = *why;
                }
}

static bool any_left(const pawl_tpm_parts *p)
{
        for (size_t i = 0; i < p->n; i++)
                if (p->parts[i].err == PAWL_OK && !p->parts[i].is_taken)
                        return true;
        return false;
}

void pawl_tpm_parts_unseal(
        pawl_tpm_parts *p, const pawl_cred_open_options *o, pawl_cred_open_cost *ret_cost)
{
        pawl_autobuffer pawl_buffer signatures = { 0 };
        pawl_autologs pawl_logs logs = { 0 };
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_cred_open_cost cost = { 0 };
        size_t n_bytes = 0;
        pawl_diag why = { 0 };
        pawl_err err;

        *ret_cost = cost;
        read_signatures(p, o->signature, &signatures);
        if (!any_left(p))
                return;
        if (signatures.len > 0 &&
                pawl_logs_load(o->firmware_log, o->user_log, &logs, NULL) != PAWL_OK)
                logs.has_firmware = false; /* it only makes a guess better */
        err = pawl_tpm_open_patient(
                o->tpm, PAWL_TPM_DEADLINE_MS, o->wait_ms, o->say_waiting, &t, &why);
        if (err != PAWL_OK) {
                fail_all(p, err, &why);
                return;
        }
        for (size_t i = 0; i < p->n; i++)
                if (p->parts[i].err == PAWL_OK && !p->parts[i].is_taken)
                        open_group(p, t, i, pawl_buffer_span(&signatures), &logs, &cost);
        pawl_tpm_counters(t, &cost.n_commands, &n_bytes);
        *ret_cost = cost;
}

pawl_err pawl_tpm_parts_get(
        const pawl_tpm_parts *p, const pawl_cred_envelope *e, pawl_span *ret, pawl_diag *d)
{
        const pawl_tpm_part *part = wants(e) ? find(p, e) : NULL;

        *ret = PAWL_SPAN_NULL;
        if (!part)
                return PAWL_OK;
        if (part->err != PAWL_OK) {
                if (d)
                        *d = part->why;
                return part->err;
        }
        *ret = pawl_secret_span(&part->secret);
        return PAWL_OK;
}

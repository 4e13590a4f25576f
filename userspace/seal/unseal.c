/* SPDX-License-Identifier: BSD-2-Clause */
/* One unseal: [Import], Load, [LoadExternal, VerifySignature, FlushContext], StartAuthSession,
 * [PolicyPCR of the signed PCRs, PolicyAuthorize], [PolicyPCR of the literal ones],
 * [PolicyAuthValue], Unseal (which ends the session), FlushContext. */
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/seal/blob.h"
#include "userspace/seal/explain.h"
#include "userspace/seal/pcrsig.h"
#include "userspace/seal/policy.h"
#include "userspace/seal/ticket.h"
#include "userspace/tpm/esys.h"

#define PCR_CHANGED_TRIES 5

struct pawl_unsealer {
        pawl_tpm *tpm;
        const pawl_tpm_srk *srk;
        pawl_span signature_json;
        pawl_tpm_object session; /* kept from one unseal to the next */
        pawl_ticket ticket;
        bool has_guess;
        pawl_policy_digest guess; /* of the signed PCRs as they are now */
};

/* What is to be unsealed, and how its policy is satisfied. */
typedef struct job {
        const pawl_seal_policy *policy;
        pawl_policy_key key;
        pawl_pcr_signature *rows; /* that may fit */
        size_t n_rows, row;       /* `row` is tried first */
        ESYS_TR object;
        bool ends_session;
} job;

static void job_done(job *j)
{
        pawl_pcr_signatures_free(j->rows, j->n_rows);
}

pawl_err pawl_unsealer_new(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_span signature_json,
        pawl_unsealer **ret, pawl_diag *d)
{
        pawl_unsealer *u = calloc(1, sizeof(*u));

        if (!u)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "unsealing: out of memory");
        *u = (pawl_unsealer){ .tpm = t,
                .srk = srk,
                .signature_json = signature_json,
                .session = PAWL_TPM_OBJECT(t) };
        *ret = u;
        return PAWL_OK;
}

void pawl_unsealer_free_p(pawl_unsealer **u)
{
        if (!*u)
                return;
        pawl_tpm_object_flush_p(&(*u)->session);
        free(*u);
        *u = NULL;
}

void pawl_unsealer_guess(pawl_unsealer *u, const pawl_policy_digest *pol)
{
        u->guess = *pol;
        u->has_guess = true;
}

void pawl_unsealer_give_ticket(pawl_unsealer *u, pawl_span ticket)
{
        pawl_ticket read;

        if (pawl_ticket_read(ticket, &read) == PAWL_OK)
                u->ticket = read;
}

pawl_err pawl_unsealer_take_ticket(const pawl_unsealer *u, pawl_buffer *ret, pawl_diag *d)
{
        pawl_err err = pawl_ticket_write(&u->ticket, ret);

        return err == PAWL_OK ? PAWL_OK
                              : pawl_fail(d, err, "no ticket: nothing signed was unsealed");
}

static pawl_err policy_pcr(pawl_unsealer *u, pawl_alg bank, uint32_t mask,
        const TPM2B_DIGEST *values, TSS2_RC *ret_rc, pawl_diag *d)
{
        TPML_PCR_SELECTION selection = pawl_tpm_selection(bank, mask);

        *ret_rc = Esys_PolicyPCR(u->tpm->esys, u->session.handle, ESYS_TR_NONE, ESYS_TR_NONE,
                ESYS_TR_NONE, values, &selection);
        return pawl_tpm_rc(u->tpm, *ret_rc, d, "binding to PCRs");
}

static pawl_err policy_authorize(pawl_unsealer *u, const job *j, TSS2_RC *ret_rc, pawl_diag *d)
{
        TPM2B_DIGEST approved = { .size = PAWL_SHA256_SIZE };
        TPM2B_NAME name = { .size = PAWL_NAME_SIZE };
        TPM2B_NONCE nonce = { 0 };
        size_t nonce_len;

        pawl_copy(approved.buffer, u->ticket.pol.bytes, PAWL_SHA256_SIZE);
        pawl_copy(name.name, j->key.name, PAWL_NAME_SIZE);
        PAWL_TRY(pawl_policy_ref_nonce(
                &pawl_openssl_hasher, j->policy->ref, nonce.buffer, &nonce_len));
        nonce.size = (UINT16)nonce_len;
        *ret_rc = Esys_PolicyAuthorize(u->tpm->esys, u->session.handle, ESYS_TR_NONE, ESYS_TR_NONE,
                ESYS_TR_NONE, &approved, &nonce, &name, &u->ticket.verified);
        return pawl_tpm_rc(u->tpm, *ret_rc, d, "taking the image's signature");
}

static pawl_err explain(pawl_unsealer *u, const job *j, pawl_diag *d)
{
        return pawl_seal_explain(u->tpm, j->policy, &j->key, u->signature_json, d);
}

/* The row for what the PCRs are now. False if there is none. */
static pawl_err find_row_now(pawl_unsealer *u, job *j, bool *ret_found, pawl_diag *d)
{
        pawl_policy_digest pol = { 0 };
        pawl_pcr_set now;

        *ret_found = false;
        PAWL_TRY(pawl_tpm_pcr_read(u->tpm, j->policy->bank, j->policy->signed_mask, &now, d));
        PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &pol, &now));
        for (size_t i = 0; i < j->n_rows && !*ret_found; i++)
                if (i != j->row &&
                        pawl_equal_ct(pol.bytes, j->rows[i].pol.bytes, sizeof(pol.bytes))) {
                        j->row = i;
                        *ret_found = true;
                }
        return PAWL_OK;
}

static pawl_err get_ticket(pawl_unsealer *u, const job *j, pawl_diag *d)
{
        const pawl_pcr_signature *row = &j->rows[j->row];

        return pawl_ticket_fits(&u->ticket, &j->key, row)
                       ? PAWL_OK
                       : pawl_ticket_get(u->tpm, &j->key, row, &u->ticket, d);
}

/* A kept ticket is worth nothing after the TPM was cleared, or if somebody changed it: whatever the
 * TPM has against it (VALUE for a wrong HMAC), a new one is asked for. */
static pawl_err authorize_with_kept_or_new(pawl_unsealer *u, job *j, TSS2_RC *ret_rc, pawl_diag *d)
{
        pawl_err err = policy_authorize(u, j, ret_rc, d);

        if (!u->ticket.is_kept || pawl_tpm_rc_base(*ret_rc) == 0)
                return err;
        u->ticket.is_valid = false;
        PAWL_TRY(get_ticket(u, j, d));
        return policy_authorize(u, j, ret_rc, d);
}

/* The first row is a guess (usually it is the only one, or the initrd's); what it costs to be wrong
 * is one read. */
static pawl_err satisfy_signed(pawl_unsealer *u, job *j, pawl_diag *d)
{
        static const TPM2B_DIGEST as_they_are = { 0 };
        bool found;
        pawl_err err;
        TSS2_RC rc = TSS2_RC_SUCCESS;

        PAWL_TRY(policy_pcr(u, j->policy->bank, j->policy->signed_mask, &as_they_are, &rc, d));
        err = authorize_with_kept_or_new(u, j, &rc, d);
        if (pawl_tpm_rc_base(rc) != TPM2_RC_VALUE)
                return err;
        PAWL_TRY(find_row_now(u, j, &found, d));
        if (!found)
                return explain(u, j, d);
        PAWL_TRY(get_ticket(u, j, d));
        err = policy_authorize(u, j, &rc, d);
        return pawl_tpm_rc_base(rc) == TPM2_RC_VALUE ? explain(u, j, d) : err;
}

/* H(values), as TPM2_PolicyPCR compares it. */
static pawl_err values_digest(const pawl_pcr_set *set, TPM2B_DIGEST *ret)
{
        pawl_span parts[PAWL_PCR_COUNT];
        pawl_digest h;
        size_t n = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((set->mask >> i & 1) != 0)
                        parts[n++] = pawl_span_of(
                                set->values[i].bytes, pawl_alg_info_of(set->bank)->size);
        PAWL_TRY(pawl_openssl_hasher.hash(
                pawl_openssl_hasher.ctx, PAWL_ALG_SHA256, parts, n, /* n_zeros= */ 0, &h));
        ret->size = PAWL_SHA256_SIZE;
        pawl_copy(ret->buffer, h.bytes, PAWL_SHA256_SIZE);
        return PAWL_OK;
}

static pawl_err satisfy_literal(pawl_unsealer *u, const job *j, pawl_diag *d)
{
        const pawl_pcr_set *literal = &j->policy->literal;
        TPM2B_DIGEST values = { 0 };
        pawl_err err;
        TSS2_RC rc;

        if (!j->policy->is_literal_unknown)
                PAWL_TRY(values_digest(literal, &values));
        err = policy_pcr(u, literal->bank, literal->mask, &values, &rc, d);
        return pawl_tpm_rc_base(rc) == TPM2_RC_VALUE ? explain(u, j, d) : err;
}

static pawl_err satisfy(pawl_unsealer *u, job *j, pawl_diag *d)
{
        if (j->policy->signed_mask != 0)
                PAWL_TRY(satisfy_signed(u, j, d));
        if (j->policy->literal.mask != 0)
                PAWL_TRY(satisfy_literal(u, j, d));
        if (!j->policy->has_pin)
                return PAWL_OK;
        return pawl_tpm_rc(u->tpm,
                Esys_PolicyAuthValue(
                        u->tpm->esys, u->session.handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE),
                d, "binding to the PIN");
}

/* What a person needs to know before the next try. */
static pawl_err tell_wrong_pin(pawl_unsealer *u, pawl_diag *d)
{
        pawl_tpm_info info;

        PAWL_TRY(pawl_tpm_get_lockout(u->tpm, &info, d));
        return pawl_fail(d, PAWL_ERR_KEY, "%s: the PIN is wrong; %u of %u tries are left",
                u->tpm->name,
                info.max_auth_fail > info.lockout_counter
                        ? info.max_auth_fail - info.lockout_counter
                        : 0,
                info.max_auth_fail);
}

/* An interval after the last wrong try the TPM forgets one of them. */
static pawl_err tell_locked(pawl_unsealer *u, pawl_diag *d)
{
        pawl_tpm_info info;

        PAWL_TRY(pawl_tpm_get_lockout(u->tpm, &info, d));
        return pawl_fail(d, PAWL_ERR_TPM_LOCKOUT,
                "%s: the PIN is locked, %u of %u tries, free again in %u s or less; what needs no "
                "PIN still opens, and so does the recovery key",
                u->tpm->name, info.lockout_counter, info.max_auth_fail, info.lockout_interval_s);
}

static void sensitive_free_p(TPM2B_SENSITIVE_DATA **s)
{
        if (*s)
                pawl_wipe(*s, sizeof(**s));
        Esys_Free(*s);
}

static pawl_err take_secret(pawl_unsealer *u, const job *j, pawl_secret *ret, pawl_diag *d)
{
        pawl_cleanup(sensitive_free_p) TPM2B_SENSITIVE_DATA *out = NULL;
        TPMA_SESSION more = j->ends_session ? 0 : TPMA_SESSION_CONTINUESESSION;
        TSS2_RC rc;

        PAWL_TRY(pawl_tpm_session_set(u->tpm, u->session.handle, TPMA_SESSION_ENCRYPT | more, d));
        rc = Esys_Unseal(
                u->tpm->esys, j->object, u->session.handle, ESYS_TR_NONE, ESYS_TR_NONE, &out);
        pawl_tpm_wipe_buffer(u->tpm);
        if (rc == TSS2_RC_SUCCESS && j->ends_session)
                pawl_tpm_object_gone(&u->session);
        if (pawl_tpm_rc_base(rc) == TPM2_RC_POLICY_FAIL)
                return explain(u, j, d);
        if (j->policy->has_pin && (pawl_tpm_rc_base(rc) == TPM2_RC_AUTH_FAIL ||
                                          pawl_tpm_rc_base(rc) == TPM2_RC_BAD_AUTH))
                return tell_wrong_pin(u, d);
        if (j->policy->has_pin && pawl_tpm_rc_base(rc) == TPM2_RC_LOCKOUT)
                return tell_locked(u, d);
        PAWL_TRY(pawl_tpm_rc(u->tpm, rc, d, "unsealing"));
        return pawl_secret_dup(pawl_span_of(out->buffer, out->size), ret);
}

static pawl_err attempt(pawl_unsealer *u, job *j, pawl_secret *ret, pawl_diag *d)
{
        if (u->session.handle == ESYS_TR_NONE)
                PAWL_TRY(pawl_tpm_session_start(
                        u->tpm, u->srk, PAWL_TPM_POLICY, &u->session.handle, d));
        PAWL_TRY(satisfy(u, j, d));
        return take_secret(u, j, ret, d);
}

/* A PCR that was extended between the policy and the unseal (BUSY) costs another attempt. A session
 * that failed is of no use to anybody. */
static pawl_err attempts(pawl_unsealer *u, job *j, pawl_secret *ret, pawl_diag *d)
{
        pawl_err err = PAWL_ERR_BUSY;

        for (unsigned i = 0; i < PCR_CHANGED_TRIES && err == PAWL_ERR_BUSY; i++) {
                err = attempt(u, j, ret, d);
                if (err != PAWL_OK)
                        pawl_tpm_object_flush_p(&u->session);
        }
        return err;
}

static pawl_err find_rows(pawl_unsealer *u, job *j, pawl_diag *d)
{
        if (j->policy->signed_mask == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_policy_key_parse(j->policy->public_key_pem, &j->key, d));
        PAWL_TRY(pawl_pcr_rows_find(u->signature_json, &j->key, j->policy, /* any_ref= */ false,
                &j->rows, &j->n_rows, d));
        for (size_t i = 0; i < j->n_rows; i++)
                if (u->has_guess &&
                        pawl_equal_ct(u->guess.bytes, j->rows[i].pol.bytes, sizeof(u->guess.bytes)))
                        j->row = i;
        for (size_t i = 0; i < j->n_rows; i++)
                if (pawl_ticket_fits(&u->ticket, &j->key, &j->rows[i]))
                        j->row = i;
        return PAWL_OK;
}

static pawl_err give_auth(pawl_unsealer *u, ESYS_TR object, pawl_span auth, pawl_diag *d)
{
        TPM2B_AUTH value = { .size = (UINT16)auth.len };
        pawl_err err;

        if (auth.len > PAWL_SHA256_SIZE)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "unsealing: the PIN's value is too long");
        pawl_copy(value.buffer, auth.data, auth.len);
        err = pawl_tpm_rc(
                u->tpm, Esys_TR_SetAuth(u->tpm->esys, object, &value), d, "using the PIN");
        pawl_wipe(&value, sizeof(value));
        return err;
}

static pawl_err check_known_policy(const pawl_seal_policy *p, pawl_span blob, pawl_diag *d)
{
        pawl_policy_digest digest;

        PAWL_TRY(pawl_seal_policy_check(p, d));
        if (p->literal.mask != 0 && p->is_literal_unknown)
                return PAWL_OK;
        PAWL_TRY(pawl_seal_policy_digest(p, &digest, d));
        return pawl_seal_blob_check(blob, &digest, d);
}

pawl_err pawl_unsealer_next(pawl_unsealer *u, const pawl_seal_policy *p, pawl_span blob,
        pawl_span auth, bool is_last, pawl_secret *ret, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object object = PAWL_TPM_OBJECT(u->tpm);
        /* tss2 does not forget that a session needed an authValue, so it is not used again */
        pawl_cleanup(job_done) job j = { .policy = p, .ends_session = is_last || p->has_pin };

        PAWL_TRY(check_known_policy(p, blob, d));
        PAWL_TRY(find_rows(u, &j, d));
        if (p->has_pin) /* one that served others without PIN before */
                pawl_tpm_object_flush_p(&u->session);
        PAWL_TRY(pawl_seal_load(u->tpm, u->srk, blob, &object, d));
        j.object = object.handle;
        PAWL_TRY(give_auth(u, j.object, auth, d));
        if (p->signed_mask != 0) {
                if (j.n_rows == 0)
                        return explain(u, &j, d);
                PAWL_TRY(get_ticket(u, &j, d));
        }
        return attempts(u, &j, ret, d);
}

pawl_err pawl_unseal(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_seal_policy *p,
        pawl_span blob, pawl_span signature_json, pawl_span auth, pawl_secret *ret, pawl_diag *d)
{
        pawl_autounsealer pawl_unsealer *u = NULL;

        PAWL_TRY(pawl_unsealer_new(t, srk, signature_json, &u, d));
        return pawl_unsealer_next(u, p, blob, auth, /* is_last= */ true, ret, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/clear.h"

#include "core/phase.h"
#include "userspace/host/hash.h"
#include "userspace/seal/ticket.h"
#include "userspace/tpm/esys.h"

#define PCR_SECURE 7u
#define PCR_KERNEL 11u

pawl_err pawl_clear_policy_digest(pawl_span public_key_pem, const pawl_pcr_set *secure_boot,
        pawl_policy_digest *ret, pawl_diag *d)
{
        const pawl_hasher *h = &pawl_openssl_hasher;
        pawl_policy_digest digest = { 0 };
        pawl_policy_key key;

        PAWL_TRY(pawl_policy_key_parse(public_key_pem, &key, d));
        PAWL_TRY(pawl_policy_authorize(
                h, &digest, pawl_span_of(key.name, sizeof(key.name)), PAWL_REF_FACTORY_RESET));
        PAWL_TRY(pawl_policy_pcr(h, &digest, secure_boot));
        PAWL_TRY(pawl_policy_command_code(h, &digest, TPM2_CC_Clear));
        *ret = digest;
        return PAWL_OK;
}

/* The signature for what PCR 11 is now. */
static pawl_err find_row(pawl_tpm *t, const pawl_seal_policy *p, const pawl_pcr_signature *rows,
        size_t n, const pawl_pcr_signature **ret, pawl_diag *d)
{
        pawl_policy_digest pol = { 0 };
        pawl_pcr_set now;

        PAWL_TRY(pawl_tpm_pcr_read(t, p->bank, p->signed_mask, &now, d));
        PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &pol, &now));
        for (size_t i = 0; i < n; i++)
                if (pawl_equal_ct(pol.bytes, rows[i].pol.bytes, sizeof(pol.bytes))) {
                        *ret = &rows[i];
                        return PAWL_OK;
                }
        return pawl_fail(d, PAWL_ERR_TPM_POLICY,
                "PCR 11: the image has no signature for this state under the reference "
                "\"" PAWL_REF_FACTORY_RESET "\"");
}

static pawl_err policy_pcr(pawl_tpm *t, ESYS_TR session, pawl_alg bank, unsigned pcr, pawl_diag *d)
{
        static const TPM2B_DIGEST as_they_are = { 0 };
        TPML_PCR_SELECTION selection = pawl_tpm_selection(bank, 1u << pcr);

        return pawl_tpm_rc(t,
                Esys_PolicyPCR(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        &as_they_are, &selection),
                d, "binding to PCR %u", pcr);
}

static pawl_err authorize(pawl_tpm *t, ESYS_TR session, const pawl_policy_key *key,
        const pawl_pcr_signature *row, pawl_diag *d)
{
        pawl_ticket ticket = { 0 };
        TPM2B_DIGEST approved = { .size = PAWL_SHA256_SIZE };
        TPM2B_NAME name = { .size = PAWL_NAME_SIZE };
        TPM2B_NONCE nonce = { 0 };
        size_t nonce_len = 0;

        PAWL_TRY(pawl_ticket_get(t, key, row, &ticket, d));
        pawl_copy(approved.buffer, row->pol.bytes, PAWL_SHA256_SIZE);
        pawl_copy(name.name, key->name, PAWL_NAME_SIZE);
        PAWL_TRY(pawl_policy_ref_nonce(
                &pawl_openssl_hasher, PAWL_REF_FACTORY_RESET, nonce.buffer, &nonce_len));
        nonce.size = (UINT16)nonce_len;
        return pawl_tpm_rc(t,
                Esys_PolicyAuthorize(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        &approved, &nonce, &name, &ticket.verified),
                d, "taking the image's signature");
}

/* No secret crosses the bus, so the session needs no salt. */
static pawl_err start(pawl_tpm *t, ESYS_TR *ret, pawl_diag *d)
{
        static const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

        return pawl_tpm_rc(t,
                Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256,
                        ret),
                d, "starting a session");
}

static pawl_err clear(pawl_tpm *t, const pawl_policy_key *key, const pawl_pcr_signature *row,
        pawl_alg bank, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);
        TSS2_RC rc;

        PAWL_TRY(start(t, &session.handle, d));
        PAWL_TRY(policy_pcr(t, session.handle, bank, PCR_KERNEL, d));
        PAWL_TRY(authorize(t, session.handle, key, row, d));
        PAWL_TRY(policy_pcr(t, session.handle, bank, PCR_SECURE, d));
        PAWL_TRY(pawl_tpm_rc(t,
                Esys_PolicyCommandCode(t->esys, session.handle, ESYS_TR_NONE, ESYS_TR_NONE,
                        ESYS_TR_NONE, TPM2_CC_Clear),
                d, "binding to clearing"));
        rc = Esys_Clear(t->esys, ESYS_TR_RH_LOCKOUT, session.handle, ESYS_TR_NONE, ESYS_TR_NONE);
        if (pawl_tpm_rc_base(rc) == TPM2_RC_POLICY_FAIL ||
                pawl_tpm_rc_base(rc) == TPM2_RC_AUTH_TYPE)
                return pawl_fail(d, PAWL_ERR_TPM_POLICY,
                        "the TPM's lockout policy is not the one of this image ('pawl tpm setup' "
                        "sets it)");
        return pawl_tpm_rc(t, rc, d, "clearing the TPM");
}

pawl_err pawl_clear_by_policy(pawl_tpm *t, pawl_span public_key_pem, pawl_span signature_json,
        pawl_alg bank, pawl_diag *d)
{
        const pawl_seal_policy p = { .public_key_pem = public_key_pem,
                .signed_mask = 1u << PCR_KERNEL,
                .ref = PAWL_REF_FACTORY_RESET,
                .bank = bank,
                .literal.bank = bank };
        const pawl_pcr_signature *row = NULL;
        pawl_pcr_signature *rows = NULL;
        pawl_policy_key key;
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_policy_key_parse(public_key_pem, &key, d));
        PAWL_TRY(pawl_pcr_signatures_find(signature_json, &p, &rows, &n, d));
        err = find_row(t, &p, rows, n, &row, d);
        if (err == PAWL_OK)
                err = clear(t, &key, row, bank, d);
        pawl_pcr_signatures_free(rows, n);
        return err;
}

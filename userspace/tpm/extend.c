/* SPDX-License-Identifier: BSD-2-Clause */
/* Extending a PCR so that an interposer cannot swallow it unseen: the response HMAC of a salted
 * session is made by whoever holds the SRK's private part, and the value read back in the same
 * session must be the one that follows from the value before. */
#include "core/pcr.h"
#include "userspace/host/hash.h"
#include "userspace/tpm/pcr.h"

/* One PCR in every bank that is extended. */
typedef struct bank_values {
        pawl_digest of[PAWL_ALG_MAX_];
} bank_values;

static pawl_err read_banks(pawl_tpm *t, ESYS_TR session, unsigned pcr, const pawl_digest *digests,
        size_t n, bank_values *ret, pawl_diag *d)
{
        for (size_t i = 0; i < n; i++) {
                pawl_pcr_set set;

                PAWL_TRY(pawl_tpm_pcr_read_in(t, session, digests[i].alg, 1u << pcr, &set, d));
                ret->of[i] = set.values[pcr];
        }
        return PAWL_OK;
}

/* A bank without a digest would stay behind, and a policy over it would not see the measurement. */
static pawl_err check_banks(pawl_tpm *t, const pawl_digest *digests, size_t n, pawl_diag *d)
{
        uint32_t banks, given = 0;

        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        for (size_t i = 0; i < n && n <= PAWL_ALG_MAX_; i++)
                given |= 1u << digests[i].alg;
        if (given != banks || n > PAWL_ALG_MAX_)
                return pawl_fail(d, PAWL_ERR_INTERNAL,
                        "%s: a measurement must go to every active PCR bank at once", t->name);
        return PAWL_OK;
}

static pawl_err extend(pawl_tpm *t, ESYS_TR session, unsigned pcr, const pawl_digest *digests,
        size_t n, pawl_diag *d)
{
        TPML_DIGEST_VALUES values = { .count = (UINT32)n };

        for (size_t i = 0; i < n; i++) {
                const pawl_alg_info *info = pawl_alg_info_of(digests[i].alg);

                values.digests[i].hashAlg = info->tpm_id;
                pawl_copy(&values.digests[i].digest, digests[i].bytes, info->size);
        }
        return pawl_tpm_rc(t,
                Esys_PCR_Extend(t->esys, (ESYS_TR)(ESYS_TR_PCR0 + pcr), session, ESYS_TR_NONE,
                        ESYS_TR_NONE, &values),
                d, "extending PCR %u", pcr);
}

static pawl_err compare(const pawl_tpm *t, unsigned pcr, const pawl_digest *digests, size_t n,
        bank_values *before, const bank_values *after, pawl_diag *d)
{
        for (size_t i = 0; i < n; i++) {
                PAWL_TRY(pawl_pcr_extend(&pawl_openssl_hasher, &before->of[i], &digests[i]));
                if (!pawl_span_equal(
                            pawl_digest_span(&before->of[i]), pawl_digest_span(&after->of[i])))
                        return pawl_fail(d, PAWL_ERR_TPM_UNTRUSTED,
                                "%s: extending PCR %u: the TPM says done, but the %s bank does not "
                                "hold the new value; something between drops commands",
                                t->name, pcr, pawl_alg_info_of(digests[i].alg)->name);
        }
        return PAWL_OK;
}

static pawl_err extend_and_read_back(pawl_tpm *t, ESYS_TR session, unsigned pcr,
        const pawl_digest *digests, size_t n, pawl_diag *d)
{
        bool is_hmac = session != ESYS_TR_NONE;
        bank_values before, after;

        if (is_hmac)
                PAWL_TRY(pawl_tpm_session_set(
                        t, session, TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_AUDIT, d));
        PAWL_TRY(read_banks(t, session, pcr, digests, n, &before, d));
        PAWL_TRY(extend(t, is_hmac ? session : ESYS_TR_PASSWORD, pcr, digests, n, d));
        PAWL_TRY(read_banks(t, session, pcr, digests, n, &after, d));
        return compare(t, pcr, digests, n, &before, &after, d);
}

pawl_err pawl_tpm_pcr_extend_confirmed(pawl_tpm *t, const pawl_tpm_srk *srk, unsigned pcr,
        const pawl_digest *digests, size_t n_digests, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object session = PAWL_TPM_OBJECT(t);

        if (pcr >= PAWL_PCR_COUNT)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "PCR %u does not exist", pcr);
        PAWL_TRY(check_banks(t, digests, n_digests, d));
        if (srk)
                PAWL_TRY(pawl_tpm_session_start(t, srk, PAWL_TPM_HMAC, &session.handle, d));
        return extend_and_read_back(t, session.handle, pcr, digests, n_digests, d);
}

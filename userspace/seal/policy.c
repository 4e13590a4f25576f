/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/seal/policy-key.h"
#include "userspace/seal/policy.h"

static pawl_err bad(pawl_diag *d, const char *why)
{
        return pawl_fail(d, PAWL_ERR_FORMAT, "policy: %s", why);
}

pawl_err pawl_seal_policy_check(const pawl_seal_policy *p, pawl_diag *d)
{
        size_t ref_len = p->ref ? strlen(p->ref) : 0;

        if ((p->public_key_pem.len != 0) != (p->signed_mask != 0))
                return bad(d, "signed PCRs need a public key, and the other way round");
        if (ref_len != 0 && p->signed_mask == 0)
                return bad(d, "a reference without signed PCRs means nothing");
        if (ref_len >= PAWL_POLICY_REF_MAX)
                return bad(d, "the reference is too long");
        if ((p->signed_mask | p->literal.mask) >> PAWL_PCR_COUNT != 0)
                return bad(d, "there is no such PCR");
        if (p->signed_mask != 0 && p->literal.mask != 0 && p->bank != p->literal.bank)
                return bad(d, "signed and literal PCRs must be of one bank");
        return PAWL_OK;
}

static pawl_err compute(const pawl_seal_policy *p, pawl_policy_digest *ret, pawl_diag *d)
{
        const pawl_hasher *h = &pawl_openssl_hasher;
        pawl_policy_key key;

        if (p->signed_mask != 0) {
                PAWL_TRY(pawl_policy_key_parse(p->public_key_pem, &key, d));
                PAWL_TRY(pawl_policy_authorize(
                        h, ret, pawl_span_of(key.name, sizeof(key.name)), p->ref));
        }
        if (p->literal.mask != 0)
                PAWL_TRY(pawl_policy_pcr(h, ret, &p->literal));
        return p->has_pin ? pawl_policy_auth_value(h, ret) : PAWL_OK;
}

pawl_err pawl_seal_policy_digest(const pawl_seal_policy *p, pawl_policy_digest *ret, pawl_diag *d)
{
        pawl_policy_digest digest = { 0 };

        PAWL_TRY(pawl_seal_policy_check(p, d));
        if (p->literal.mask != 0 && p->is_literal_unknown)
                return bad(d, "the values of the literal PCRs are not known");
        PAWL_TRY(compute(p, &digest, d));
        *ret = digest;
        return PAWL_OK;
}

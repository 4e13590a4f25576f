/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/explain.h"

#include <stdarg.h>
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/seal/pcrsig.h"

typedef struct rows {
        pawl_pcr_signature *at;
        size_t n;
} rows;

static void rows_done(rows *r)
{
        pawl_pcr_signatures_free(r->at, r->n);
}

typedef struct report {
        char text[700];
        size_t len;
} report;

__attribute__((format(printf, 2, 3))) static void add(report *r, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, ap);
        va_end(ap);
        if (n > 0)
                r->len = r->len + (size_t)n < sizeof(r->text) ? r->len + (size_t)n
                                                              : sizeof(r->text) - 1;
}

static void add_value(report *r, const pawl_digest *v)
{
        pawl_span s = pawl_digest_span(v);

        /* enough to tell two values apart by eye */
        for (size_t i = 0; i < 8; i++)
                add(r, "%02x", (unsigned)s.data[i]);
        add(r, "…");
}

static bool is_zero(const pawl_digest *v)
{
        static const uint8_t zero[PAWL_DIGEST_MAX] = { 0 };

        return pawl_span_equal(pawl_digest_span(v), pawl_span_of(zero, pawl_digest_span(v).len));
}

/* The first row with that policy digest, among those with the reference (`same_ref`) or without it.
 */
static const pawl_pcr_signature *find_row(
        const rows *r, const pawl_policy_digest *pol, const char *ref, bool same_ref)
{
        for (size_t i = 0; i < r->n; i++)
                if ((strcmp(r->at[i].ref, ref) == 0) == same_ref &&
                        (!pol || pawl_equal_ct(pol->bytes, r->at[i].pol.bytes, sizeof(pol->bytes))))
                        return &r->at[i];
        return NULL;
}

static const char *first_signed(const pawl_seal_policy *p, const pawl_pcr_set *now, report *r)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((p->signed_mask >> i & 1) != 0) {
                        if (is_zero(&now->values[i]))
                                return "nothing was measured to it: the machine was not booted "
                                       "with a measuring stub";
                        add(r, "PCR %u (%s ", i, pawl_alg_info_of(p->bank)->name);
                        add_value(r, &now->values[i]);
                        add(r, "): ");
                        return NULL;
                }
        return NULL;
}

static void tell_blown(const pawl_pcr_signature *other, const char *under, report *r)
{
        if (other && other->ref[0] != '\0')
                add(r,
                        "its value is signed only under reference \"%s\", not %s: the phase fuse "
                        "is "
                        "blown, the boot has gone on",
                        other->ref, under);
        else if (other)
                add(r, "its value is signed, but not %s", under);
        else
                add(r,
                        "the image has no signature for this value %s: the phase fuse is blown "
                        "already, or another image was booted",
                        under);
}

/* True if the signed part is what is wrong. */
static bool tell_signed(const pawl_seal_policy *p, const rows *all, const pawl_pcr_set *now,
        const pawl_policy_digest *pol, report *r)
{
        const char *ref = p->ref ? p->ref : "", *nothing;
        char under[PAWL_POLICY_REF_MAX + 32];

        (void)snprintf(under, sizeof(under),
                ref[0] != '\0' ? "under reference \"%s\"" : "without reference%s", ref);
        if (find_row(all, pol, ref, /* same_ref= */ true))
                return false;
        nothing = first_signed(p, now, r);
        if (nothing)
                add(r, "signed PCR: %s", nothing);
        else if (all->n == 0)
                add(r, "the image carries no signature by the enrolled key for the %s bank",
                        pawl_alg_info_of(p->bank)->name);
        else if (!find_row(all, NULL, ref, true))
                add(r, "the image carries no signature %s", under);
        else
                tell_blown(find_row(all, pol, ref, false), under, r);
        return true;
}

static pawl_err explain_signed(pawl_tpm *t, const pawl_seal_policy *p, const pawl_policy_key *key,
        pawl_span json, report *r, pawl_diag *d)
{
        pawl_cleanup(rows_done) rows all = { 0 };
        pawl_policy_digest pol = { 0 };
        pawl_pcr_set now;

        PAWL_TRY(pawl_pcr_rows_find(json, key, p, /* any_ref= */ true, &all.at, &all.n, d));
        PAWL_TRY(pawl_tpm_pcr_read(t, p->bank, p->signed_mask, &now, d));
        PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &pol, &now));
        (void)tell_signed(p, &all, &now, &pol, r);
        return PAWL_OK;
}

static void tell_difference(
        unsigned pcr, const pawl_digest *want, const pawl_digest *now, report *r)
{
        add(r, "%sPCR %u differs (%s is ", r->len != 0 ? ", " : "", pcr,
                pawl_alg_info_of(now->alg)->name);
        add_value(r, now);
        add(r, ", demanded is ");
        add_value(r, want);
        add(r, ")");
}

static pawl_err explain_literal(pawl_tpm *t, const pawl_seal_policy *p, report *r, pawl_diag *d)
{
        pawl_pcr_set now;

        PAWL_TRY(pawl_tpm_pcr_read(t, p->literal.bank, p->literal.mask, &now, d));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((p->literal.mask >> i & 1) != 0 &&
                        !pawl_span_equal(pawl_digest_span(&now.values[i]),
                                pawl_span_of(p->literal.values[i].bytes,
                                        pawl_digest_span(&now.values[i]).len)))
                        tell_difference(i, &p->literal.values[i], &now.values[i], r);
        return PAWL_OK;
}

static void tell_unknown(const pawl_seal_policy *p, report *r)
{
        const bool is_one = (p->literal.mask & (p->literal.mask - 1)) == 0;

        add(r, is_one ? "PCR" : "one of the PCRs");
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((p->literal.mask >> i & 1) != 0)
                        add(r, " %u", i);
        add(r, " differs from what it was when this was enrolled");
}

pawl_err pawl_seal_explain(pawl_tpm *t, const pawl_seal_policy *p, const pawl_policy_key *key,
        pawl_span signature_json, pawl_diag *d)
{
        report r = { 0 };

        if (p->signed_mask != 0)
                PAWL_TRY(explain_signed(t, p, key, signature_json, &r, d));
        if (p->literal.mask != 0 && !p->is_literal_unknown)
                PAWL_TRY(explain_literal(t, p, &r, d));
        else if (p->literal.mask != 0 && r.len == 0)
                tell_unknown(p, &r);
        if (r.len == 0)
                add(&r, "the policy was not satisfied, though every PCR has the demanded value: "
                        "the "
                        "object has another policy, or a PCR changed meanwhile");
        return pawl_fail(d, PAWL_ERR_TPM_POLICY, "TPM policy: %s", r.text);
}

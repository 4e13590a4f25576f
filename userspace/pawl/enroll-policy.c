/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/enroll-policy.h"

#include <string.h>

#include "userspace/host/file.h"
#include "userspace/pawl/pcr-list.h"

#define PEM_MAX (16u << 10) /* bytes */

void pawl_enroll_policy_done(pawl_enroll_policy *p)
{
        pawl_boot_policy_done(&p->boot);
}

static pawl_err own_key(const pawl_enroll_options *o, pawl_enroll_policy *p, pawl_diag *d)
{
        if ((o->ref || o->public_key_pcrs) && !o->boot.public_key)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-public-key-policyref= and -pcrs= want --tpm2-public-key=");
        if (!o->boot.public_key)
                return PAWL_OK;
        if (o->ref && strlen(o->ref) >= sizeof(p->profile.ref))
                return pawl_fail(d, PAWL_ERR_USAGE, "the policy reference is too long");
        PAWL_TRY(pawl_file_read(o->boot.public_key, PEM_MAX, &p->boot.public_key_pem, d));
        if (o->boot.signature)
                PAWL_TRY(pawl_file_read(
                        o->boot.signature, PAWL_SIGNATURE_JSON_MAX, &p->boot.signature_json, d));
        p->boot.is_now = o->boot.signature != NULL; /* who gives one wants it tried */
        if (o->ref)
                pawl_copy(p->profile.ref, o->ref, strlen(o->ref));
        PAWL_TRY(pawl_pcr_list_signed(o->public_key_pcrs, &p->profile.signed_mask, d));
        p->boot.policy.signed_mask = p->profile.signed_mask;
        p->boot.policy.public_key_pem = pawl_buffer_span(&p->boot.public_key_pem);
        p->boot.policy.ref = p->profile.ref;
        return PAWL_OK;
}

static pawl_err active_bank(pawl_tpm *t, pawl_alg *ret, pawl_diag *d)
{
        uint32_t banks = 0;

        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        if (pawl_alg_best(banks, ret) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED, "this TPM has no active PCR bank");
}

/* Values that were not given come from the log, as for a profile. */
static pawl_err own_values(pawl_tpm *t, const pawl_enroll_options *o, pawl_pcr_list *l,
        pawl_buffer *ret_evidence, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy b = { 0 };
        pawl_profile wanted = { .literal_mask = l->mask & ~l->with_value };

        if (wanted.literal_mask == 0)
                return PAWL_OK;
        if (!t)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-pcrs=: without the TPM every PCR needs its value (7:sha256=HEX)");
        PAWL_TRY(pawl_boot_policy_for_enrolment(t, &wanted, &o->boot, &b, d));
        if (l->has_bank && l->set.bank != b.policy.bank)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "values from the log are taken from bank %s; name that one, or give every "
                        "value",
                        pawl_alg_info_of(b.policy.bank)->name);
        l->set.bank = b.policy.bank;
        l->has_bank = true;
        *ret_evidence = b.evidence;
        b.evidence = (pawl_buffer){ 0 };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (wanted.literal_mask >> i & 1)
                        l->set.values[i] = b.policy.literal.values[i];
        return PAWL_OK;
}

static pawl_err make_own(
        pawl_tpm *t, const pawl_enroll_options *o, pawl_enroll_policy *p, pawl_diag *d)
{
        pawl_pcr_list l = { 0 };

        p->is_own = true;
        PAWL_TRY(pawl_fail_prefix(
                d, pawl_pcr_list_parse(o->pcrs ? o->pcrs : "", &l, d), "--tpm2-pcrs="));
        PAWL_TRY(own_key(o, p, d));
        PAWL_TRY(own_values(t, o, &l, &p->boot.evidence, d));
        if (!l.has_bank && t) /* else the first: sha256 */
                PAWL_TRY(active_bank(t, &l.set.bank, d));
        if (o->boot.for_systemd && l.mask != 0)
                p->boot.is_now = false; /* those values come with the other initrd */
        p->profile.literal_mask = l.mask;
        p->boot.policy.bank = l.set.bank;
        p->boot.policy.literal = l.set;
        return PAWL_OK;
}

pawl_err pawl_enroll_policy_make(
        pawl_tpm *t, const pawl_enroll_options *o, pawl_enroll_policy *ret, pawl_diag *d)
{
        bool is_own = o->pcrs || o->ref || o->public_key_pcrs;

        if (is_own && o->profile)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--profile= and --tpm2-pcrs= or --tpm2-public-key-policyref= exclude each "
                        "other: a profile says which PCRs it binds");
        if (is_own)
                return make_own(t, o, ret, d);
        PAWL_TRY(pawl_profile_load(NULL, o->profile ? o->profile : "signed-os", &ret->profile, d));
        return pawl_fail_prefix(d,
                pawl_boot_policy_for_enrolment(t, &ret->profile, &o->boot, &ret->boot, d),
                "profile %s", ret->profile.name);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/cred-policy.h"

#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/pcr-list.h"

#define SIGNED_PCR    11
#define STORE_PROFILE "services"

void pawl_cred_policy_done(pawl_cred_policy_choice *c)
{
        pawl_buffer_done(&c->public_key_pem);
        *c = (pawl_cred_policy_choice){ 0 };
}

static pawl_err check_given(const pawl_cred_policy_args *a, bool is_signed, pawl_diag *d)
{
        if (a->profile && a->pcrs)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--profile= and --tpm2-pcrs= exclude each other: a profile says which PCRs "
                        "it binds");
        if (a->public_key_pcrs && !is_signed)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-public-key-pcrs= wants --with-key=tpm2-with-public-key or "
                        "host+tpm2-with-public-key");
        return PAWL_OK;
}

static pawl_err from_profile(const char *name, bool is_signed, pawl_pcr_list *ret, pawl_diag *d)
{
        pawl_profile p;

        PAWL_TRY(pawl_profile_load(NULL, name, &p, d));
        if (p.ref[0] != '\0')
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "profile %s: it has the policy reference \"%s\", for which systemd's "
                        "format has no place; use --with-key=store, or --tpm2-pcrs=",
                        p.name, p.ref);
        if (p.needs_pin)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "profile %s: it wants a PIN, and nobody is asked for a service", p.name);
        if (p.signed_mask != 0 && !is_signed)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "profile %s: it binds signed PCRs; say --with-key=tpm2-with-public-key "
                        "or host+tpm2-with-public-key",
                        p.name);
        *ret = (pawl_pcr_list){ .mask = p.literal_mask, .set.mask = p.literal_mask };
        return PAWL_OK;
}

static pawl_err choose_bank(pawl_tpm *t, pawl_pcr_list *l, pawl_diag *d)
{
        uint32_t banks = 0;

        if (l->has_bank)
                return PAWL_OK;
        l->set.bank = PAWL_ALG_SHA256;
        if (!t)
                return PAWL_OK;
        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        if (pawl_alg_best(banks, &l->set.bank) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED, "this TPM has no active PCR bank");
}

static pawl_err read_values(pawl_tpm *t, pawl_pcr_list *l, pawl_diag *d)
{
        const uint32_t wanted = l->mask & ~l->with_value;
        pawl_pcr_set now;

        if (wanted == 0)
                return PAWL_OK;
        if (!t)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-pcrs=: without the TPM every PCR needs its value (7:sha256=HEX)");
        PAWL_TRY(pawl_tpm_pcr_read(t, l->set.bank, wanted, &now, d));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (wanted >> i & 1)
                        l->set.values[i] = now.values[i];
        return PAWL_OK;
}

pawl_err pawl_cred_policy_choose(pawl_tpm *t, const pawl_cred_policy_args *a, bool is_signed,
        pawl_cred_policy_choice *ret, pawl_diag *d)
{
        pawl_pcr_list l = { 0 };

        PAWL_TRY(check_given(a, is_signed, d));
        if (a->profile)
                PAWL_TRY(from_profile(a->profile, is_signed, &l, d));
        else
                PAWL_TRY(pawl_fail_prefix(
                        d, pawl_pcr_list_parse(a->pcrs ? a->pcrs : "", &l, d), "--tpm2-pcrs="));
        PAWL_TRY(choose_bank(t, &l, d));
        PAWL_TRY(read_values(t, &l, d));
        ret->policy = (pawl_seal_policy){ .literal = l.set, .bank = l.set.bank };
        if (!is_signed)
                return PAWL_OK;
        PAWL_TRY(pawl_pcr_list_signed(a->public_key_pcrs, &ret->policy.signed_mask, d));
        PAWL_TRY(pawl_image_public_key(a->public_key, &ret->public_key_pem, d));
        ret->policy.public_key_pem = pawl_buffer_span(&ret->public_key_pem);
        return PAWL_OK;
}

bool pawl_cred_image_signs(const char *public_key, const char *signature)
{
        pawl_autobuffer pawl_buffer pem = { 0 }, json = { 0 };
        pawl_pcr_signature *rows = NULL;
        size_t n = 0;

        if (pawl_image_public_key(public_key, &pem, NULL) != PAWL_OK ||
                pawl_image_signatures(signature, &json, NULL) != PAWL_OK)
                return false;
        for (unsigned a = 0; a < PAWL_ALG_MAX_ && n == 0; a++) {
                const pawl_seal_policy p = { .public_key_pem = pawl_buffer_span(&pem),
                        .signed_mask = 1u << SIGNED_PCR,
                        .bank = (pawl_alg)a,
                        .literal.bank = (pawl_alg)a };

                if (pawl_pcr_signatures_find(pawl_buffer_span(&json), &p, &rows, &n, NULL) ==
                        PAWL_OK)
                        pawl_pcr_signatures_free(rows, n);
        }
        return n > 0;
}

/* --- the store --- */

static pawl_err make_pair(const char *folder, pawl_tpm *t, const pawl_cred_policy_args *a,
        const pawl_profile *profile, pawl_store_public *ret, pawl_diag *d)
{
        const pawl_boot_policy_options o = { .firmware_log = a->firmware_log,
                .user_log = a->user_log,
                .public_key = a->public_key,
                .signature = a->signature,
                .accept_foreign_authority = a->accept_foreign_authority,
                .for_services = true };
        pawl_autobootpolicy pawl_boot_policy p = { 0 };
        pawl_autostorekey pawl_store_key k = { 0 };
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        bool is_new = false;

        PAWL_TRY(pawl_boot_policy_for_enrolment(t, profile, &o, &p, d));
        PAWL_TRY(pawl_tpm_srk_setup(t, &srk, &is_new, d));
        PAWL_TRY(pawl_store_key_make(t, srk, profile, &p.policy, &k, d));
        PAWL_TRY(pawl_store_key_write(folder, &k, d));
        *ret = k.public;
        return PAWL_OK;
}

pawl_err pawl_cred_store_new(const char *folder, pawl_tpm *t, const pawl_cred_policy_args *a,
        pawl_store_public *ret, pawl_diag *d)
{
        pawl_profile profile;

        if (a->pcrs || a->public_key_pcrs)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--with-key=store takes a --profile=, no PCRs of its own");
        PAWL_TRY(pawl_profile_load(NULL, a->profile ? a->profile : STORE_PROFILE, &profile, d));
        if (profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "profile %s: it wants a PIN, and nobody is asked for a service",
                        profile.name);
        return pawl_fail_prefix(d, make_pair(folder, t, a, &profile, ret, d),
                "a key pair for profile %s", profile.name);
}

pawl_err pawl_cred_store_setup(const char *folder, const char *tpm, const pawl_cred_policy_args *a,
        pawl_store_public *ret, bool *ret_is_new, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_err err = pawl_store_current_read(folder, ret, d);

        *ret_is_new = false;
        if (err == PAWL_OK && a->profile)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--profile=: the store has its key pair already; another profile is "
                        "for 'pawl cred rotate'");
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        PAWL_TRY(pawl_tpm_open(tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_cred_store_new(folder, t, a, ret, d));
        *ret_is_new = true;
        return pawl_store_current_write(folder, ret, d);
}

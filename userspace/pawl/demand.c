/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/demand.h"

#include <string.h>

#include "userspace/host/output.h"
#include "userspace/luks/demand.h"

#define COMMAND_MS  4000u
#define TOTAL_MS    20000u /* over /dev/tpmrm0, which adds commands of its own */
#define LOG_LOCK_MS 1000u

typedef struct demand {
        pawl_disk *k;
        const char *name;
        pawl_tpm *t;
        uint32_t banks;
        pawl_profile profile;
        pawl_boot_policy policy; /* borrows from `profile` */
        pawl_tpm_srk *srk;       /* what the secret came through confirms the measurements too */
} demand;

static void demand_done(demand *q)
{
        pawl_tpm_srk_free_p(&q->srk);
        pawl_tpm_close_p(&q->t);
        pawl_boot_policy_done(&q->policy);
}

static pawl_err load(demand *q, const char *profile_name, const char *tpm, pawl_diag *d)
{
        PAWL_TRY(pawl_profile_load(/* dir= */ NULL, profile_name, &q->profile, d));
        if (q->profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the policy %s wants a PIN, and nobody is asked here", q->profile.name);
        PAWL_TRY(pawl_volume_check_crypto(q->k->volume, d));
        PAWL_TRY(pawl_tpm_open(tpm, COMMAND_MS, &q->t, d));
        pawl_tpm_limit_total(q->t, TOTAL_MS);
        PAWL_TRY(pawl_tpm_banks(q->t, &q->banks, d));
        return pawl_demand_policy(q->banks, &q->profile, &q->policy, d);
}

static bool is_candidate(const demand *q, const pawl_token *t)
{
        return t->kind == PAWL_TOKEN_TPM2 && !t->why && t->tpm2.srk.len > 0 &&
               pawl_token_check(t, &q->policy.policy, NULL) == PAWL_OK;
}

static pawl_err unlock_by(demand *q, const pawl_token *t, pawl_diag *d)
{
        PAWL_TRY(pawl_tpm_srk_import(q->t, pawl_buffer_span(&t->tpm2.srk), &q->srk, d));
        return pawl_open_tpm2_demanded(q->k->volume, t, q->t, &q->policy.policy,
                pawl_buffer_span(&q->policy.signature_json), d);
}

/* The first reason is told: later ones are often of tokens that another machine left. */
static pawl_err unlock(demand *q, pawl_diag *d)
{
        pawl_err first = PAWL_ERR_NOT_FOUND;

        for (size_t i = 0; i < q->k->n_tokens; i++) {
                pawl_diag why = { 0 };
                pawl_err err;

                if (!is_candidate(q, &q->k->tokens[i]))
                        continue;
                pawl_tpm_srk_free_p(&q->srk);
                err = unlock_by(q, &q->k->tokens[i], &why);
                if (err == PAWL_OK)
                        return PAWL_OK;
                if (first == PAWL_ERR_NOT_FOUND) {
                        first = err;
                        *d = why;
                }
        }
        if (first != PAWL_ERR_NOT_FOUND)
                return first;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: no TPM enrolment holds for this boot: Secure Boot, the command line or the "
                "image's key differ, or none was made ('pawl disk enroll --tpm2')",
                pawl_volume_device(q->k->volume));
}

/* What counts is the PCR: the record may be missing. */
static pawl_err measure(const demand *q, pawl_diag *d)
{
        const pawl_measurer m = { .tpm = q->t, .srk = q->srk, .lock_ms = LOG_LOCK_MS };
        bool is_measured = false;
        pawl_err err = pawl_demand_measure_key(
                &m, q->k->volume, q->name, q->banks, &is_measured, d);

        if (err == PAWL_OK || !is_measured)
                return err;
        pawl_say("measured, but not in the user log: %s", pawl_diag_text(d));
        return PAWL_OK;
}

pawl_err pawl_disk_unlock_demanded(pawl_disk *k, const char *name, const char *demand_name,
        const char *digest, const char *tpm, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer expected = { 0 };
        pawl_cleanup(demand_done) demand q = { .k = k, .name = name };

        if (!digest || pawl_hex_decode(pawl_span_str(digest), &expected) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--demand= wants --volume-key-digest=HEX, as 'pawl disk key-digest' says");
        PAWL_TRY(load(&q, demand_name, tpm, d));
        PAWL_TRY(unlock(&q, d));
        PAWL_TRY(pawl_demand_check_key(k->volume, name, pawl_buffer_span(&expected), d));
        return measure(&q, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/enroll.h"
#include "userspace/pawl/number.h"
#include "userspace/token/recovery-key.h"

/* Who has to be able to open it. */
typedef enum reader { READER_PAWL, READER_SYSTEMD, READER_SYSTEMD_252 } reader;

/* What is decided before anything is asked of a person. */
typedef struct job {
        pawl_enroll_policy policy;
        pawl_secret pin;
        pawl_new_pin new_pin;
        reader reader;
} job;

static void job_done(job *j)
{
        pawl_enroll_policy_done(&j->policy);
        pawl_secret_done(&j->pin);
}

static pawl_err take_cost(
        const char *name, const char *text, uint64_t max, uint64_t *ret, pawl_diag *d)
{
        if (!text || pawl_number_parse(text, max, ret))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_USAGE, "%s: not a number up to %llu: %s", name,
                (unsigned long long)max, text);
}

/* Given values count as they are, within the limits that every reader holds; memory may have a
 * unit. */
static pawl_err choose_cost(const pawl_enroll_args *a, pawl_pin_cost *ret, pawl_diag *d)
{
        uint64_t memory = 0, iterations = 0, lanes = 0;

        PAWL_TRY(take_cost(
                "--tpm2-argon2id-memory=", a->argon_memory, PAWL_PIN_MEMORY_MAX, &memory, d));
        PAWL_TRY(take_cost("--tpm2-argon2id-iterations=", a->argon_iterations,
                PAWL_PIN_ITERATIONS_MAX, &iterations, d));
        PAWL_TRY(take_cost("--tpm2-argon2id-parallelism=", a->argon_parallelism, PAWL_PIN_LANES_MAX,
                &lanes, d));
        if (memory == 0 || iterations == 0) {
                pawl_say("measuring what Argon2id may cost here");
                PAWL_TRY(pawl_pin_measure_cost(ret, d));
        }
        if (memory != 0)
                ret->memory = memory;
        if (iterations != 0)
                ret->iterations = (uint32_t)iterations;
        ret->lanes = lanes != 0 ? (uint32_t)lanes : 1;
        return pawl_pin_check_cost(ret, d);
}

/* Nobody gives a PIN, or says what it shall cost, to get none. */
static pawl_err check_pin_options(
        const pawl_enroll_args *a, bool has_pin, bool is_direct, pawl_diag *d)
{
        bool has_cost = a->argon_memory || a->argon_iterations || a->argon_parallelism;

        /* the variable may stand there for another command */
        if (!has_pin && secure_getenv("NEWPIN"))
                pawl_say("the variable NEWPIN is not used: the new token has no PIN");
        if (!has_pin && (a->new_pin_file || has_cost))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "a PIN (or its cost) is given and the token would have none; say "
                        "--tpm2-with-pin=yes or take a profile with a PIN");
        if (is_direct && has_cost)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-with-pin=direct is without Argon2id, so --tpm2-argon2id-… means "
                        "nothing");
        return PAWL_OK;
}

static pawl_err decide_pin(
        const pawl_enroll_args *a, job *j, pawl_tpm *t, bool *ret_is_direct, pawl_diag *d)
{
        const char *how = a->with_pin ? a->with_pin : j->policy.profile.needs_pin ? "yes" : "no";
        bool is_direct = strcmp(how, "direct") == 0;
        bool has_pin = is_direct || strcmp(how, "yes") == 0;

        if (!has_pin && strcmp(how, "no") != 0)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "--tpm2-with-pin=: not yes, direct or no: %s", how);
        if (!has_pin && j->policy.profile.needs_pin)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "the profile %s wants a PIN", j->policy.profile.name);
        PAWL_TRY(check_pin_options(a, has_pin, is_direct, d));
        j->policy.boot.policy.has_pin = has_pin;
        *ret_is_direct = is_direct;
        return has_pin ? pawl_enroll_check_lockout(t, d) : PAWL_OK;
}

static pawl_err choose_reader(const char *name, reader *ret, pawl_diag *d)
{
        static const char *const names[] = { "pawl", "systemd", "systemd-252" };

        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (!name || strcmp(name, names[i]) == 0) {
                        *ret = (reader)i;
                        return PAWL_OK;
                }
        return pawl_fail(d, PAWL_ERR_USAGE, "--for=: not pawl, systemd or systemd-252: %s", name);
}

/* A token that its reader does not understand would only look like a way in. */
static pawl_err check_reader(const job *j, bool is_direct, pawl_diag *d)
{
        const pawl_seal_policy *p = &j->policy.boot.policy;

        if (j->reader != READER_SYSTEMD_252)
                return PAWL_OK;
        if (p->ref && p->ref[0] != '\0')
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--for=systemd-252: it knows no policy references, and this policy has "
                        "\"%s\": use --profile=exact-boot, or --tpm2-pcrs= with "
                        "--tpm2-public-key=",
                        p->ref);
        if (p->has_pin && !is_direct)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--for=systemd-252: it knows no Argon2id: say --tpm2-with-pin=direct");
        return PAWL_OK;
}

/* All that can be refused is, before a person has to think of a PIN. */
static pawl_err decide(const pawl_enroll_args *a, job *j, bool *ret_is_direct, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_enroll_options o = a->policy;

        PAWL_TRY(choose_reader(a->reader, &j->reader, d));
        o.boot.for_systemd = j->reader == READER_SYSTEMD;
        j->new_pin.is_unsalted = j->reader == READER_SYSTEMD_252;
        PAWL_TRY(pawl_tpm_open(a->unlock.tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_enroll_policy_make(t, &o, &j->policy, d));
        PAWL_TRY(decide_pin(a, j, t, ret_is_direct, d));
        return check_reader(j, *ret_is_direct, d);
}

static pawl_err get_pin(const pawl_enroll_args *a, job *j, bool is_direct, pawl_diag *d)
{
        if (!j->policy.boot.policy.has_pin)
                return PAWL_OK;
        if (!is_direct)
                PAWL_TRY(choose_cost(a, &j->new_pin.cost, d));
        PAWL_TRY(pawl_new_secret(a->new_pin_file, "NEWPIN", "PIN", &j->pin, d));
        if (j->pin.len >= PAWL_RECOVERY_KEY_DIGITS)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "a PIN of %d bytes or more would be taken for a recovery key at boot",
                        PAWL_RECOVERY_KEY_DIGITS);
        j->new_pin.pin = pawl_secret_span(&j->pin);
        return PAWL_OK;
}

/* systemd 252 makes its parent anew each time, by an older template. */
static pawl_err find_parent(const job *j, pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d)
{
        bool is_new = false;

        return j->reader == READER_SYSTEMD_252 ? pawl_tpm_srk_transient(t, /* is_rsa= */ false,
                                                         /* is_legacy= */ true, ret, d)
                                               : pawl_tpm_srk_setup(t, ret, &is_new, d);
}

/* No conversation is open while a person types, or while the volume is unlocked, which may want its
 * own: there is one at a time on a machine. */
static pawl_err seal(const pawl_enroll_args *a, job *j, pawl_sealed *ret, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        bool is_direct = false;

        PAWL_TRY(decide(a, j, &is_direct, d));
        PAWL_TRY(get_pin(a, j, is_direct, d));
        PAWL_TRY(pawl_tpm_open(a->unlock.tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(find_parent(j, t, &srk, d));
        PAWL_TRY(pawl_seal_new(t, srk, &j->policy.boot.policy, &j->new_pin, j->policy.boot.is_now,
                pawl_buffer_span(&j->policy.boot.signature_json), ret, d));
        return pawl_sealed_keep_evidence(ret, pawl_buffer_span(&j->policy.boot.evidence));
}

pawl_err pawl_enroll_by_tpm2(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_cleanup(job_done) job j = { 0 };
        pawl_autosealed pawl_sealed s = { 0 };

        PAWL_TRY(seal(a, &j, &s, d));
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        PAWL_TRY(pawl_enroll_sealed(k->volume, &s, &ret->token, d));
        if (!j.policy.boot.is_now)
                pawl_say("the new token was not tried: this machine is not in the state in which "
                         "it opens");
        return PAWL_OK;
}

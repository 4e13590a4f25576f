/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/policy.h"
#include "userspace/host/hash.h"
#include "userspace/luks/describe.h"
#include "userspace/luks/explain-change.h"
#include "userspace/luks/token-evidence.h"

#define PCR_VOLUMES 15u

static const char enroll_again[] =
        "if the change was meant: open the volume with the recovery key, then 'pawl disk enroll "
        "--tpm2 --wipe-slot=tpm2 DEVICE'";
static const char look_first[] =
        "if you did not change that yourself, find out who did before you type a recovery key "
        "here: the code that asks for it may not be yours";

const char *pawl_answer_text(pawl_answer a)
{
        static const char *const texts[] = {
                [PAWL_ANSWER_UNSURE] = "cannot tell",
                [PAWL_ANSWER_OPENS] = "opens",
                [PAWL_ANSWER_OTHER_TPM] = "different TPM",
                [PAWL_ANSWER_LOCKED_OUT] = "locked out",
                [PAWL_ANSWER_SIGNATURE] = "signature missing for this image",
                [PAWL_ANSWER_PCRS] = "PCRs changed",
                [PAWL_ANSWER_POLICY] = "another policy",
        };

        return texts[a];
}

__attribute__((format(printf, 4, 5))) static pawl_err answer(
        pawl_explanation *e, pawl_answer a, const char *advice, const char *fmt, ...)
{
        va_list ap;

        e->answer = a;
        e->advice = advice;
        va_start(ap, fmt);
        (void)vsnprintf(e->reason, sizeof(e->reason), fmt, ap);
        va_end(ap);
        return PAWL_OK;
}

/* --- the parts of an answer; each returns true if it is the answer --- */

static bool is_other_tpm(const pawl_token *t, const pawl_boot_facts *f, pawl_explanation *e)
{
        pawl_span name;

        if (pawl_token_srk_name(t, &name) != PAWL_OK)
                return false; /* only the TPM itself could tell, by trying */
        if (f->tpm->has_srk &&
                pawl_span_equal(name, pawl_span_of(f->tpm->srk_name, PAWL_NAME_SIZE)))
                return false;
        (void)answer(e, PAWL_ANSWER_OTHER_TPM,
                "open the volume with the recovery key, then 'pawl disk enroll --tpm2 "
                "--wipe-slot=tpm2 DEVICE'",
                f->tpm->has_srk ? "it was sealed by another TPM than this machine has, or by this "
                                  "one before it was cleared: the storage root key is another one"
                                : "this TPM has no storage root key: it was cleared, or is new");
        return true;
}

static bool is_locked_out(const pawl_token *t, const pawl_boot_facts *f, pawl_explanation *e)
{
        if (!t->tpm2.has_pin || !f->tpm->in_lockout)
                return false;
        (void)answer(e, PAWL_ANSWER_LOCKED_OUT,
                "wait until a try is given back, or 'tpm2_dictionarylockout -c' with the lockout "
                "authorisation",
                "too many wrong PINs (%u of %u): the TPM gives one try back after %u s",
                f->tpm->lockout_counter, f->tpm->max_auth_fail, f->tpm->lockout_interval_s);
        return true;
}

/* The PCRs at opening in this boot; UNSURE where the log does not lead to what the TPM holds. */
static pawl_err opening_pcrs(const pawl_boot_facts *f, uint32_t mask, pawl_verified_log *ret_log,
        pawl_pcr_set *ret, pawl_explanation *e)
{
        pawl_diag why = { 0 };
        pawl_err err = pawl_logs_verify(
                f->logs, f->pcrs, mask & ~(1u << PCR_VOLUMES), ret_log, &why);

        if (err == PAWL_OK)
                err = pawl_log_opening_pcrs(ret_log, mask, ret, &why);
        if (err == PAWL_OK)
                return PAWL_OK;
        (void)answer(e, PAWL_ANSWER_UNSURE, "see 'pawl log verify'",
                "the event log cannot be used: %s", pawl_diag_text(&why));
        return err;
}

static pawl_err tell_signature(
        const pawl_boot_facts *f, const pawl_seal_policy *p, size_t n_rows, pawl_explanation *e)
{
        const char *ref = p->ref && p->ref[0] != '\0' ? p->ref : NULL;
        const char *under = ref ? " under reference " : "";

        if (f->signature_json.len == 0)
                return answer(e, PAWL_ANSWER_SIGNATURE,
                        "boot an image that 'pawl uki sign' has signed, or name its signatures "
                        "with --tpm2-signature=",
                        "the image that runs carries no PCR signatures");
        if (n_rows == 0)
                return answer(e, PAWL_ANSWER_SIGNATURE,
                        "boot the image that was enrolled for, or sign this one with that key",
                        "the image has no signature by the enrolled key%s%s: it was signed by "
                        "another one",
                        under, ref ? ref : "");
        return answer(e, PAWL_ANSWER_SIGNATURE,
                "boot the signed image as it is; 'pawl uki measure' says what it should measure",
                "none of the image's %zu signatures%s%s fits what this boot measured to PCR 11: "
                "another image was booted, or it was changed after it was signed",
                n_rows, under, ref ? ref : "");
}

/* --- literal PCRs --- */

typedef struct collector {
        pawl_explanation *e;
        pawl_alg bank;
} collector;

static pawl_err take_change(void *ctx, const pawl_log_change *c)
{
        collector *q = ctx;

        if (q->e->n_changes == PAWL_CHANGES_MAX)
                q->e->n_more++;
        else
                pawl_change_describe(c, q->bank, &q->e->changes[q->e->n_changes++]);
        return PAWL_OK;
}

static pawl_err tell_pcr(const pawl_evidence *evidence, const pawl_verified_log *log, unsigned pcr,
        pawl_explanation *e, pawl_diag *d)
{
        collector q = { .e = e, .bank = log->bank };
        size_t before = e->n_changes + e->n_more;

        if (evidence->events_mask >> pcr & 1)
                PAWL_TRY(pawl_evidence_diff(evidence, log->log, pcr, take_change, &q, d));
        if (e->n_changes + e->n_more == before && e->n_changes < PAWL_CHANGES_MAX)
                pawl_change_without_event(pcr, &e->changes[e->n_changes++]);
        return PAWL_OK;
}

static void list_pcrs(uint32_t mask, char *text, size_t size)
{
        size_t len = 0;

        text[0] = '\0';
        for (unsigned i = 0; i < PAWL_PCR_COUNT && len < size; i++)
                if (mask >> i & 1)
                        len += (size_t)snprintf(
                                text + len, size - len, "%s%u", len > 0 ? ", " : "", i);
}

pawl_err pawl_explain_evidence(const pawl_evidence *e, const pawl_verified_log *now,
        const pawl_pcr_set *opening, uint32_t mask, pawl_explanation *ret, uint32_t *ret_differs,
        pawl_diag *d)
{
        uint32_t differs = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((mask >> i & 1) && pawl_evidence_differs(e, i, &opening->values[i])) {
                        PAWL_TRY(tell_pcr(e, now, i, ret, d));
                        differs |= 1u << i;
                }
        *ret_differs = differs;
        return PAWL_OK;
}

static pawl_err tell_changes(uint32_t differs, pawl_explanation *e)
{
        const char *advice = enroll_again;
        char list[96];

        for (size_t i = 0; i < e->n_changes; i++)
                if (e->changes[i].is_suspicious)
                        advice = look_first;
        list_pcrs(differs, list, sizeof(list));
        return answer(e, PAWL_ANSWER_PCRS, advice, "PCR %s: not as when this was enrolled", list);
}

static pawl_err tell_literal(const pawl_token *t, const pawl_verified_log *log,
        const pawl_pcr_set *opening, pawl_explanation *e, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer bytes = { 0 };
        pawl_evidence evidence = { 0 };
        pawl_diag unreadable = { 0 };
        uint32_t differs;
        char list[96];

        list_pcrs(t->tpm2.pcr_mask, list, sizeof(list));
        if (pawl_token_evidence(t, &bytes, &evidence, &unreadable) != PAWL_OK)
                return answer(e, PAWL_ANSWER_PCRS, enroll_again,
                        "one of the PCRs %s is not as when this was enrolled; the token does not "
                        "say what it was%s%s",
                        list, pawl_diag_text(&unreadable)[0] != '\0' ? ": " : "",
                        pawl_diag_text(&unreadable));
        PAWL_TRY(pawl_explain_evidence(&evidence, log, opening, t->tpm2.pcr_mask, e, &differs, d));
        if (differs != 0)
                return tell_changes(differs, e);
        return answer(e, PAWL_ANSWER_POLICY, enroll_again,
                "its PCRs %s are as they were, and its object has another policy than the token "
                "says: somebody changed the token",
                list);
}

static pawl_err explain_policy(
        const pawl_token *t, const pawl_boot_facts *f, pawl_explanation *e, pawl_diag *d)
{
        pawl_seal_policy p;
        pawl_policy_digest digest;
        pawl_pcr_set opening = { 0 };
        pawl_verified_log log;
        bool fits = true;
        size_t n_rows = 0;
        pawl_err err;

        pawl_token_policy(&t->tpm2, &p);
        if (opening_pcrs(f, p.literal.mask | p.signed_mask, &log, &opening, e) != PAWL_OK)
                return PAWL_OK; /* it is the answer */
        if (p.signed_mask != 0)
                PAWL_TRY(pawl_pcr_signatures_fit(
                        f->signature_json, &p, &opening, &n_rows, &fits, d));
        p.literal = opening;
        p.literal.mask = t->tpm2.pcr_mask;
        p.is_literal_unknown = false;
        PAWL_TRY(pawl_seal_policy_digest(&p, &digest, d));
        err = pawl_seal_blob_check(pawl_buffer_span(&t->tpm2.blob), &digest, d);
        if (err != PAWL_OK && err != PAWL_ERR_MISMATCH)
                return err;
        if (err == PAWL_ERR_MISMATCH && p.literal.mask != 0)
                return tell_literal(t, &log, &opening, e, d);
        if (err == PAWL_ERR_MISMATCH)
                return answer(e, PAWL_ANSWER_POLICY, enroll_again,
                        "its object has another policy than the token says: somebody changed the "
                        "token");
        if (!fits)
                return tell_signature(f, &p, n_rows, e);
        return answer(e, PAWL_ANSWER_OPENS, NULL, "%s",
                t->tpm2.has_pin ? "with its PIN" : "by itself, when volumes are opened");
}

pawl_err pawl_explain_token(
        const pawl_token *t, const pawl_boot_facts *facts, pawl_explanation *ret, pawl_diag *d)
{
        *ret = (pawl_explanation){ 0 };
        if (t->why)
                return answer(ret, PAWL_ANSWER_UNSURE, NULL, "it cannot be read: %s", t->why);
        if (t->kind != PAWL_TOKEN_TPM2 || t->tpm2.is_pcrlock)
                return answer(ret, PAWL_ANSWER_UNSURE, NULL, "%s",
                        t->kind == PAWL_TOKEN_TPM2 ? "a pcrlock policy is not supported"
                                                   : "not a TPM2 token: a person opens it");
        if (is_other_tpm(t, facts, ret) || is_locked_out(t, facts, ret))
                return PAWL_OK;
        return explain_policy(t, facts, ret, d);
}

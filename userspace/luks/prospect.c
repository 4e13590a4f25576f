/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/prospect.h"

#include <stdio.h>

const char *pawl_outlook_text(pawl_outlook o)
{
        static const char *const texts[] = { "will open", "will NOT open", "cannot tell" };

        return texts[o];
}

void pawl_prospect_unsure(pawl_prospect *ret, const char *reason, const char *advice)
{
        ret->outlook = PAWL_OUTLOOK_UNSURE;
        ret->advice = advice;
        (void)snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
}

/* A PCR that is told for certain and that differs is enough for a no. */
static bool is_certain_no(const pawl_forecast *f, const pawl_explanation *e)
{
        const uint32_t loose = f->unknown | f->differ;

        if (e->answer == PAWL_ANSWER_OTHER_TPM || e->answer == PAWL_ANSWER_LOCKED_OUT)
                return true;
        if (e->answer == PAWL_ANSWER_SIGNATURE)
                return !(f->unknown >> PAWL_PCR_KERNEL_BOOT & 1);
        for (size_t i = 0; e->answer == PAWL_ANSWER_PCRS && i < e->n_changes; i++)
                if (!(loose >> e->changes[i].pcr & 1))
                        return true;
        return false;
}

/* Each PCR's meaning once: many events of one PCR may come of one change. */
static void add_changes(pawl_prospect *p, size_t len, const pawl_explanation *e)
{
        for (size_t i = 0; i < e->n_changes && len < sizeof(p->reason); i++) {
                const pawl_change *c = &e->changes[i];
                int n = 0;

                if (i == 0 || c->pcr != c[-1].pcr || c->meaning != c[-1].meaning)
                        n = snprintf(p->reason + len, sizeof(p->reason) - len, "; PCR %u: %s",
                                c->pcr, c->meaning);
                len += n > 0 ? (size_t)n : 0;
        }
}

static void say_no(pawl_prospect *p, const pawl_explanation *e)
{
        int n = snprintf(
                p->reason, sizeof(p->reason), "%s: %s", pawl_answer_text(e->answer), e->reason);

        p->outlook = PAWL_OUTLOOK_STAYS_SHUT;
        p->advice = e->advice;
        if (n > 0)
                add_changes(p, (size_t)n, e);
}

static void say_refused(pawl_prospect *p, const char *why)
{
        p->outlook = PAWL_OUTLOOK_STAYS_SHUT;
        p->advice = "sign what is to be started with a key that the firmware trusts, before the "
                    "reboot";
        (void)snprintf(p->reason, sizeof(p->reason), "%s", why);
}

/* What will be otherwise for certain, whatever it will be. */
static void say_lost(
        pawl_prospect *p, const pawl_forecast *f, uint32_t lost, const pawl_explanation *e)
{
        unsigned pcr = 0;
        int n;

        while (!(lost >> pcr & 1))
                pcr++;
        n = snprintf(p->reason, sizeof(p->reason), "PCR %u: %s", pcr, f->why[pcr]);
        p->outlook = PAWL_OUTLOOK_STAYS_SHUT;
        p->advice = e->advice ? e->advice
                              : "enrol it again after that boot; until then the recovery key opens "
                                "it";
        if (n > 0)
                add_changes(p, (size_t)n, e);
}

/* The first PCR that it hangs on and that cannot be told. */
static bool tell_unknown(const pawl_forecast *f, uint32_t bound, pawl_prospect *p)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(bound & (f->unknown | f->differ) & 1u << i))
                        continue;
                pawl_prospect_unsure(p, "", NULL);
                (void)snprintf(p->reason, sizeof(p->reason), "PCR %u: %s", i, f->why[i]);
                return true;
        }
        return false;
}

void pawl_prospect_judge(uint32_t bound, const pawl_forecast *f, const pawl_explanation *now,
        const pawl_explanation *next, pawl_prospect *ret)
{
        /* what opens now and is bound to what will differ does not open then */
        const uint32_t lost = now->answer == PAWL_ANSWER_OPENS ? bound & f->differ : 0;

        if (f->refused) {
                say_refused(ret, f->refused);
        } else if (next->answer == PAWL_ANSWER_UNSURE) {
                pawl_prospect_unsure(ret, next->reason, NULL);
        } else if (lost != 0) {
                say_lost(ret, f, lost, next);
        } else if (is_certain_no(f, next)) {
                say_no(ret, next);
        } else if (!tell_unknown(f, bound, ret)) {
                if (next->answer != PAWL_ANSWER_OPENS) {
                        say_no(ret, next);
                        return;
                }
                ret->outlook = PAWL_OUTLOOK_OPENS;
                ret->advice = NULL;
                (void)snprintf(ret->reason, sizeof(ret->reason), "%s", next->reason);
        }
}

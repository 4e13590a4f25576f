/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/log-compare.h"

#include "userspace/host/output.h"

#define PCR_IMA 10u

typedef struct job {
        const pawl_logs *logs;
        pawl_err (*use)(void *ctx, const pawl_log_comparison *c);
        void *ctx;
} job;

/* PCR 10 has a log of its own, which proves nothing about the boot. */
static bool is_judged(const pawl_replay *r, unsigned pcr)
{
        return pcr != PCR_IMA || (r->touched >> pcr & 1) != 0;
}

static pawl_err compare_bank(const job *j, const pawl_pcr_set *pcrs, pawl_diag *d)
{
        uint32_t differs;
        pawl_replay r;

        PAWL_TRY(pawl_logs_replay(j->logs, pcrs->bank, &r, d));
        differs = pawl_replay_differs(&r, pcrs);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                const pawl_log_comparison c = { i, &r.pcrs[i], &pcrs->values[i],
                        (differs >> i & 1) == 0 };

                if ((pcrs->mask >> i & 1) != 0 && is_judged(&r, i))
                        PAWL_TRY(j->use(j->ctx, &c));
        }
        return PAWL_OK;
}

/* A bank that cannot be compared is no agreement: whoever left it out of the log could fill it
 * freely. */
pawl_err pawl_log_compare(const pawl_logs *l, const pawl_pcr_values *v,
        pawl_err (*use)(void *ctx, const pawl_log_comparison *c), void *ctx, pawl_diag *d)
{
        const job j = { l, use, ctx };
        const uint32_t banks = pawl_logs_banks(l);

        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                const char *name = pawl_alg_info_of(a)->name;
                const bool in_log = (banks >> a & 1) != 0, in_values = (v->banks >> a & 1) != 0;

                if (in_log && in_values)
                        PAWL_TRY(compare_bank(&j, &v->sets[a], d));
                else if (in_log)
                        pawl_say("bank %s: in the log, but no PCR values to compare with", name);
                else if (in_values)
                        pawl_say("bank %s: active, but the log has no digests of it, so nothing "
                                 "bound to it is protected",
                                name);
        }
        return PAWL_OK;
}

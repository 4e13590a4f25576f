/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/proof.h"

#include <stdio.h>

#define PCR_IMA 10u

const char *pawl_proof_text(pawl_proof p)
{
        static const char *const texts[] = {
                [PAWL_PROOF_UNKNOWN] = "unknown",
                [PAWL_PROOF_NO] = "not proven",
                [PAWL_PROOF_YES] = "proven",
        };

        return texts[p];
}

static void judge_bank(pawl_proofs *p, pawl_alg bank)
{
        const pawl_pcr_set *values = &p->values[bank];
        const uint32_t differs = pawl_replay_differs(&p->replays[bank], values);

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(values->mask >> i & 1) || (i == PCR_IMA && !(p->touched >> i & 1)))
                        continue;
                if (differs >> i & 1)
                        p->pcrs[i] = PAWL_PROOF_NO;
                else if (p->pcrs[i] == PAWL_PROOF_UNKNOWN)
                        p->pcrs[i] = PAWL_PROOF_YES;
        }
}

void pawl_proofs_make(const pawl_logs *l, const pawl_pcr_values *values, pawl_proofs *ret)
{
        const uint32_t banks = pawl_logs_banks(l);

        *ret = (pawl_proofs){ 0 };
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_diag why = { 0 };

                if (!(banks >> a & 1) ||
                        pawl_logs_replay(l, a, &ret->replays[a], &why) != PAWL_OK) {
                        if (values->banks >> a & 1)
                                ret->unlogged |= 1u << a;
                        if (banks >> a & 1)
                                (void)snprintf(ret->trouble, sizeof(ret->trouble), "bank %s: %s",
                                        pawl_alg_info_of(a)->name, pawl_diag_text(&why));
                        continue;
                }
                ret->touched |= ret->replays[a].touched;
                *(values->banks >> a & 1 ? &ret->compared : &ret->unvalued) |= 1u << a;
        }
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if (ret->compared >> a & 1) {
                        ret->values[a] = values->sets[a];
                        judge_bank(ret, a);
                }
}

uint32_t pawl_proofs_mask(const pawl_proofs *p, pawl_proof which)
{
        uint32_t mask = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (p->pcrs[i] == which)
                        mask |= 1u << i;
        return mask;
}

pawl_proof pawl_proofs_all(const pawl_proofs *p)
{
        pawl_proof all = p->touched != 0 ? PAWL_PROOF_YES : PAWL_PROOF_UNKNOWN;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (p->pcrs[i] == PAWL_PROOF_NO)
                        return PAWL_PROOF_NO;
                if ((p->touched & PAWL_PCRS_BOOT) >> i & 1 && p->pcrs[i] == PAWL_PROOF_UNKNOWN)
                        all = PAWL_PROOF_UNKNOWN;
        }
        return p->trouble[0] != '\0' ? PAWL_PROOF_UNKNOWN : all;
}

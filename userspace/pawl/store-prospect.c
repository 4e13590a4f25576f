/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/store-prospect.h"

#include <limits.h>
#include <stdio.h>

#include "core/phase.h"
#include "userspace/cred/store-key.h"
#include "userspace/host/hash.h"

static pawl_err read_pair(pawl_store_key *ret, pawl_diag *d)
{
        char folder[PATH_MAX];
        pawl_store_public current;

        (void)pawl_store_folder(folder, sizeof(folder));
        PAWL_TRY(pawl_store_current_read(folder, &current, d));
        return pawl_store_key_read(folder, pawl_span_of(current.id, sizeof(current.id)), ret, d);
}

/* PCR 11 as services find it: the image, and the phases up to leave-initrd. */
static pawl_err service_pcrs(const pawl_forecast *f, pawl_pcr_set *ret)
{
        static const pawl_phase words[] = { PAWL_PHASE_ENTER_INITRD, PAWL_PHASE_LEAVE_INITRD };

        *ret = f->pcrs;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                PAWL_TRY(pawl_pcr_extend_bytes(&pawl_openssl_hasher,
                        &ret->values[PAWL_PCR_KERNEL_BOOT],
                        pawl_span_str(pawl_phase_word(words[i]))));
        return PAWL_OK;
}

static void say(pawl_prospect *p, pawl_outlook o, const char *advice, unsigned pcr, const char *why)
{
        p->outlook = o;
        p->advice = advice;
        (void)snprintf(p->reason, sizeof(p->reason), "PCR %u: %s", pcr, why);
}

/* PCR 15 holds the keys of the volumes, which stay what they are. */
static bool judge_literal(const pawl_store_key *k, const pawl_forecast *f, pawl_prospect *p)
{
        static const char advice[] = "run 'pawl cred rotate' in that boot, before the services";
        const uint32_t mask = k->literal.mask & ~(1u << PAWL_PCR_SYSTEM_IDENTITY);
        bool is_unsure = false;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                const bool fits = pawl_span_equal(pawl_digest_span(&k->literal.values[i]),
                        pawl_digest_span(&f->pcrs.values[i]));

                if (!(mask >> i & 1))
                        continue;
                if (!((f->differ | f->unknown) >> i & 1) && !fits) {
                        say(p, PAWL_OUTLOOK_STAYS_SHUT, advice, i,
                                "it will not be as when the key pair was made");
                        return true;
                }
                if (!is_unsure && ((f->differ | f->unknown) >> i & 1))
                        say(p, PAWL_OUTLOOK_UNSURE, NULL, i, f->why[i]);
                is_unsure |= (f->differ | f->unknown) >> i & 1;
        }
        return is_unsure;
}

static pawl_err judge_signed(pawl_next_boot *b, const pawl_store_key *k, const pawl_forecast *f,
        pawl_prospect *p, pawl_diag *d)
{
        pawl_pcr_set pcrs;
        bool fits = true;
        size_t n = 0;

        if (k->policy.signed_mask != 0 && (f->unknown >> PAWL_PCR_KERNEL_BOOT & 1)) {
                say(p, PAWL_OUTLOOK_UNSURE, NULL, PAWL_PCR_KERNEL_BOOT,
                        f->why[PAWL_PCR_KERNEL_BOOT]);
                return PAWL_OK;
        }
        PAWL_TRY(service_pcrs(f, &pcrs));
        if (k->policy.signed_mask != 0)
                PAWL_TRY(pawl_pcr_signatures_fit(
                        pawl_next_boot_signatures(b), &k->policy, &pcrs, &n, &fits, d));
        if (fits) {
                p->outlook = PAWL_OUTLOOK_OPENS;
                p->advice = NULL;
                (void)snprintf(
                        p->reason, sizeof(p->reason), "for services, until the boot is ready");
                return PAWL_OK;
        }
        say(p, PAWL_OUTLOOK_STAYS_SHUT, "sign the image with the key that the pair was made for",
                PAWL_PCR_KERNEL_BOOT, "no signature of the image fits");
        return PAWL_OK;
}

pawl_err pawl_store_prospect(pawl_next_boot *b, pawl_prospect *ret, pawl_diag *d)
{
        pawl_autostorekey pawl_store_key k = { 0 };
        const pawl_forecast *f;

        PAWL_TRY(read_pair(&k, d));
        PAWL_TRY(pawl_next_boot_bank(b, k.literal.bank, &f, d));
        if (f->refused) {
                pawl_prospect_unsure(ret, f->refused, NULL);
                ret->outlook = PAWL_OUTLOOK_STAYS_SHUT;
                return PAWL_OK;
        }
        if (judge_literal(&k, f, ret))
                return PAWL_OK;
        return judge_signed(b, &k, f, ret, d);
}

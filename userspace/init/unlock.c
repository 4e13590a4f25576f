/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening the volumes of a boot. They are one set: by itself it opens only as a whole and by one
 * unsealed secret; a volume that wants another one may be an attacker's, and then a person is
 * asked for all of them. */
#include <string.h>

#include "userspace/host/efi-var.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/prompt.h"
#include "userspace/init/set.h"
#include "userspace/init/tpm.h"
#include "userspace/init/unlock.h"
#include "userspace/init/why.h"
#include "userspace/initrd/build.h"
#include "userspace/luks/demand.h"

static pawl_boot_volume *first_in_use(pawl_boot *b)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (pawl_set_has(&b->volumes[i]))
                        return &b->volumes[i];
        return NULL;
}

/* --- what the image demands --- */

/* A new volume shows its recovery key to whoever stands there: one who erases a volume would have
 * the key of what takes its place, beside the genuine others. */
static pawl_err check_set(pawl_boot *b, const pawl_boot_volume *first, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++) {
                const pawl_boot_volume *v = &b->volumes[i];

                if (v->is_fresh && v->def->is_encrypted)
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s (%s) is empty or unfinished while %s is in use: it may have "
                                "been erased by somebody",
                                v->node, v->def->label, first->node);
                if (!pawl_set_has(v))
                        continue;
                if (strcmp(v->def->policy, first->def->policy) != 0)
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "%s and %s name different policies, and one secret has to open all",
                                v->def->file, first->def->file);
                PAWL_TRY(pawl_volume_check_crypto(v->v, d));
        }
        return PAWL_OK;
}

static bool is_zero(const pawl_digest *digest)
{
        const pawl_digest zero = { .alg = digest->alg };

        return pawl_span_equal(pawl_digest_span(digest), pawl_digest_span(&zero));
}

/* In words, what of this boot a policy may have held against it. */
static const char *what_differs(const pawl_seal_policy *demanded)
{
        bool is_on = false;

        if (pawl_efi_var_flag("SecureBoot", PAWL_EFI_GLOBAL_GUID, &is_on, NULL) != PAWL_OK ||
                !is_on)
                return "Secure Boot is off (PCR 7)";
        if ((demanded->literal.mask >> 12 & 1) && !is_zero(&demanded->literal.values[12]))
                return "another command line, profile, credential or add-on was given (PCR 12)";
        return "it was enrolled under other Secure Boot keys (PCR 7), by another image key, or is "
               "not the volume of this machine";
}

/* --- opening --- */

/* The policy that the measured image asks for. */
static pawl_err load_profile(const pawl_boot_volume *first, pawl_profile *ret, pawl_diag *d)
{
        return pawl_profile_load(PAWL_INITRD_POLICIES, first->def->policy, ret, d);
}

static pawl_err open_set(pawl_boot *b, const pawl_boot_volume *first, const pawl_profile *profile,
        pawl_span pin, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy bp = { 0 };
        pawl_err err;

        PAWL_TRY(check_set(b, first, d));
        PAWL_TRY(pawl_demand_policy(b->tpm.banks, profile, &bp, d));
        err = pawl_set_open(b, first, &bp, pin, d);
        if (err != PAWL_ERR_MISMATCH)
                return err;
        return pawl_fail(d, PAWL_ERR_REFUSED, "its TPM enrolment does not hold for this boot: %s",
                what_differs(&bp.policy));
}

static pawl_err open_by_itself(pawl_boot *b, const pawl_boot_volume *first, pawl_diag *d)
{
        pawl_profile profile;

        if (!b->tpm.may_unseal)
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT, "%s", b->tpm.trouble);
        PAWL_TRY(load_profile(first, &profile, d));
        if (profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_KEY, "the policy %s wants a PIN", profile.name);
        return open_set(b, first, &profile, PAWL_SPAN_NULL, d);
}

bool pawl_unlock_takes_pin(pawl_boot *b)
{
        const pawl_boot_volume *first = first_in_use(b);
        pawl_profile profile;

        return first && b->tpm.may_unseal && b->pin_tries > 0 && !pawl_tpm_is_dead(b->tpm.t) &&
               load_profile(first, &profile, NULL) == PAWL_OK && profile.needs_pin;
}

pawl_err pawl_unlock_by_pin(pawl_boot *b, pawl_span pin, pawl_diag *d)
{
        const pawl_boot_volume *first = first_in_use(b);
        pawl_profile profile;
        pawl_err err;

        if (!first)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "there is nothing to open");
        PAWL_TRY(load_profile(first, &profile, d));
        pawl_tpm_limit_total(b->tpm.t, PAWL_OPENING_MS);
        err = open_set(b, first, &profile, pin, d);
        if (err == PAWL_OK)
                b->opened_by = "tpm2";
        else if (b->set.passphrase.len > 0) /* not all are of one set */
                PAWL_TRY(pawl_set_lock(b, NULL));
        return err;
}

/* How many wrong PINs the TPM gets to see in one boot. The command line is the image's, or
 * measured.
 */
static unsigned pin_tries(const pawl_boot *b)
{
        char text[4] = "";

        if (pawl_cmdline_get(pawl_buffer_span(&b->cmdline), "pawl.pin_tries", text, sizeof(text)) !=
                        PAWL_OK ||
                text[0] < '0' || text[0] > '9' || text[1] != '\0')
                return PAWL_PIN_TRIES;
        return (unsigned)(text[0] - '0');
}

pawl_err pawl_step_unlock(pawl_boot *b, pawl_diag *d)
{
        pawl_boot_volume *first = first_in_use(b);
        char reason[PAWL_DIAG_SIZE];
        pawl_err err;

        if (!first)
                return PAWL_OK;
        b->pin_tries = pin_tries(b);
        b->opened_by = "tpm2";
        err = open_by_itself(b, first, d);
        if (err == PAWL_OK)
                return PAWL_OK;
        (void)snprintf(reason, sizeof(reason), "%s", pawl_diag_text(d));
        b->opened_by = "person";
        PAWL_TRY(pawl_set_lock(b, d));
        /* not where the TPM has just used up the time that a person waits for the prompt */
        if (err != PAWL_ERR_TIMEOUT && err != PAWL_ERR_TPM_ABSENT)
                pawl_why_closed(b, first);
        PAWL_TRY(pawl_prompt_open(b, reason, d));
        pawl_boot_greet_again(b);
        return PAWL_OK;
}

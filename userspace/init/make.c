/* SPDX-License-Identifier: BSD-2-Clause */
/* New encrypted volumes, on the first boot. Until it is finished a volume has the label
 * PAWL_LABEL_UNFINISHED and is made anew after a power cut, so no order of steps in here can lose
 * data; the recovery key comes first all the same: it is the way in that needs nothing. */
#include <string.h>

#include "userspace/init/boot.h"
#include "userspace/initrd/build.h"
#include "userspace/seal/boot-policy.h"
#include "userspace/token/recovery-key.h"

#define SEALING_MS 60000

static pawl_err draw(const pawl_secret *key, char **ret, size_t *ret_len)
{
        FILE *f = open_memstream(ret, ret_len);
        pawl_err err;

        if (!f)
                return PAWL_ERR_NO_MEMORY;
        err = pawl_qr_print(pawl_secret_span(key), PAWL_QR_UTF8, f);
        return fclose(f) == 0 ? err : PAWL_ERR_NO_MEMORY;
}

/* On the consoles of RecoveryShow=. The key is also kept inside the volume. */
static void show_key(pawl_boot *b, const pawl_boot_volume *v)
{
        const char *names = v->def->recovery_show;
        char text[512], *code = NULL;
        size_t len = 0;

        (void)snprintf(text, sizeof(text),
                "\n  Recovery key of '%s' (%s). Write it down: it opens the disk when nothing "
                "else does.\n\n      %s\n\n",
                v->def->label, v->node, (const char *)v->recovery_key.data);
        if (pawl_consoles_show(&b->consoles, names, text) == 0)
                pawl_consoles_say(&b->consoles,
                        "no console '%s' to show the recovery key on; it is kept inside the volume",
                        names);
        else if (draw(&v->recovery_key, &code, &len) == PAWL_OK)
                (void)pawl_consoles_show(&b->consoles, names, code);
        pawl_wipe(text, sizeof(text));
        if (code)
                pawl_wipe(code, len);
        free(code);
}

static pawl_err format(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        int token = -1;

        pawl_consoles_say(&b->consoles, "encrypting %s (%s)", v->node, v->def->label);
        PAWL_TRY(pawl_volume_format(v->node, PAWL_LABEL_UNFINISHED, &v->v, d));
        PAWL_TRY(pawl_enroll_recovery_key(v->v, &v->recovery_key, &token, d));
        show_key(b, v);
        return PAWL_OK;
}

static pawl_err seal(pawl_boot *b, const pawl_definition *def, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy bp = { 0 };
        const pawl_boot_policy_options options = { 0 };
        pawl_profile profile;
        bool is_new;

        if (!b->tpm.may_unseal)
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT, "%s", b->tpm.trouble);
        pawl_tpm_limit_total(b->tpm.t, SEALING_MS);
        PAWL_TRY(pawl_profile_load(PAWL_INITRD_POLICIES, def->policy, &profile, d));
        if (profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the policy %s wants a PIN; enrol it with 'pawl disk enroll'",
                        profile.name);
        PAWL_TRY(pawl_boot_policy_for_enrolment(b->tpm.t, &profile, &options, &bp, d));
        if (!b->tpm.srk)
                PAWL_TRY(pawl_tpm_srk_setup(b->tpm.t, &b->tpm.srk, &is_new, d));
        b->tpm.has_unsealed = true; /* the proof unseals */
        PAWL_TRY(pawl_seal_new(b->tpm.t, b->tpm.srk, &bp.policy, /* pin= */ NULL, bp.is_now,
                pawl_buffer_span(&bp.signature_json), &b->set, d));
        return pawl_sealed_keep_evidence(&b->set, pawl_buffer_span(&bp.evidence));
}

/* One sealed object for all volumes of the boot. */
static pawl_err enroll(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        int token;

        if (b->set.passphrase.len == 0)
                PAWL_TRY(seal(b, v->def, d));
        return pawl_enroll_sealed(v->v, &b->set, &token, d);
}

/* A volume that only the recovery key opens is still a volume: no boot is lost over the TPM. */
static void enroll_or_complain(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        if (enroll(b, v, d) == PAWL_OK) {
                pawl_consoles_say(&b->consoles, "%s: the TPM is enrolled with the policy %s",
                        v->node, v->def->policy);
                return;
        }
        pawl_consoles_say(&b->consoles,
                "WARNING: %s will NOT open by itself, only with the recovery key: %s", v->node,
                pawl_diag_text(d));
        *d = (pawl_diag){ 0 };
}

/* Beside volumes in use a new one is made only after a person opened all of those. With the new
 * secret in each the set opens by itself again. */
static void enroll_opened(pawl_boot *b, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++)
                if (b->volumes[i].v && !b->volumes[i].is_fresh)
                        enroll_or_complain(b, &b->volumes[i], d);
}

pawl_err pawl_step_make(pawl_boot *b, pawl_diag *d)
{
        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (!v->is_fresh || !v->def->is_encrypted)
                        continue;
                PAWL_TRY(format(b, v, d));
                enroll_or_complain(b, v, d);
                if (!b->opened_by)
                        b->opened_by = "first-boot";
        }
        if (b->set.passphrase.len > 0 && strcmp(b->opened_by, "person") == 0)
                enroll_opened(b, d);
        pawl_sealed_done(&b->set);
        return PAWL_OK;
}

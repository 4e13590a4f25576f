/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/enroll.h"
#include "userspace/pawl/recovery-proof.h"
#include "userspace/token/recovery-key.h"

static void show_key(const pawl_secret *text)
{
        (void)printf("%s\n", (const char *)text->data);
        (void)fflush(stdout);
        if (isatty(STDERR_FILENO) &&
                pawl_qr_print(pawl_secret_span(text), PAWL_QR_UTF8, stderr) != PAWL_OK)
                pawl_say("no QR code: built without libqrencode");
        pawl_say("this recovery key opens the volume without the TPM. Write it down and keep it "
                 "apart from the machine; it is not shown again.");
}

/* Only a key that somebody can type back is a way in. */
static pawl_err verify_key(const char *device, pawl_diag *d)
{
        pawl_autosecret pawl_secret typed = { 0 };
        pawl_autodisk pawl_disk k = { 0 };
        pawl_way_in way = PAWL_WAY_PASSPHRASE;

        PAWL_TRY(
                pawl_secret_obtain(NULL, NULL, "Type the recovery key from your copy:", &typed, d));
        PAWL_TRY(pawl_disk_open(device, &k, d));
        PAWL_TRY(pawl_open_typed(k.volume, pawl_secret_span(&typed), &way, d));
        if (way != PAWL_WAY_RECOVERY)
                return pawl_fail(d, PAWL_ERR_KEY, "that is not the recovery key");
        return pawl_recovery_set_proven(pawl_volume_uuid(k.volume), d);
}

pawl_err pawl_enroll_by_recovery_key(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret text = { 0 };
        const char *device = pawl_volume_device(k->volume);

        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        PAWL_TRY(pawl_enroll_recovery_key(k->volume, &text, &ret->token, d));
        show_key(&text);
        if (!a->no_verify && isatty(STDERR_FILENO)) {
                if (verify_key(device, d) == PAWL_OK)
                        return PAWL_OK;
                pawl_say("%s", pawl_diag_text(d));
                ret->is_unproven = true;
        }
        pawl_say("the key is not proven; check it with 'pawl disk recovery-check %s'", device);
        return PAWL_OK;
}

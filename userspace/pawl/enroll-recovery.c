/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/enroll.h"
#include "userspace/pawl/recovery-proof.h"
#include "userspace/token/recovery-key.h"

static pawl_err show_key(const pawl_secret *text, pawl_diag *d)
{
        if (printf("%s\n", (const char *)text->data) < 0 || fflush(stdout) != 0)
                return pawl_fail_errno(d, errno, "the recovery key could not be printed");
        if (isatty(STDERR_FILENO) &&
                pawl_qr_print(pawl_secret_span(text), PAWL_QR_UTF8, stderr) != PAWL_OK)
                pawl_say("no QR code: built without libqrencode");
        pawl_say("this recovery key opens the volume without the TPM. Write it down and keep it "
                 "apart from the machine; it is not shown again.");
        return PAWL_OK;
}

/* The key must open the new keyslot, as it is in the header: another recovery key of the volume,
 * which a person may type from an older copy, proves nothing of this one. */
static pawl_err opens_new_slot(const char *device, int token, pawl_span typed, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 };
        pawl_autodisk pawl_disk k = { 0 };
        pawl_token *t;

        PAWL_TRY(pawl_recovery_key_normalize(typed, &key));
        PAWL_TRY(pawl_disk_open(device, &k, d));
        t = pawl_disk_token(&k, token);
        if (!t)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_open_token_keyslots(k.volume, t, pawl_secret_span(&key), d));
        return pawl_recovery_set_proven(pawl_volume_uuid(k.volume), d);
}

/* Only a key that somebody can type back is a way in. */
static pawl_err verify_key(const char *device, int token, pawl_diag *d)
{
        pawl_autosecret pawl_secret typed = { 0 };
        pawl_diag why = { 0 };
        pawl_err err;

        PAWL_TRY(
                pawl_secret_obtain(NULL, NULL, "Type the recovery key from your copy:", &typed, d));
        err = opens_new_slot(device, token, pawl_secret_span(&typed), &why);
        if (err == PAWL_ERR_FORMAT || err == PAWL_ERR_KEY)
                return pawl_fail(d, PAWL_ERR_KEY, "that is not the new recovery key");
        return err == PAWL_OK ? err : pawl_fail(d, err, "%s", pawl_diag_text(&why));
}

/* The diag's first words are kept: why the key was not shown. */
static pawl_err take_back(pawl_volume *v, int token, pawl_err err, pawl_diag *d)
{
        pawl_diag more = { 0 };

        if (pawl_enroll_take_back(v, token, &more) != PAWL_OK)
                return pawl_fail_prefix(d, err, "%s: its keyslot could not be taken back (%s)",
                        pawl_volume_device(v), pawl_diag_text(&more));
        return pawl_fail_prefix(d, err, "%s: nothing was enrolled", pawl_volume_device(v));
}

pawl_err pawl_enroll_by_recovery_key(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret text = { 0 };
        const char *device = pawl_volume_device(k->volume);
        bool can_ask = isatty(STDERR_FILENO);
        pawl_err err;

        if (a->wipe && !a->no_verify && !can_ask)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "--wipe-slot= removes nothing before the new key is typed back, and nobody "
                        "can be asked; say --no-verify");
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        PAWL_TRY(pawl_enroll_recovery_key(k->volume, &text, &ret->token, d));
        err = show_key(&text, d);
        if (err != PAWL_OK)
                return take_back(k->volume, ret->token, err, d);
        if (!a->no_verify && can_ask) {
                if (verify_key(device, ret->token, d) == PAWL_OK)
                        return PAWL_OK;
                pawl_say("%s", pawl_diag_text(d));
                ret->is_unproven = true;
        }
        pawl_say("the key is not proven; check it with 'pawl disk recovery-check %s'", device);
        return PAWL_OK;
}

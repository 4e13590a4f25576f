/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/enroll.h"

/* yes or no, as systemd-cryptenroll takes them; NULL leaves what is there. */
static pawl_err take_bool(const char *name, const char *text, bool *ret, pawl_diag *d)
{
        static const char *const words[] = { "no", "yes", "false", "true", "0", "1" };

        for (unsigned i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(text, words[i]) == 0) {
                        *ret = i % 2 != 0;
                        return PAWL_OK;
                }
        return text ? pawl_fail(d, PAWL_ERR_USAGE, "--fido2-%s=: not yes or no: %s", name, text)
                    : PAWL_OK;
}

static pawl_err take_algorithm(const char *text, pawl_fido2_algorithm *ret, pawl_diag *d)
{
        static const char *const words[] = { "es256", "rs256", "eddsa" };

        for (unsigned i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(text, words[i]) == 0) {
                        *ret = (pawl_fido2_algorithm)i;
                        return PAWL_OK;
                }
        return text ? pawl_fail(d, PAWL_ERR_USAGE,
                              "--fido2-credential-algorithm=: not es256, rs256 or eddsa: %s", text)
                    : PAWL_OK;
}

static pawl_err take_wish(
        const pawl_enroll_args *a, const char *user, pawl_fido2_wish *ret, pawl_diag *d)
{
        pawl_fido2_wish w = { .user = user, .pin = true, .presence = true };

        if (strcmp(a->fido2, "auto") != 0)
                w.path = a->fido2;
        PAWL_TRY(take_bool("with-client-pin", a->fido2_pin, &w.pin, d));
        PAWL_TRY(take_bool("with-user-presence", a->fido2_presence, &w.presence, d));
        PAWL_TRY(take_bool("with-user-verification", a->fido2_verification, &w.verification, d));
        PAWL_TRY(take_algorithm(a->fido2_algorithm, &w.algorithm, d));
        *ret = w;
        return PAWL_OK;
}

/* The token has given the secret twice before the volume is unlocked, let alone written. */
pawl_err pawl_enroll_by_fido2(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_cleanup(pawl_terminal_done) pawl_terminal terminal = { 0 };
        pawl_autofido2made pawl_fido2_made made = { 0 };
        const char *label = pawl_volume_label(k->volume);
        pawl_fido2_wish w;

        PAWL_TRY(take_wish(a, label[0] != '\0' ? label : NULL, &w, d));
        pawl_terminal_init(&terminal, a->pin_file);
        PAWL_TRY(pawl_fido2_make(&w, PAWL_FIDO2_TIMEOUT_MS, &terminal.ask, &made, d));
        if (made.is_pin_idle)
                pawl_say("this token gives the same secret without its PIN (as CTAP 2.0 allows): "
                         "whoever holds it opens the volume with a touch. A token of CTAP 2.1 "
                         "keeps a secret of its own for the PIN.");
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        return pawl_enroll_fido2(k->volume, &made, &ret->token, d);
}

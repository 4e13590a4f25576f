/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/pawl/enroll.h"

static pawl_err padding_of(const char *word, pawl_pkcs11_padding *ret, pawl_diag *d)
{
        for (unsigned i = 1; word && i < PAWL_TOKEN_PADDINGS; i++)
                if (strcmp(word, pawl_token_paddings[i]) == 0) {
                        *ret = (pawl_pkcs11_padding)i;
                        return PAWL_OK;
                }
        return word ? pawl_fail(d, PAWL_ERR_USAGE,
                              "--pkcs11-padding=: not oaep-sha256, oaep-sha1 or pkcs1: %s", word)
                    : PAWL_OK;
}

/* The token has used its private key once before the volume is unlocked, let alone written. */
pawl_err pawl_enroll_by_pkcs11(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_cleanup(pawl_terminal_done) pawl_terminal terminal = { 0 };
        pawl_autopkcs11made pawl_pkcs11_made made = { 0 };
        pawl_pkcs11_padding padding = PAWL_PKCS11_UNSAID;

        PAWL_TRY(padding_of(a->pkcs11_padding, &padding, d));
        pawl_terminal_init(&terminal, a->pin_file);
        PAWL_TRY(pawl_pkcs11_make(a->pkcs11, padding, &terminal.ask, &made, d));
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        return pawl_enroll_pkcs11(k->volume, &made, &ret->token, d);
}

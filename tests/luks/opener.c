/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens a volume as the initrd does by itself: opener IMAGE FIRMWARE-LOG PUBLIC-KEY SIGNATURE
 * PROFILE. A line for each token: its number and the error's name. */
#include <stdio.h>

#include "userspace/luks/enroll.h"
#include "userspace/seal/boot-policy.h"

static pawl_err try_each(pawl_volume *v, pawl_tpm *t, const pawl_boot_policy *p, pawl_diag *d)
{
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;

        PAWL_TRY(pawl_volume_tokens(v, tokens, &n, d));
        for (size_t i = 0; i < n; i++) {
                pawl_diag why = { 0 };
                pawl_err err = pawl_open_tpm2_demanded(
                        v, &tokens[i], t, &p->policy, pawl_buffer_span(&p->signature_json), &why);

                (void)printf("%d %s %s\n", tokens[i].id, pawl_err_name(err), why.text);
                pawl_token_done(&tokens[i]);
        }
        return PAWL_OK;
}

static pawl_err run(char **argv, pawl_diag *d)
{
        const pawl_boot_policy_options o = {
                .firmware_log = argv[2], .public_key = argv[3], .signature = argv[4]
        };
        pawl_autobootpolicy pawl_boot_policy p = { 0 };
        pawl_autovolume pawl_volume *v = NULL;
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_profile profile = { 0 };

        PAWL_TRY(pawl_profile_load(NULL, argv[5], &profile, d));
        PAWL_TRY(pawl_volume_open(argv[1], &v, d));
        PAWL_TRY(pawl_boot_policy_demanded(&profile, PAWL_ALG_SHA256, &o, &p, d));
        PAWL_TRY(pawl_tpm_open(NULL, PAWL_TPM_DEADLINE_MS, &t, d));
        return try_each(v, t, &p, d);
}

int main(int argc, char **argv)
{
        pawl_diag d = { 0 };
        pawl_err err = argc == 6 ? run(argv, &d) : PAWL_ERR_USAGE;

        if (err != PAWL_OK)
                (void)fprintf(stderr, "%s %s\n", pawl_err_name(err), d.text);
        return err == PAWL_OK ? 0 : 1;
}

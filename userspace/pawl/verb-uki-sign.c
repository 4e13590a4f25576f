/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/uki-options.h"
#include "userspace/pawl/verb.h"
#include "userspace/uki/image.h"

extern const pawl_verb pawl_verb_uki_sign;

static const struct option options[] = {
        {"output", required_argument, NULL, 'o' },
        PAWL_SIGN_OPTIONS,
        { 0   },
};

/* With a key for PCR signatures the image is put together anew around its sections; without one its
 * bytes stay as they are. */
static pawl_err sign(const char *path, const char *output, const pawl_signing *s, pawl_diag *d)
{
        pawl_autofree pawl_sections *sections = calloc(1, sizeof(*sections));
        pawl_autosources pawl_sources sources = { 0 };
        pawl_autobuffer pawl_buffer file = { 0 };
        pawl_autoimage pawl_image image = { 0 };
        pawl_uki uki;

        if (!sections)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_image_open(path, &image, d));
        PAWL_TRY(pawl_image_read_uki(&image, 0, &uki, d));
        PAWL_TRY(pawl_sections_add_image(sections, &image.pe, path, d));
        PAWL_TRY(pawl_fail_prefix(d, pawl_signing_check_kernels(s, sections, d), "%s", path));
        if (!s->pcr_key) {
                PAWL_TRY(pawl_buffer_dup(image.pe.image, &file));
                return pawl_signing_finish(s, &file, output, d);
        }
        PAWL_TRY(pawl_fail_prefix(
                d, pawl_signing_add_pcrpkey(s, sections, &sources, d), "%s", path));
        PAWL_TRY(pawl_signing_add_pcrsigs(s, &image.pe, path, sections, &sources, d));
        PAWL_TRY(pawl_sections_write(sections, &image.pe, path, &file, d));
        return pawl_signing_finish(s, &file, output, d);
}

static pawl_err finish(pawl_sign_args *a, const char *path, const char *output, pawl_diag *d)
{
        PAWL_TRY(pawl_sign_args_finish(a, d));
        PAWL_TRY(sign(path, output ? output : path, &a->signing, d));
        pawl_say("signed %s", output ? output : path);
        if (a->signing.pcr_key && !a->signing.sb_key)
                pawl_say("%s: the new PCR signatures ended any Secure Boot signature; sign with "
                         "--secureboot-private-key too if the firmware demands one",
                        output ? output : path);
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        pawl_autosignargs pawl_sign_args a = { 0 };
        const char *output = NULL;
        pawl_err err = PAWL_OK;
        pawl_diag d = { 0 };
        int option;

        while (err == PAWL_OK && (option = getopt_long(argc, argv, "o:", options, NULL)) >= 0) {
                if (option == '?')
                        return PAWL_EXIT_USAGE;
                if (option == 'o')
                        output = optarg;
                else
                        err = pawl_sign_args_take(&a, option, optarg, &d);
        }
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        if (argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_uki_sign, "give one image");
        if (!a.signing.secureboot_private_key && !a.signing.pcr_private_key)
                return pawl_verb_usage(&pawl_verb_uki_sign,
                        "nothing to sign with: give --pcr-private-key or --secureboot-private-key");
        err = finish(&a, argv[optind], output, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_uki_sign = {
        .noun = "uki",
        .verb = "sign",
        .args = "[OPTIONS] IMAGE",
        .summary = "Sign an image for the TPM, for Secure Boot, or both",
        .help = "  -o, --output=FILE       default: replaces IMAGE\n" PAWL_SIGN_HELP
                "Old signatures of the same kind are replaced.\n"
                "Example: pawl uki sign --pcr-private-key=pcr.key os.efi\n",
        .run = run,
};

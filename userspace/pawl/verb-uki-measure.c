/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "core/phase.h"
#include "userspace/host/output.h"
#include "userspace/pawl/sidecar-options.h"
#include "userspace/pawl/verb.h"
#include "userspace/uki/image.h"
#include "userspace/uki/predict.h"
#include "userspace/uki/sources.h"

#define PHASES_MAX 64

enum {
        OPT_JSON = 0x100,
        OPT_PHASE,
        OPT_BANK,
        OPT_PROFILE_NUMBER,
        OPT_CREDENTIALS,
        OPT_GLOBAL_CREDENTIALS,
        OPT_SECTION, /* and up: OPT_SECTION + pawl_uki_section */
};

extern const pawl_verb pawl_verb_uki_measure;

static const struct option options[] = {
        {"json",                  no_argument, NULL, OPT_JSON },
        { "phase",                   required_argument, NULL, OPT_PHASE },
        { "phases",                      required_argument, NULL, OPT_PHASE },
        { "bank",required_argument, NULL, OPT_BANK },
        { "pcr-banks",              required_argument, NULL, OPT_BANK },
        { "profile",               required_argument, NULL, OPT_PROFILE_NUMBER },
        { "credentials",                   required_argument, NULL, OPT_CREDENTIALS },
        { "global-credentials",                      required_argument, NULL, OPT_GLOBAL_CREDENTIALS },
        { "linux",                   required_argument, NULL, OPT_SECTION + PAWL_UKI_LINUX },
        { "osrel",               required_argument, NULL, OPT_SECTION + PAWL_UKI_OSREL },
        { "cmdline",            required_argument, NULL, OPT_SECTION + PAWL_UKI_CMDLINE },
        { "initrd",                   required_argument, NULL, OPT_SECTION + PAWL_UKI_INITRD },
        { "ucode",                      required_argument, NULL, OPT_SECTION + PAWL_UKI_UCODE },
        { "splash",required_argument, NULL, OPT_SECTION + PAWL_UKI_SPLASH },
        { "dtb",     required_argument, NULL, OPT_SECTION + PAWL_UKI_DTB },
        { "uname",          required_argument, NULL, OPT_SECTION + PAWL_UKI_UNAME },
        { "sbat",                   required_argument, NULL, OPT_SECTION + PAWL_UKI_SBAT },
        { "pcrpkey",                      required_argument, NULL, OPT_SECTION + PAWL_UKI_PCRPKEY },
        { "dtbauto",required_argument, NULL, OPT_SECTION + PAWL_UKI_DTBAUTO },
        { "hwids", required_argument, NULL, OPT_SECTION + PAWL_UKI_HWIDS },
        { "efifw",                required_argument, NULL, OPT_SECTION + PAWL_UKI_EFIFW },
        { 0                  },
};

typedef struct args {
        bool is_json;
        uint32_t banks;
        unsigned profile;
        bool has_sections, has_profile;
        pawl_uki uki; /* from section options */
        pawl_sources sources;
        pawl_sidecar_options sidecars;
        bool has_config;        /* `config` is asked for */
        pawl_prediction config; /* PCR 12 */
        const char *phases[PHASES_MAX];
        size_t n_phases;
        char *phase_text[PHASES_MAX]; /* copies that `phases` point into */
        size_t n_texts;
} args;

static void args_done(args *a)
{
        pawl_sources_done(&a->sources);
        pawl_sidecar_options_done(&a->sidecars);
        for (size_t i = 0; i < a->n_texts; i++)
                free(a->phase_text[i]);
}

/* Phase paths with blanks between them; ':' alone is the value before the first phase. */
static pawl_err take_phases(args *a, const char *text, pawl_diag *d)
{
        char *copy = strdup(text), *rest = NULL;

        if (!copy)
                return PAWL_ERR_NO_MEMORY;
        if (a->n_texts == PHASES_MAX) {
                free(copy);
                return pawl_fail(d, PAWL_ERR_USAGE, "--phase: at most %d times", PHASES_MAX);
        }
        a->phase_text[a->n_texts++] = copy;
        for (char *p = strtok_r(copy, " \t\n", &rest); p; p = strtok_r(NULL, " \t\n", &rest)) {
                if (a->n_phases == PHASES_MAX)
                        return pawl_fail(
                                d, PAWL_ERR_USAGE, "--phase: at most %d paths", PHASES_MAX);
                a->phases[a->n_phases++] = strcmp(p, ":") == 0 ? "" : p;
        }
        return PAWL_OK;
}

static pawl_err take_profile(args *a, const char *text, pawl_diag *d)
{
        unsigned n = 0;
        const char *p = text;

        for (; *p >= '0' && *p <= '9' && n <= PAWL_UKI_PROFILES_MAX; p++)
                n = n * 10 + (unsigned)(*p - '0');
        if (p == text || *p != '\0')
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--profile=%s: give its number; 'pawl uki "
                        "inspect' lists them",
                        text);
        a->profile = n;
        a->has_profile = true;
        return PAWL_OK;
}

/* A section from a file, as systemd-measure takes it: an empty file is no section. */
static pawl_err take_section(args *a, pawl_uki_section s, const char *path, pawl_diag *d)
{
        PAWL_TRY(pawl_sources_file(&a->sources, path, &a->uki.content[s], d));
        a->uki.has[s] = a->uki.content[s].len > 0;
        a->uki.n_profiles = 1;
        a->has_sections = true;
        return PAWL_OK;
}

static pawl_err take(args *a, int option, pawl_diag *d)
{
        switch (option) {
        case OPT_JSON:
                a->is_json = true;
                return PAWL_OK;
        case OPT_PHASE:
                return take_phases(a, optarg, d);
        case OPT_BANK: {
                uint32_t banks;

                PAWL_TRY(pawl_parse_banks(optarg, &banks, d));
                a->banks |= banks;
                return PAWL_OK;
        }
        case OPT_PROFILE_NUMBER:
                return take_profile(a, optarg, d);
        case OPT_CREDENTIALS:
                a->sidecars.folders[PAWL_SIDECAR_CREDENTIALS] = optarg;
                return PAWL_OK;
        case OPT_GLOBAL_CREDENTIALS:
                a->sidecars.folders[PAWL_SIDECAR_GLOBAL_CREDENTIALS] = optarg;
                return PAWL_OK;
        default:
                return take_section(a, (pawl_uki_section)(option - OPT_SECTION), optarg, d);
        }
}

static pawl_err add_digest(json_object *digests, pawl_alg bank, const pawl_digest *v)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(pawl_digest_span(v), &hex));
        return json_object_object_add(
                       digests, pawl_alg_info_of(bank)->name, json_object_new_string(hex)) == 0
                       ? PAWL_OK
                       : PAWL_ERR_NO_MEMORY;
}

static pawl_err phase_json(
        const args *a, const pawl_prediction *p, const char *phase, json_object *list, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *digests = json_object_new_object();
        pawl_digest v;

        if (!o || json_object_object_add(o, "phase", json_object_new_string(phase)) ||
                json_object_object_add(o, "digests", digests))
                return PAWL_ERR_NO_MEMORY;
        for (size_t b = 0; b < PAWL_ALG_MAX_; b++) {
                if (!(a->banks & 1u << pawl_print_banks[b]))
                        continue;
                PAWL_TRY(pawl_predict_phases(p, pawl_print_banks[b], phase, &v, d));
                PAWL_TRY(add_digest(digests, pawl_print_banks[b], &v));
        }
        return json_object_array_add(list, pawl_take(&o)) == 0 ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static pawl_err config_json(const args *a, json_object *ret)
{
        json_object *o = json_object_new_object(), *digests = json_object_new_object();

        if (!o || json_object_object_add(ret, "config", o) || !digests ||
                json_object_object_add(o, "digests", digests) ||
                json_object_object_add(o, "pcr", json_object_new_int(PAWL_PCR_KERNEL_CONFIG)))
                return PAWL_ERR_NO_MEMORY;
        for (size_t b = 0; b < PAWL_ALG_MAX_; b++)
                if (a->banks & 1u << pawl_print_banks[b])
                        PAWL_TRY(add_digest(
                                digests, pawl_print_banks[b], &a->config.pcr[pawl_print_banks[b]]));
        return PAWL_OK;
}

static pawl_err print_json(const args *a, const pawl_prediction *p, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *list = json_object_new_array();

        if (!o || json_object_object_add(o, "pcr", json_object_new_int(PAWL_PCR_KERNEL_BOOT)) ||
                json_object_object_add(o, "phases", list))
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < a->n_phases; i++)
                PAWL_TRY(phase_json(a, p, a->phases[i], list, d));
        if (a->has_config)
                PAWL_TRY(config_json(a, o));
        return pawl_json_print(o);
}

static pawl_err print_digest(int pcr, pawl_alg bank, const pawl_digest *v)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(pawl_digest_span(v), &hex));
        (void)printf("%d:%s=%s\n", pcr, pawl_alg_info_of(bank)->name, hex);
        return PAWL_OK;
}

static pawl_err print_config(const args *a)
{
        (void)printf("# PCR[%d]\n", PAWL_PCR_KERNEL_CONFIG);
        for (size_t b = 0; b < PAWL_ALG_MAX_; b++)
                if (a->banks & 1u << pawl_print_banks[b])
                        PAWL_TRY(print_digest(PAWL_PCR_KERNEL_CONFIG, pawl_print_banks[b],
                                &a->config.pcr[pawl_print_banks[b]]));
        return PAWL_OK;
}

/* As systemd-measure prints it. */
static pawl_err print_text(const args *a, const pawl_prediction *p, pawl_diag *d)
{
        pawl_digest v;

        for (size_t i = 0; i < a->n_phases; i++) {
                (void)printf("# PCR[%d] Phase <%s>\n", PAWL_PCR_KERNEL_BOOT,
                        a->phases[i][0] == '\0' ? ":" : a->phases[i]);
                for (size_t b = 0; b < PAWL_ALG_MAX_; b++) {
                        if (!(a->banks & 1u << pawl_print_banks[b]))
                                continue;
                        PAWL_TRY(pawl_predict_phases(p, pawl_print_banks[b], a->phases[i], &v, d));
                        PAWL_TRY(print_digest(PAWL_PCR_KERNEL_BOOT, pawl_print_banks[b], &v));
                }
        }
        if (a->has_config)
                PAWL_TRY(print_config(a));
        return fflush(stdout) == 0 ? PAWL_OK : PAWL_ERR_IO;
}

static void fill_defaults(args *a)
{
        if (a->banks == 0)
                a->banks = PAWL_ALL_BANKS;
        if (a->n_phases > 0)
                return;
        a->phases[a->n_phases++] = "";
        for (const pawl_signed_path *p = pawl_systemd_paths; p->path; p++)
                a->phases[a->n_phases++] = p->path;
}

static pawl_err predict_config(args *a, pawl_diag *d)
{
        pawl_boot_input in = { .uki = &a->uki };

        a->has_config = pawl_sidecar_options_given(&a->sidecars);
        if (!a->has_config)
                return PAWL_OK;
        PAWL_TRY(pawl_sidecar_options_pack(&a->sidecars, in.sidecars, d));
        return pawl_predict_config(&in, a->banks, &a->config, d);
}

static pawl_err measure(args *a, const char *path, pawl_diag *d)
{
        pawl_autoimage pawl_image image = { 0 };
        pawl_prediction p;

        if (path) {
                PAWL_TRY(pawl_image_open(path, &image, d));
                PAWL_TRY(pawl_image_read_uki(&image, a->profile, &a->uki, d));
        }
        fill_defaults(a);
        PAWL_TRY(pawl_predict(&a->uki, a->banks, &p, d));
        PAWL_TRY(predict_config(a, d));
        return a->is_json ? print_json(a, &p, d) : print_text(a, &p, d);
}

static int run(int argc, char **argv)
{
        pawl_cleanup(args_done) args a = { 0 };
        pawl_err err = PAWL_OK;
        pawl_diag d = { 0 };
        int option;

        while (err == PAWL_OK && (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (option == '?')
                        return PAWL_EXIT_USAGE;
                err = take(&a, option, &d);
        }
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        if (argc - optind > 1 || (argc == optind) != a.has_sections ||
                (a.has_profile && a.has_sections))
                return pawl_verb_usage(&pawl_verb_uki_measure,
                        "give one image (and maybe --profile=N), or files for its sections");
        err = measure(&a, a.has_sections ? NULL : argv[optind], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_uki_measure = {
        .noun = "uki",
        .verb = "measure",
        .args = "[OPTIONS] IMAGE",
        .summary = "Predict PCR 11 for each phase of a boot, and PCR 12",
        .help = "  --json          print JSON\n"
                "  --phase=PATH    words joined by ':' (repeatable; ':' is before the first "
                "phase)\n"
                "  --bank=LIST     sha1,sha256,sha384,sha512 (default: all)\n"
                "  --profile=N     the profile that is started (default: 0)\n"
                "  --credentials=DIR\n"
                "                  also PCR 12, with the *.cred files beside the image "
                "(IMAGE.extra.d)\n"
                "  --global-credentials=DIR\n"
                "                  and those of all images (/loader/credentials)\n"
                "  --linux=FILE --osrel=FILE --cmdline=FILE --initrd=FILE --ucode=FILE "
                "--splash=FILE\n"
                "  --dtb=FILE --uname=FILE --sbat=FILE --pcrpkey=FILE --dtbauto=FILE --hwids=FILE\n"
                "  --efifw=FILE    instead of an image: the content of its sections\n"
                "Example: pawl uki measure --json --bank=sha256 os.efi\n",
        .run = run,
};

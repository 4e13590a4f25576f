/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/uki-options.h"
#include "userspace/pawl/verb.h"
#include "userspace/uki/build.h"

#ifndef PAWL_STUB_PATH
#error "PAWL_STUB_PATH comes from meson.build"
#endif

enum {
        OPT_LINUX = 0x100,
        OPT_INITRD,
        OPT_CMDLINE,
        OPT_OS_RELEASE,
        OPT_UNAME,
        OPT_SPLASH,
        OPT_MICROCODE,
        OPT_DEVICETREE,
        OPT_SBAT,
        OPT_SECTION,
        OPT_PROFILE,
        OPT_JOIN_PROFILE,
        OPT_PCRPKEY,
        OPT_STUB,
        OPT_SIGN_KERNEL,
        OPT_NO_SIGN_KERNEL,
};

extern const pawl_verb pawl_verb_uki_build;

static const struct option options[] = {
        {"linux",            required_argument, NULL, OPT_LINUX },
        { "initrd",              required_argument, NULL, OPT_INITRD },
        { "cmdline",                 required_argument, NULL, OPT_CMDLINE },
        { "os-release",required_argument, NULL, OPT_OS_RELEASE },
        { "uname",        required_argument, NULL, OPT_UNAME },
        { "splash",         required_argument, NULL, OPT_SPLASH },
        { "microcode",              required_argument, NULL, OPT_MICROCODE },
        { "devicetree",                 required_argument, NULL, OPT_DEVICETREE },
        { "sbat",              required_argument, NULL, OPT_SBAT },
        { "section",    required_argument, NULL, OPT_SECTION },
        { "profile",           required_argument, NULL, OPT_PROFILE },
        { "join-profile",              required_argument, NULL, OPT_JOIN_PROFILE },
        { "pcrpkey",                 required_argument, NULL, OPT_PCRPKEY },
        { "stub",required_argument, NULL, OPT_STUB },
        { "sign-kernel",        no_argument, NULL, OPT_SIGN_KERNEL },
        { "no-sign-kernel",       no_argument, NULL, OPT_NO_SIGN_KERNEL },
        { "output",              required_argument, NULL, 'o' },
        PAWL_SIGN_OPTIONS,
        { 0                },
};

static pawl_err append(pawl_build_list *l, const char *value, const char *option, pawl_diag *d)
{
        if (l->n_items == PAWL_BUILD_LIST_MAX)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "%s: at most %d times", option, PAWL_BUILD_LIST_MAX);
        l->items[l->n_items++] = value;
        return PAWL_OK;
}

/* Where the value of an option that may stand once goes; NULL for other options. */
static const char **slot_of(pawl_build *b, int option)
{
        switch (option) {
        case OPT_LINUX:
                return &b->kernel;
        case OPT_CMDLINE:
                return &b->cmdline;
        case OPT_OS_RELEASE:
                return &b->os_release;
        case OPT_UNAME:
                return &b->uname;
        case OPT_SPLASH:
                return &b->splash;
        case OPT_MICROCODE:
                return &b->microcode;
        case OPT_DEVICETREE:
                return &b->devicetree;
        case OPT_PROFILE:
                return &b->profile;
        case OPT_PCRPKEY:
                return &b->pcrpkey;
        case OPT_STUB:
                return &b->stub;
        case 'o':
                return &b->output;
        default:
                return NULL;
        }
}

static pawl_err take(pawl_build *b, pawl_sign_args *a, int option, pawl_diag *d)
{
        const char **slot = slot_of(b, option);

        if (slot) {
                *slot = optarg;
                return PAWL_OK;
        }
        switch (option) {
        case OPT_INITRD:
                return append(&b->initrds, optarg, "--initrd", d);
        case OPT_SBAT:
                return append(&b->sbat, optarg, "--sbat", d);
        case OPT_SECTION:
                return append(&b->sections, optarg, "--section", d);
        case OPT_JOIN_PROFILE:
                return append(&b->join_profiles, optarg, "--join-profile", d);
        case OPT_SIGN_KERNEL:
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--sign-kernel: never done here: a signed kernel can be started without "
                        "being measured");
        case OPT_NO_SIGN_KERNEL:
                return PAWL_OK;
        default:
                return pawl_sign_args_take(a, option, optarg, d);
        }
}

/* What ukify takes if it is not told. */
static pawl_err fill_defaults(pawl_build *b, char **ret_output, pawl_diag *d)
{
        const char *slash;

        if (!b->stub)
                b->stub = PAWL_STUB_PATH;
        if (!b->os_release && b->kernel && access("/etc/os-release", R_OK) == 0)
                b->os_release = "@/etc/os-release";
        if (b->output)
                return PAWL_OK;
        if (!b->kernel)
                return pawl_fail(d, PAWL_ERR_USAGE, "--output is missing");
        slash = strrchr(b->kernel, '/');
        if (asprintf(ret_output, "%s%s", slash ? slash + 1 : b->kernel,
                    b->signing.sb_key ? ".efi" : ".unsigned.efi") < 0) {
                *ret_output = NULL;
                return PAWL_ERR_NO_MEMORY;
        }
        b->output = *ret_output;
        return PAWL_OK;
}

static pawl_err build(pawl_build *b, pawl_sign_args *a, pawl_diag *d)
{
        pawl_autofree char *output = NULL;

        PAWL_TRY(pawl_sign_args_finish(a, d));
        b->signing = a->signing;
        PAWL_TRY(fill_defaults(b, &output, d));
        PAWL_TRY(pawl_uki_build(b, d));
        pawl_say("wrote %s image %s", b->signing.sb_key ? "signed" : "unsigned", b->output);
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        pawl_autosignargs pawl_sign_args a = { 0 };
        pawl_build b = { 0 };
        pawl_diag d = { 0 };
        pawl_err err = PAWL_OK;
        int option;

        while (err == PAWL_OK && (option = getopt_long(argc, argv, "o:", options, NULL)) >= 0) {
                if (option == '?')
                        return PAWL_EXIT_USAGE;
                err = take(&b, &a, option, &d);
        }
        if (err == PAWL_OK && optind < argc)
                return pawl_verb_usage(
                        &pawl_verb_uki_build, "'%s': unexpected argument", argv[optind]);
        if (err == PAWL_OK)
                err = build(&b, &a, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_uki_build = {
        .noun = "uki",
        .verb = "build",
        .args = "--linux=FILE [OPTIONS]",
        .summary = "Put a unified kernel image together",
        .help = "  --linux=FILE  --initrd=FILE (repeatable)  --microcode=FILE  --splash=FILE\n"
                "  --cmdline=TEXT|@FILE  --os-release=TEXT|@FILE  --uname=TEXT\n"
                "  --sbat=TEXT|@FILE  --pcrpkey=FILE  --section=NAME:TEXT|@FILE\n"
                "  --profile=TEXT|@FILE    the profile's text; without --linux: a profile to join\n"
                "  --join-profile=FILE     add a profile (repeatable)\n"
                "  --stub=FILE             default: " PAWL_STUB_PATH "\n"
                "  -o, --output=FILE\n" PAWL_SIGN_HELP
                "Example: pawl uki build --linux=vmlinuz --initrd=initrd --cmdline=quiet -o "
                "os.efi\n",
        .run = run,
};

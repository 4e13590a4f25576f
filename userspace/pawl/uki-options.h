/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of signing, which `pawl uki build` and `pawl uki sign` share. Names as ukify's. */
#ifndef PAWL_PAWL_UKI_OPTIONS_H
#define PAWL_PAWL_UKI_OPTIONS_H

#include <getopt.h>

#include "userspace/uki/sign.h"

#define PAWL_PHASE_GROUPS_MAX 16

typedef struct pawl_sign_args {
        pawl_signing signing;
        struct {
                const char *phases, *ref;
        } groups[PAWL_PHASE_GROUPS_MAX];
        size_t n_groups;
        bool wants_systemd, wants_initrd, wants_default;
        char *words[PAWL_PCRSIG_PATHS_MAX]; /* what the paths of `signing` borrow */
        size_t n_words;
} pawl_sign_args;

enum {
        PAWL_OPT_SB_KEY = 0x1000,
        PAWL_OPT_SB_CERT,
        PAWL_OPT_PCR_KEY,
        PAWL_OPT_PCR_PUB,
        PAWL_OPT_PCR_BANKS,
        PAWL_OPT_PHASES,
        PAWL_OPT_POLICYREF,
        PAWL_OPT_SYSTEMD,
        PAWL_OPT_INITRD,
        PAWL_OPT_DEFAULT,
};

#define PAWL_SIGN_OPTIONS                                                                          \
        { "secureboot-private-key", required_argument, NULL, PAWL_OPT_SB_KEY },                    \
                { "secureboot-certificate", required_argument, NULL, PAWL_OPT_SB_CERT },           \
                { "pcr-private-key", required_argument, NULL, PAWL_OPT_PCR_KEY },                  \
                { "pcr-public-key", required_argument, NULL, PAWL_OPT_PCR_PUB },                   \
                { "pcr-banks", required_argument, NULL, PAWL_OPT_PCR_BANKS },                      \
                { "phases", required_argument, NULL, PAWL_OPT_PHASES },                            \
                { "policyref", required_argument, NULL, PAWL_OPT_POLICYREF },                      \
                { "systemd-phases", no_argument, NULL, PAWL_OPT_SYSTEMD },                         \
                { "sign-initrd-pcrs", no_argument, NULL, PAWL_OPT_INITRD },                        \
        {                                                                                          \
                "default-phases", no_argument, NULL, PAWL_OPT_DEFAULT                              \
        }

#define PAWL_SIGN_HELP                                                                             \
        "  --secureboot-private-key=FILE  with --secureboot-certificate=FILE: sign the whole "     \
        "image\n"                                                                                  \
        "  --pcr-private-key=FILE  sign PCR 11 into .pcrsig (--pcr-public-key=FILE is checked)\n"  \
        "  --pcr-banks=LIST        sha1,sha256,sha384,sha512 (default: all)\n"                     \
        "  --phases='PATH…'        phase paths to sign; --policyref=REF after it: under REF\n"   \
        "  --systemd-phases        the four paths of systemd, without reference\n"                 \
        "  --sign-initrd-pcrs      enter-initrd under the reference initrd\n"                      \
        "  --default-phases        Pawl's paths and references: the default, here to be "          \
        "combined\n"

/* Takes one of these options; USAGE if it does not make sense where it stands. */
PAWL_MUST_CHECK pawl_err pawl_sign_args_take(
        pawl_sign_args *a, int option, const char *value, pawl_diag *d);
/* After the last option: decides what is signed and loads the keys. */
PAWL_MUST_CHECK pawl_err pawl_sign_args_finish(pawl_sign_args *a, pawl_diag *d);
void pawl_sign_args_done(pawl_sign_args *a);
#define pawl_autosignargs pawl_cleanup(pawl_sign_args_done)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting a UKI together from its parts, in the order in which ukify does. */
#ifndef PAWL_UKI_BUILD_H
#define PAWL_UKI_BUILD_H

#include "userspace/uki/sign.h"

#define PAWL_BUILD_LIST_MAX 64

typedef struct pawl_build_list {
        const char *items[PAWL_BUILD_LIST_MAX];
        size_t n_items;
} pawl_build_list;

/* What to build; all text is borrowed, NULL means not given. */
typedef struct pawl_build {
        const char *stub, *kernel, *splash, *microcode, *devicetree, *pcrpkey; /* files */
        const char *cmdline, *os_release, *uname, *profile; /* "TEXT" or "@FILE" */
        pawl_build_list initrds;                            /* files */
        pawl_build_list sbat;                               /* "TEXT" or "@FILE" */
        pawl_build_list sections;                           /* "NAME:TEXT" or "NAME:@FILE" */
        pawl_build_list join_profiles; /* PE files made by a build with a profile and no kernel */
        const char *output;
        pawl_signing signing; /* loaded */
} pawl_build;

/* Builds, signs and writes the image. Without `kernel` it makes a PE file with one profile, for
 * `join_profiles` of another build. Nothing is written if anything fails. */
PAWL_MUST_CHECK pawl_err pawl_uki_build(pawl_build *b, pawl_diag *d);

#endif

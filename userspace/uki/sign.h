/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing a UKI: PCR 11 policies into `.pcrsig`, then the whole file for Secure Boot. */
#ifndef PAWL_UKI_SIGN_H
#define PAWL_UKI_SIGN_H

#include "userspace/uki/pcrsig.h"
#include "userspace/uki/sections.h"
#include "userspace/uki/sources.h"

typedef struct pawl_signing {
        /* file names; NULL: no such signature. Keys and certificate of a pair go together. */
        const char *secureboot_private_key, *secureboot_certificate;
        const char *pcr_private_key, *pcr_public_key;
        uint32_t banks;
        pawl_pcrsig_paths paths;
        /* loaded by pawl_signing_load */
        EVP_PKEY *sb_key, *pcr_key;
        X509 *sb_certificate;
} pawl_signing;

/* Loads the keys. USAGE if half of a pair is missing, KEY if its halves do not fit. */
PAWL_MUST_CHECK pawl_err pawl_signing_load(pawl_signing *s, pawl_diag *d);
void pawl_signing_done(pawl_signing *s);

/* Refuses a kernel that the Secure Boot certificate signed; see userspace/uki/kernel.h. */
PAWL_MUST_CHECK pawl_err pawl_signing_check_kernels(
        const pawl_signing *s, const pawl_sections *sections, pawl_diag *d);
/* Puts `.pcrpkey` into the base, unless one is there, and checks that it is the signing key's. */
PAWL_MUST_CHECK pawl_err pawl_signing_add_pcrpkey(
        const pawl_signing *s, pawl_sections *sections, pawl_sources *sources, pawl_diag *d);
/* Adds a `.pcrsig` at the end of every profile. `base` and `path` as in pawl_sections_write. */
PAWL_MUST_CHECK pawl_err pawl_signing_add_pcrsigs(const pawl_signing *s, const pawl_pe *base,
        const char *path, pawl_sections *sections, pawl_sources *sources, pawl_diag *d);
/* Writes the image, signed for Secure Boot if there is a key, to `output`. The signature is added
 * to `image` itself. */
PAWL_MUST_CHECK pawl_err pawl_signing_finish(
        const pawl_signing *s, pawl_buffer *image, const char *output, pawl_diag *d);

#endif

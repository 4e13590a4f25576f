/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR 11 before it happens: what the stub will have measured, and then the words of a phase path;
 * and PCR 12, where what comes from outside of the image goes. */
#ifndef PAWL_UKI_PREDICT_H
#define PAWL_UKI_PREDICT_H

#include "core/pcr.h"
#include "userspace/host/diag.h"

/* The banks in the order in which they are printed and signed. */
extern const pawl_alg pawl_print_banks[PAWL_ALG_MAX_];

/* A PCR when the stub is done, in each bank of the mask (bit `pawl_alg`). */
typedef struct pawl_prediction {
        uint32_t banks;
        pawl_digest pcr[PAWL_ALG_MAX_];
} pawl_prediction;

PAWL_MUST_CHECK pawl_err pawl_predict(
        const pawl_uki *uki, uint32_t banks, pawl_prediction *ret, pawl_diag *d);
/* PCR 12 of a boot by `in`: its image's profile, load options that count, the archives of
 * credentials beside it (userspace/host/sidecars.h makes them). A loader that measures its entry's
 * options or an edited line does so before, and is no part of it. */
PAWL_MUST_CHECK pawl_err pawl_predict_config(
        const pawl_boot_input *in, uint32_t banks, pawl_prediction *ret, pawl_diag *d);
/* Goes on from PCR 11 through the phase words of `path` ("" leaves the value as it is). USAGE for a
 * path with an empty word. */
PAWL_MUST_CHECK pawl_err pawl_predict_phases(
        const pawl_prediction *p, pawl_alg bank, const char *path, pawl_digest *ret, pawl_diag *d);

/* "sha1,sha256" (also with blanks) to a mask. USAGE for an unknown name or an empty list. */
PAWL_MUST_CHECK pawl_err pawl_parse_banks(const char *text, uint32_t *ret, pawl_diag *d);
#define PAWL_ALL_BANKS ((1u << PAWL_ALG_MAX_) - 1)

#endif

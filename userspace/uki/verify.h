/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold for a UKI before anyone trusts it to be started. */
#ifndef PAWL_UKI_VERIFY_H
#define PAWL_UKI_VERIFY_H

#include "userspace/uki/image.h"
#include "userspace/uki/pcrsig.h"

/* The answer about one property; `text` says what was found. */
typedef enum pawl_check_result {
        PAWL_CHECK_FAILED = 0,
        PAWL_CHECK_PASSED,
        PAWL_CHECK_SKIPPED, /* there was nothing to compare with */
} pawl_check_result;

typedef struct pawl_check {
        const char *name;
        pawl_check_result result;
        char text[PAWL_DIAG_SIZE];
} pawl_check;

#define PAWL_CHECKS_MAX (8 + PAWL_UKI_PROFILES_MAX)
typedef struct pawl_checks {
        pawl_check rows[PAWL_CHECKS_MAX];
        size_t n_rows;
} pawl_checks;

typedef struct pawl_verify_input {
        const pawl_image *image;
        X509 *certificate;              /* NULL: Secure Boot signatures are not checked */
        EVP_PKEY *pcr_key;              /* NULL: `.pcrpkey` is believed */
        const pawl_pcrsig_paths *extra; /* phase paths beside the known ones; may be NULL */
} pawl_verify_input;

/* Fails only if the answer cannot be found; a "no" is in the rows. */
PAWL_MUST_CHECK pawl_err pawl_uki_verify(
        const pawl_verify_input *in, pawl_checks *ret, pawl_diag *d);
bool pawl_checks_all_passed(const pawl_checks *c);

#endif

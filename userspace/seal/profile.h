/* SPDX-License-Identifier: BSD-2-Clause */
/* Named policies, `share/pawl/policies/NAME.json`: which PCRs are signed, which are literal, and
 * what the machine must be like for the policy to hold. Shipped as data, each PCR with its `why`;
 * read from the measured initrd when a boot decides. */
#ifndef PAWL_SEAL_PROFILE_H
#define PAWL_SEAL_PROFILE_H

#include "userspace/seal/seal.h"

#define PAWL_PROFILE_MAX (64u << 10) /* bytes of a file */

typedef struct pawl_profile {
        char name[32];
        uint32_t signed_mask, literal_mask;
        char ref[PAWL_POLICY_REF_MAX];
        bool needs_secure_boot, needs_pin;
} pawl_profile;

/* By name from `dir` (NULL: the installed folder, or PAWL_POLICIES). Unknown keys, PCRs and wrong
 * types are errors that name the file. */
PAWL_MUST_CHECK pawl_err pawl_profile_load(
        const char *dir, const char *name, pawl_profile *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_profile_parse(
        pawl_span json, const char *file, pawl_profile *ret, pawl_diag *d);

#endif

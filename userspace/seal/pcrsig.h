/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAWL_SEAL_PCRSIG_H
#define PAWL_SEAL_PCRSIG_H

#include "userspace/seal/policy-key.h"
#include "userspace/seal/seal.h"

/* As pawl_pcr_signatures_find with the key parsed. `any_ref`: rows of every reference. */
PAWL_MUST_CHECK pawl_err pawl_pcr_rows_find(pawl_span json, const pawl_policy_key *key,
        const pawl_seal_policy *p, bool any_ref, pawl_pcr_signature **ret, size_t *ret_n,
        pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAWL_SEAL_POLICY_H
#define PAWL_SEAL_POLICY_H

#include "userspace/seal/seal.h"

/* Whether the parts of a policy fit together; FORMAT. */
PAWL_MUST_CHECK pawl_err pawl_seal_policy_check(const pawl_seal_policy *p, pawl_diag *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the key pair of the credential store will open at the next boot. */
#ifndef PAWL_PAWL_STORE_PROSPECT_H
#define PAWL_PAWL_STORE_PROSPECT_H

#include "userspace/pawl/next-boot.h"

/* NOT_FOUND where there is no store. */
PAWL_MUST_CHECK pawl_err pawl_store_prospect(pawl_next_boot *b, pawl_prospect *ret, pawl_diag *d);

#endif

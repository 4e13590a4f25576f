/* SPDX-License-Identifier: BSD-2-Clause */
/* An empty PE image: what the sections of a profile are kept in until they are joined to a UKI. */
#ifndef PAWL_UKI_PROFILE_BASE_H
#define PAWL_UKI_PROFILE_BASE_H

#include "core/pe.h"

/* An image without sections and without code, for pawl_pe_write. Its bytes are static. */
PAWL_MUST_CHECK pawl_err pawl_profile_base(pawl_pe *ret);

#endif

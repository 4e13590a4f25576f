/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether somebody has shown that they hold a volume's recovery key. A mark for people's sake,
 * never for a decision. It stands in /var/lib/pawl (or the folder PAWL_STATE), which is on the
 * encrypted volume where the system follows Pawl's layout. */
#ifndef PAWL_PAWL_RECOVERY_PROOF_H
#define PAWL_PAWL_RECOVERY_PROOF_H

#include "userspace/host/diag.h"

/* Remembers it, and removes the copy of the key that the first boot kept for want of a person. */
PAWL_MUST_CHECK pawl_err pawl_recovery_set_proven(const char *uuid, pawl_diag *d);

#endif

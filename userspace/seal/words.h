/* SPDX-License-Identifier: BSD-2-Clause */
/* What a sealed object demands, in words for a table. */
#ifndef PAWL_SEAL_WORDS_H
#define PAWL_SEAL_WORDS_H

#include <stdio.h>

#include "userspace/seal/seal.h"

/* "PCR 7, 12 as enrolled; PCR 11 signed by key 3f2a91c0..., reference initrd: in the initrd only".
 * `how` is what the literal ones have to be ("as enrolled"). False if nothing is bound and nothing
 * was printed. */
bool pawl_policy_print(FILE *f, const pawl_seal_policy *p, const char *how);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What an EFI variable says, in words. */
#ifndef PAWL_LOG_DESCRIBE_VARIABLE_H
#define PAWL_LOG_DESCRIBE_VARIABLE_H

#include "core/efi-variable.h"
#include "userspace/log/words.h"

#define PAWL_VARIABLE_NAME_TEXT_SIZE 128 /* bytes of UTF-8 that matter, with NUL */

/* "variable dbx: 267 hashes", "variable BootOrder: Boot0003, Boot0001", "variable Boot0003:
 * 'debian', \EFI\debian\shimx64.efi"; its vendor's GUID where the name does not tell it.
 * `is_authority`: the data is one entry of a list, as EV_EFI_VARIABLE_AUTHORITY has it. */
void pawl_variable_describe(pawl_words *w, const pawl_efi_variable *v, bool is_authority);

/* Whether it is a variable of signature lists: PK, KEK, db, dbx, MokList and others. */
bool pawl_is_signature_list(const char *name);

#endif

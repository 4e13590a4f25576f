/* SPDX-License-Identifier: BSD-2-Clause */
/* What an EFI variable says, in words. */
#ifndef PAWL_LOG_DESCRIBE_VARIABLE_H
#define PAWL_LOG_DESCRIBE_VARIABLE_H

#include "core/efi-variable.h"

#define PAWL_VARIABLE_TEXT_SIZE 1024 /* bytes, with NUL */

/* "267 hashes, 1 certificate (CN of the first)", "0003, 0001, 0000", "'debian', on". "" for a
 * variable whose content is not known to us. `is_authority`: the data is one entry of a list, as
 * EV_EFI_VARIABLE_AUTHORITY has it. */
void pawl_variable_describe(
        const pawl_efi_variable *v, bool is_authority, char ret[static PAWL_VARIABLE_TEXT_SIZE]);

#endif

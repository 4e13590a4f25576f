/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's SMBIOS table, structure by structure. It is the firmware's word, and in a virtual
 * machine the host's: nobody measures all of it, so nothing in it may decide. DMTF DSP0134 (SMBIOS
 * Reference Specification 3.6), section 6.1. */
#ifndef PAWL_CORE_SMBIOS_H
#define PAWL_CORE_SMBIOS_H

#include "core/span.h"

#define PAWL_SMBIOS_SIZE_MAX    (4u << 20) /* bytes of a table that we read */
#define PAWL_SMBIOS_OEM_STRINGS 11         /* the type whose strings are free text */

typedef struct pawl_smbios_structure {
        uint8_t type;
        uint16_t handle;
        pawl_span formatted; /* behind the four bytes of the header */
        pawl_span strings;   /* each with its NUL, without the one that ends them */
} pawl_smbios_structure;

/* The next structure of a table; NOT_FOUND at its end, which the structure of type 127 is. FORMAT
 * for a length that is less than the header's; TRUNCATED. A call that fails moves nothing. */
PAWL_MUST_CHECK pawl_err pawl_smbios_next(pawl_reader *table, pawl_smbios_structure *ret);
/* The next of a structure's strings, without its NUL; NOT_FOUND at the end. */
PAWL_MUST_CHECK pawl_err pawl_smbios_string_next(pawl_reader *strings, pawl_span *ret);

#endif

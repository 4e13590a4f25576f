/* SPDX-License-Identifier: BSD-2-Clause */
/* The only way to gnu-efi's headers: with clang's windows target they define `__attribute__` away,
 * which would silently drop every attribute after them. */
#ifndef PAWL_EFI_COMMON_EFI_H
#define PAWL_EFI_COMMON_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <efi.h>
#undef __attribute__
/* gnu-efi's spelling of our names */
#undef ALIGN

_Static_assert(sizeof(CHAR16) == 2, "EFI text is UTF-16");

#endif

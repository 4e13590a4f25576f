/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI variables through efivarfs. UEFI 2.10, section 8.2. Values are the firmware's: limited here,
 * judged by the caller. The folder is /sys/firmware/efi/efivars, or PAWL_EFIVARS from the
 * environment. */
#ifndef PAWL_HOST_EFI_VAR_H
#define PAWL_HOST_EFI_VAR_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_EFI_GLOBAL_GUID  "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define PAWL_EFI_DB_GUID      "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define PAWL_EFI_LOADER_GUID  "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" /* Boot Loader Interface */
#define PAWL_EFI_VAR_SIZE_MAX (1u << 20)                             /* bytes */

#define PAWL_EFI_VAR_NON_VOLATILE 0x1u
#define PAWL_EFI_VAR_BOOT         0x2u
#define PAWL_EFI_VAR_RUNTIME      0x4u

/* The data without the attributes. NOT_FOUND if there is no such variable, or no EFI. `ret_attrs`
 * may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_efi_var_read(
        const char *name, const char *guid, pawl_buffer *ret, uint32_t *ret_attrs, pawl_diag *d);
/* One write, so the firmware sees old or new. The kernel's immutable flag is taken off for it. */
PAWL_MUST_CHECK pawl_err pawl_efi_var_write(
        const char *name, const char *guid, uint32_t attrs, pawl_span data, pawl_diag *d);
/* Done also if it was not there. */
PAWL_MUST_CHECK pawl_err pawl_efi_var_delete(const char *name, const char *guid, pawl_diag *d);

/* A variable of one byte that is 0 or 1, such as SecureBoot; FORMAT for anything else. */
PAWL_MUST_CHECK pawl_err pawl_efi_var_flag(
        const char *name, const char *guid, bool *ret, pawl_diag *d);
/* A variable of UTF-16LE text, with or without NUL at its end, as UTF-8. FORMAT for odd sizes,
 * surrogates and NUL inside. */
PAWL_MUST_CHECK pawl_err pawl_efi_var_text(
        const char *name, const char *guid, char **ret, pawl_diag *d);

#endif

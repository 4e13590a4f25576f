/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"
#include "efi-common/text.h"

#define NAME_MAX 64 /* UTF-16 units with NUL */

/* EFI_VARIABLE_NON_VOLATILE, _BOOTSERVICE_ACCESS, _RUNTIME_ACCESS */
#define ATTR_LASTING 1u
#define ATTR_READERS (2u | 4u)

static EFI_GUID *vendor_guid(pawl_vendor vendor)
{
        static EFI_GUID guids[] = {
                [PAWL_VENDOR_LOADER] = {0x4a67b082,  0x0a4c, 0x41cf,
                                        { 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f }},
                [PAWL_VENDOR_GLOBAL] = { 0x8be4df61, 0x93ca, 0x11d2,
                                        { 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c }},
                [PAWL_VENDOR_SECURITY] = { 0xd719b2cb, 0x3d3a, 0x4596,
                                        { 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f }},
        };

        return &guids[vendor];
}

pawl_err pawl_efi_get_variable_size(void *ctx, pawl_vendor vendor, const char *name, size_t *ret)
{
        pawl_efi *efi = ctx;
        CHAR16 name16[NAME_MAX];
        UINTN size = 0;
        EFI_STATUS status;

        PAWL_TRY(pawl_utf16_from_ascii(name, name16, NAME_MAX));
        status = efi->st->RuntimeServices->GetVariable(
                name16, vendor_guid(vendor), NULL, &size, NULL);
        if (status != EFI_SUCCESS && status != EFI_BUFFER_TOO_SMALL)
                return pawl_err_from_efi(status);
        *ret = size;
        return PAWL_OK;
}

pawl_err pawl_efi_get_variable(
        void *ctx, pawl_vendor vendor, const char *name, void *buf, size_t cap, size_t *ret_len)
{
        pawl_efi *efi = ctx;
        CHAR16 name16[NAME_MAX];
        UINTN size = cap;

        PAWL_TRY(pawl_utf16_from_ascii(name, name16, NAME_MAX));
        PAWL_TRY_EFI(efi->st->RuntimeServices->GetVariable(
                name16, vendor_guid(vendor), NULL, &size, buf));
        if (size > cap)
                return PAWL_ERR_FIRMWARE;
        *ret_len = size;
        return PAWL_OK;
}

pawl_err pawl_efi_set_variable(
        void *ctx, pawl_vendor vendor, const char *name, pawl_span value, bool is_lasting)
{
        pawl_efi *efi = ctx;
        CHAR16 name16[NAME_MAX];
        UINT32 attributes = ATTR_READERS | (is_lasting ? ATTR_LASTING : 0);

        /* no attributes at all: deletes whatever attributes the variable was made with (UEFI
         * Specification 2.10, section 8.2.2) */
        if (value.len == 0)
                attributes = 0;
        PAWL_TRY(pawl_utf16_from_ascii(name, name16, NAME_MAX));
        return pawl_err_from_efi(efi->st->RuntimeServices->SetVariable(
                name16, vendor_guid(vendor), attributes, value.len, (void *)(uintptr_t)value.data));
}

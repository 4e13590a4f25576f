/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-vouch.h"

static EFI_GUID security_guid = PAWL_SECURITY_GUID;
static EFI_GUID security2_guid = PAWL_SECURITY2_GUID;

/* Firmware calls back without a context of ours: what is vouched for has to be static. */
static struct {
        pawl_span file;
        const EFI_DEVICE_PATH *path;
        pawl_security_check check;
        pawl_security2_check check2;
} vouched;

static EFI_STATUS EFIAPI check2(const pawl_security2 *self, const EFI_DEVICE_PATH *file,
        void *buffer, UINTN size, BOOLEAN boot_policy)
{
        if (buffer && buffer == (const void *)vouched.file.data && size == vouched.file.len)
                return EFI_SUCCESS;
        return vouched.check2(self, file, buffer, size, boot_policy);
}

/* The old protocol is not told the buffer; the pointer to our own device path says the same. */
static EFI_STATUS EFIAPI check(
        const pawl_security *self, UINT32 status, const EFI_DEVICE_PATH *file)
{
        if (file && file == vouched.path)
                return EFI_SUCCESS;
        return vouched.check(self, status, file);
}

void pawl_efi_vouch_begin(
        pawl_efi *efi, pawl_span file, const EFI_DEVICE_PATH *path, pawl_efi_vouch *ret)
{
        void *p = NULL;

        vouched.file = file;
        vouched.path = path;
        if (efi->bs->LocateProtocol(&security2_guid, NULL, &p) == EFI_SUCCESS && p) {
                ret->security2 = p;
                vouched.check2 = ret->security2->check;
                ret->security2->check = check2;
                return;
        }
        p = NULL;
        if (efi->bs->LocateProtocol(&security_guid, NULL, &p) == EFI_SUCCESS && p) {
                ret->security = p;
                vouched.check = ret->security->check;
                ret->security->check = check;
        }
}

void pawl_efi_vouch_end(pawl_efi_vouch *v)
{
        if (v->security2)
                v->security2->check = vouched.check2;
        if (v->security)
                v->security->check = vouched.check;
        *v = (pawl_efi_vouch){ 0 };
        vouched.file = PAWL_SPAN_NULL;
        vouched.path = NULL;
}

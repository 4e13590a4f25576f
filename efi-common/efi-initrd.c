/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"
#include "efi-common/initrd.h"

static EFI_GUID load_file2_guid = PAWL_LOAD_FILE2_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static const pawl_initrd_path initrd_path = {
        .type = 4, /* media */
        .subtype = 3, /* vendor */
        .length = {20, 0},
        .vendor = PAWL_LINUX_INITRD_MEDIA_GUID,
        .end = { 0x7f, 0xff, 4, 0 },
};

/* The kernel asks twice: for the size, then for the bytes. */
static EFI_STATUS EFIAPI load_file(pawl_load_file2 *self, EFI_DEVICE_PATH *path,
        BOOLEAN boot_policy, UINTN *size, void *buffer)
{
        pawl_efi_initrd *initrd = (pawl_efi_initrd *)self;
        pawl_writer w;
        size_t total = 0;

        if (!self || !path || !size)
                return EFI_INVALID_PARAMETER;
        if (boot_policy)
                return EFI_UNSUPPORTED;
        if (pawl_initrd_total(initrd->parts, initrd->n_parts, &total) != PAWL_OK)
                return EFI_OUT_OF_RESOURCES;
        if (!buffer || *size < total) {
                *size = total;
                return EFI_BUFFER_TOO_SMALL;
        }
        w = pawl_writer_of(buffer, total);
        if (pawl_initrd_write(&w, initrd->parts, initrd->n_parts) != PAWL_OK)
                return EFI_DEVICE_ERROR;
        *size = total;
        return EFI_SUCCESS;
}

/* The protocol that somebody else offers, and where it sits. */
static pawl_err find_earlier(pawl_efi *efi, EFI_HANDLE *ret_handle, pawl_load_file2 **ret)
{
        pawl_initrd_path want = initrd_path;
        EFI_DEVICE_PATH *path = (EFI_DEVICE_PATH *)(void *)&want;
        EFI_HANDLE handle = NULL;
        void *p = NULL;
        size_t left;

        PAWL_TRY_EFI(efi->bs->LocateDevicePath(&load_file2_guid, &path, &handle));
        /* a path that only begins like ours, an empty one for example, is something else's */
        if (pawl_device_path_len(path, &left) != PAWL_OK || left > 0)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY_EFI(efi->bs->HandleProtocol(handle, &load_file2_guid, &p));
        *ret_handle = handle;
        *ret = p;
        return PAWL_OK;
}

static pawl_err call_earlier(pawl_efi *efi, void *buf, UINTN *size, EFI_STATUS *ret)
{
        pawl_initrd_path path = initrd_path;
        pawl_load_file2 *earlier;
        EFI_HANDLE handle;

        PAWL_TRY(find_earlier(efi, &handle, &earlier));
        /* what is left of the path: its end */
        *ret = earlier->load_file(earlier, (EFI_DEVICE_PATH *)(void *)path.end, FALSE, size, buf);
        return PAWL_OK;
}

pawl_err pawl_efi_initrd_size(void *ctx, size_t *ret)
{
        EFI_STATUS status = EFI_SUCCESS;
        UINTN size = 0;

        PAWL_TRY(call_earlier(ctx, NULL, &size, &status));
        if (status != EFI_SUCCESS && status != EFI_BUFFER_TOO_SMALL)
                return status == EFI_NOT_FOUND ? PAWL_ERR_FIRMWARE : pawl_err_from_efi(status);
        *ret = size;
        return PAWL_OK;
}

pawl_err pawl_efi_initrd_read(void *ctx, void *buf, size_t size)
{
        EFI_STATUS status = EFI_SUCCESS;
        UINTN n = size;

        PAWL_TRY(call_earlier(ctx, buf, &n, &status));
        PAWL_TRY_EFI(status);
        return n == size ? PAWL_OK : PAWL_ERR_TRUNCATED;
}

/* Both protocols of the earlier offer go, so that neither the kernel nor the firmware's check for a
 * second device path of the same text meets it. */
static pawl_err take_earlier_off(pawl_efi *efi)
{
        pawl_efi_initrd *i = &efi->initrd;
        pawl_load_file2 *earlier = NULL;
        EFI_HANDLE handle = NULL;
        void *path = NULL;
        pawl_err err = find_earlier(efi, &handle, &earlier);

        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        PAWL_TRY_EFI(efi->bs->HandleProtocol(handle, &device_path_guid, &path));
        PAWL_TRY_EFI(efi->bs->UninstallMultipleProtocolInterfaces(
                handle, &load_file2_guid, earlier, &device_path_guid, path, NULL));
        i->earlier_path = path;
        i->earlier_protocol = earlier;
        return PAWL_OK;
}

/* On a new handle: the old one is gone with its last protocol. */
static void put_earlier_back(pawl_efi *efi)
{
        pawl_efi_initrd *i = &efi->initrd;

        if (!i->earlier_path)
                return;
        i->earlier_handle = NULL;
        (void)efi->bs->InstallMultipleProtocolInterfaces(&i->earlier_handle, &device_path_guid,
                i->earlier_path, &load_file2_guid, i->earlier_protocol, NULL);
        i->earlier_path = NULL;
        i->earlier_protocol = NULL;
}

pawl_err pawl_efi_initrd_install(void *ctx, const pawl_span *parts, size_t n_parts)
{
        pawl_efi *efi = ctx;
        pawl_efi_initrd *i = &efi->initrd;
        EFI_STATUS status;

        PAWL_TRY(take_earlier_off(efi));
        if (n_parts == 0)
                return PAWL_OK;
        i->protocol.load_file = load_file;
        i->path = initrd_path;
        i->parts = parts;
        i->n_parts = n_parts;
        i->handle = NULL;
        status = efi->bs->InstallMultipleProtocolInterfaces(
                &i->handle, &device_path_guid, &i->path, &load_file2_guid, &i->protocol, NULL);
        if (status == EFI_SUCCESS)
                return PAWL_OK;
        i->handle = NULL;
        put_earlier_back(efi);
        return pawl_err_from_efi(status);
}

void pawl_efi_initrd_remove(void *ctx)
{
        pawl_efi *efi = ctx;
        pawl_efi_initrd *i = &efi->initrd;

        if (i->handle)
                (void)efi->bs->UninstallMultipleProtocolInterfaces(i->handle, &device_path_guid,
                        &i->path, &load_file2_guid, &i->protocol, NULL);
        i->handle = NULL;
        i->parts = NULL;
        i->n_parts = 0;
        put_earlier_back(efi);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-platform.h"

pawl_err pawl_err_from_efi(EFI_STATUS status)
{
        switch (status) {
        case EFI_SUCCESS:
                return PAWL_OK;
        case EFI_NOT_FOUND:
        case EFI_NO_MEDIA:
                return PAWL_ERR_NOT_FOUND;
        case EFI_BUFFER_TOO_SMALL:
                return PAWL_ERR_NO_SPACE;
        case EFI_OUT_OF_RESOURCES:
                return PAWL_ERR_NO_MEMORY;
        case EFI_SECURITY_VIOLATION:
        case EFI_ACCESS_DENIED:
        case EFI_WRITE_PROTECTED:
                return PAWL_ERR_DENIED;
        case EFI_TIMEOUT:
        case EFI_NOT_READY:
                return PAWL_ERR_TIMEOUT;
        case EFI_UNSUPPORTED:
                return PAWL_ERR_UNSUPPORTED;
        case EFI_LOAD_ERROR:
                return PAWL_ERR_FORMAT;
        case EFI_DEVICE_ERROR:
        case EFI_VOLUME_CORRUPTED:
        case EFI_VOLUME_FULL:
        case EFI_MEDIA_CHANGED:
                return PAWL_ERR_IO;
        default:
                return PAWL_ERR_FIRMWARE;
        }
}

EFI_STATUS pawl_efi_status_of(pawl_err err)
{
        switch ((int)err) {
        case PAWL_OK:
                return EFI_SUCCESS;
        case PAWL_ERR_NOT_FOUND:
        case PAWL_ERR_MISSING:
                return EFI_NOT_FOUND;
        case PAWL_ERR_NO_MEMORY:
                return EFI_OUT_OF_RESOURCES;
        case PAWL_ERR_DENIED:
        case PAWL_ERR_REFUSED:
                return EFI_SECURITY_VIOLATION;
        case PAWL_ERR_UNSUPPORTED:
                return EFI_UNSUPPORTED;
        default:
                return EFI_LOAD_ERROR;
        }
}

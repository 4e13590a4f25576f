/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the firmware enters the boot loader. */
#include "boot-loader/loader.h"
#include "efi-common/efi-platform.h"

/* By this text tools tell what a PE file is and which version. */
__attribute__((section(".sdmagic"),
        used)) static const char marker[] = "#### LoaderInfo: pawl-boot " PAWL_VERSION " ####";

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
        pawl_platform platform;
        pawl_efi efi;
        pawl_err err = pawl_efi_platform(image, st, &efi, &platform);

        if (err == PAWL_OK) {
                err = pawl_loader_run(&platform);
                pawl_efi_platform_end(&efi);
        }
        return pawl_efi_status_of(err);
}

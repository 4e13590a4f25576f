/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-platform.h"
#include "efi-common/text.h"

#define VENDOR_MAX 80 /* UTF-16 units of the firmware vendor's name that are shown */

static EFI_GUID loaded_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

/* "2.70": major, and the minor number of two digits that the upper and lower halves of a UEFI
 * revision make */
static pawl_err write_revision(pawl_writer *w, uint32_t revision)
{
        uint32_t minor = revision & 0xffff;

        PAWL_TRY(pawl_write_decimal(w, revision >> 16));
        PAWL_TRY(pawl_write_u8(w, '.'));
        if (minor < 10)
                PAWL_TRY(pawl_write_u8(w, '0'));
        return pawl_write_decimal(w, minor);
}

static pawl_err describe_firmware(const EFI_SYSTEM_TABLE *st, pawl_self *self)
{
        pawl_writer info = pawl_writer_of(self->firmware_info, sizeof(self->firmware_info));
        pawl_writer type = pawl_writer_of(self->firmware_type, sizeof(self->firmware_type));
        char vendor[VENDOR_MAX + 1] = "";

        if (st->FirmwareVendor)
                PAWL_TRY(pawl_ascii_from_utf16(
                        st->FirmwareVendor, VENDOR_MAX, vendor, sizeof(vendor)));
        PAWL_TRY(pawl_write_str(&info, vendor));
        PAWL_TRY(pawl_write_u8(&info, ' '));
        PAWL_TRY(write_revision(&info, st->FirmwareRevision));
        PAWL_TRY(pawl_write_u8(&info, 0));
        PAWL_TRY(pawl_write_str(&type, "UEFI "));
        PAWL_TRY(write_revision(&type, st->Hdr.Revision));
        return pawl_write_u8(&type, 0);
}

/* What cannot be told stays empty: a network boot has no partition. */
static void describe_origin(pawl_efi *efi, pawl_self *self)
{
        void *device = NULL;

        if (efi->loaded->FilePath && pawl_device_path_file(efi->loaded->FilePath, self->path,
                                             sizeof(self->path)) != PAWL_OK)
                self->path[0] = '\0';
        if (!efi->loaded->DeviceHandle || efi->bs->HandleProtocol(efi->loaded->DeviceHandle,
                                                  &device_path_guid, &device) != EFI_SUCCESS)
                return;
        if (pawl_device_path_part_uuid(device, self->part_uuid, sizeof(self->part_uuid)) != PAWL_OK)
                self->part_uuid[0] = '\0';
}

pawl_err pawl_efi_self(void *ctx, pawl_self *ret)
{
        pawl_efi *efi = ctx;

        *ret = (pawl_self){ 0 };
        ret->image = pawl_span_of(efi->loaded->ImageBase, efi->loaded->ImageSize);
        if (efi->loaded->LoadOptions)
                ret->load_options = pawl_span_of(
                        efi->loaded->LoadOptions, efi->loaded->LoadOptionsSize);
        describe_origin(efi, ret);
        return describe_firmware(efi->st, ret);
}

static const pawl_platform functions = {
        .self = pawl_efi_self,
        .allocate = pawl_efi_allocate,
        .free = pawl_efi_free,
        .measure = pawl_efi_measure,
        .banks = pawl_efi_banks,
        .get_variable_size = pawl_efi_get_variable_size,
        .get_variable = pawl_efi_get_variable,
        .set_variable = pawl_efi_set_variable,
        .file_size = pawl_efi_file_size,
        .file_read = pawl_efi_file_read,
        .directory_list = pawl_efi_directory_list,
        .file_rename = pawl_efi_file_rename,
        .image_load = pawl_efi_image_load,
        .image_start = pawl_efi_image_start,
        .image_unload = pawl_efi_image_unload,
        .initrd_size = pawl_efi_initrd_size,
        .initrd_read = pawl_efi_initrd_read,
        .initrd_install = pawl_efi_initrd_install,
        .initrd_remove = pawl_efi_initrd_remove,
        .print = pawl_efi_print,
        .clear = pawl_efi_clear,
        .move = pawl_efi_move,
        .highlight = pawl_efi_highlight,
        .console_size = pawl_efi_console_size,
        .read_key = pawl_efi_read_key,
        .time_usec = pawl_efi_time_usec,
        .stall = pawl_efi_stall,
        .watchdog_off = pawl_efi_watchdog_off,
        .reset = pawl_efi_reset,
};

pawl_err pawl_efi_platform(
        EFI_HANDLE image, EFI_SYSTEM_TABLE *st, pawl_efi *efi, pawl_platform *ret)
{
        void *p = NULL;

        *efi = (pawl_efi){ .image = image, .st = st, .bs = st->BootServices };
        PAWL_TRY_EFI(efi->bs->HandleProtocol(image, &loaded_guid, &p));
        efi->loaded = p;
        *ret = functions;
        ret->ctx = efi;
        return PAWL_OK;
}

void pawl_efi_platform_end(pawl_efi *efi)
{
        if (efi->root)
                (void)efi->root->Close(efi->root);
        efi->root = NULL;
}

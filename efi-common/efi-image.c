/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"
#include "efi-common/efi-vouch.h"
#include "efi-common/text.h"

#define NODE_FILE_HEAD   4u
#define MEMORY_PATH_SIZE 28u /* a memory node and the end */

static EFI_GUID loaded_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

typedef struct path_buffer {
        uint64_t align;
        uint8_t bytes[2048];
} path_buffer;

static EFI_DEVICE_PATH *path_of(path_buffer *b)
{
        return (EFI_DEVICE_PATH *)(void *)b->bytes;
}

static pawl_err write_end(pawl_writer *w)
{
        return pawl_write_bytes(w, PAWL_SPAN_LITERAL("\x7f\xff\x04\x00"));
}

/* A file on the boot partition: the partition's path, a file node (section 10.3.5.4), the end. */
static pawl_err write_file_path(pawl_efi *efi, const char *path, pawl_writer *w)
{
        pawl_span name = pawl_span_str(path);
        void *device = NULL;
        size_t len;

        PAWL_TRY_EFI(
                efi->bs->HandleProtocol(efi->loaded->DeviceHandle, &device_path_guid, &device));
        PAWL_TRY(pawl_device_path_len(device, &len));
        PAWL_TRY(pawl_write_bytes(w, pawl_span_of(device, len)));
        PAWL_TRY(pawl_write_u8(w, 4));
        PAWL_TRY(pawl_write_u8(w, 4));
        PAWL_TRY(pawl_write_le16(w, (uint16_t)(NODE_FILE_HEAD + 2 * (name.len + 1))));
        PAWL_TRY(pawl_utf16_write(w, name));
        PAWL_TRY(pawl_write_le16(w, 0));
        return write_end(w);
}

/* A range of memory (section 10.3.2.3), for a program that is no file. */
static pawl_err write_memory_path(pawl_span file, pawl_writer *w)
{
        uint64_t begin = (uint64_t)(uintptr_t)file.data;

        PAWL_TRY(pawl_write_bytes(w, PAWL_SPAN_LITERAL("\x01\x03\x18\x00")));
        PAWL_TRY(pawl_write_le32(w, EfiLoaderData));
        PAWL_TRY(pawl_write_le64(w, begin));
        PAWL_TRY(pawl_write_le64(w, begin + file.len));
        return write_end(w);
}

static EFI_STATUS load(
        pawl_efi *efi, const pawl_load_request *request, EFI_DEVICE_PATH *path, EFI_HANDLE *ret)
{
        EFI_STATUS status;
        pawl_efi_vouch vouch = { 0 };

        if (request->is_vouched)
                pawl_efi_vouch_begin(efi, request->file, path, &vouch);
        status = efi->bs->LoadImage(FALSE, efi->image, path, (void *)(uintptr_t)request->file.data,
                request->file.len, ret);
        pawl_efi_vouch_end(&vouch);
        return status;
}

static pawl_err set_options(pawl_efi *efi, EFI_HANDLE image, pawl_span options)
{
        EFI_LOADED_IMAGE_PROTOCOL *loaded = NULL;
        void *p = NULL;

        if (options.len > UINT32_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY_EFI(efi->bs->HandleProtocol(image, &loaded_guid, &p));
        loaded = p;
        loaded->LoadOptions = (void *)(uintptr_t)options.data;
        loaded->LoadOptionsSize = (UINT32)options.len;
        return PAWL_OK;
}

pawl_err pawl_efi_image_load(void *ctx, const pawl_load_request *request, pawl_image *ret)
{
        pawl_efi *efi = ctx;
        path_buffer path;
        pawl_writer w = pawl_writer_of(path.bytes, sizeof(path.bytes));
        EFI_HANDLE image = NULL;
        EFI_STATUS status;
        pawl_err err;

        PAWL_TRY(request->path ? write_file_path(efi, request->path, &w)
                               : write_memory_path(request->file, &w));
        status = load(efi, request, path_of(&path), &image);
        err = pawl_err_from_efi(status);
        if (err == PAWL_OK)
                err = set_options(efi, image, request->load_options);
        if (err == PAWL_OK) {
                *ret = image;
                return PAWL_OK;
        }
        /* an image that the check refused is there all the same */
        if (image)
                (void)efi->bs->UnloadImage(image);
        return err;
}

pawl_err pawl_efi_image_start(void *ctx, pawl_image image, uint64_t *ret_status)
{
        pawl_efi *efi = ctx;
        CHAR16 *exit_data = NULL;
        UINTN exit_size = 0;
        EFI_STATUS status = efi->bs->StartImage(image, &exit_size, &exit_data);

        if (exit_data)
                (void)efi->bs->FreePool(exit_data);
        /* these two come from the firmware: the program did not run, and is still loaded */
        if (status == EFI_SECURITY_VIOLATION || status == EFI_INVALID_PARAMETER) {
                (void)efi->bs->UnloadImage(image);
                return status == EFI_SECURITY_VIOLATION ? PAWL_ERR_DENIED : PAWL_ERR_FIRMWARE;
        }
        *ret_status = status;
        return PAWL_OK;
}

void pawl_efi_image_unload(void *ctx, pawl_image image)
{
        pawl_efi *efi = ctx;

        (void)efi->bs->UnloadImage(image);
}

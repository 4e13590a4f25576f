/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"
#include "efi-common/text.h"

/* EFI_FILE_INFO: 80 bytes and a name of at most 255 units with NUL */
#define INFO_MAX   (80 + 2 * 512)
#define INFO_FIXED offsetof(EFI_FILE_INFO, FileName)

typedef union info_buffer {
        EFI_FILE_INFO info;
        uint8_t bytes[INFO_MAX];
} info_buffer;

static EFI_GUID fs_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID info_guid = {
        0x9576e92, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}
};

static pawl_err open_root(pawl_efi *efi)
{
        EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs = NULL;
        void *p = NULL;

        if (efi->root)
                return PAWL_OK;
        if (!efi->loaded->DeviceHandle)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY_EFI(efi->bs->HandleProtocol(efi->loaded->DeviceHandle, &fs_guid, &p));
        fs = p;
        return pawl_err_from_efi(fs->OpenVolume(fs, &efi->root));
}

static pawl_err open_file(pawl_efi *efi, const char *path, uint64_t mode, EFI_FILE_PROTOCOL **ret)
{
        CHAR16 path16[PAWL_PATH_MAX];
        EFI_FILE_PROTOCOL *file = NULL;

        PAWL_TRY(pawl_utf16_from_ascii(path, path16, PAWL_PATH_MAX));
        PAWL_TRY(open_root(efi));
        PAWL_TRY_EFI(efi->root->Open(efi->root, &file, path16, mode, 0));
        *ret = file;
        return PAWL_OK;
}

static void close_file(EFI_FILE_PROTOCOL **file)
{
        if (*file)
                (void)(*file)->Close(*file);
}

#define AUTOCLOSE __attribute__((cleanup(close_file)))

static pawl_err get_info(EFI_FILE_PROTOCOL *file, info_buffer *ret)
{
        UINTN size = sizeof(*ret);

        *ret = (info_buffer){ 0 };
        PAWL_TRY_EFI(file->GetInfo(file, &info_guid, &size, ret));
        return size < INFO_FIXED ? PAWL_ERR_FIRMWARE : PAWL_OK;
}

pawl_err pawl_efi_file_size(void *ctx, const char *path, uint64_t *ret)
{
        AUTOCLOSE EFI_FILE_PROTOCOL *file = NULL;
        info_buffer b;

        PAWL_TRY(open_file(ctx, path, EFI_FILE_MODE_READ, &file));
        PAWL_TRY(get_info(file, &b));
        *ret = b.info.FileSize;
        return PAWL_OK;
}

pawl_err pawl_efi_file_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len)
{
        AUTOCLOSE EFI_FILE_PROTOCOL *file = NULL;
        size_t done = 0;

        PAWL_TRY(open_file(ctx, path, EFI_FILE_MODE_READ, &file));
        PAWL_TRY_EFI(file->SetPosition(file, off));
        while (done < len) {
                UINTN n = len - done;

                PAWL_TRY_EFI(file->Read(file, &n, (uint8_t *)buf + done));
                if (n == 0 || n > len - done)
                        return PAWL_ERR_TRUNCATED;
                done += n;
        }
        return PAWL_OK;
}

static bool is_dot(const char *name)
{
        return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static pawl_err visit_info(const info_buffer *b, size_t size, pawl_file_visit visit, void *arg)
{
        pawl_file_info info = { .size = b->info.FileSize };
        size_t max = (size - INFO_FIXED) / sizeof(CHAR16);

        info.is_dir = (b->info.Attribute & EFI_FILE_DIRECTORY) != 0;
        info.is_read_only = (b->info.Attribute & EFI_FILE_READ_ONLY) != 0;
        PAWL_TRY(pawl_ascii_from_utf16(b->info.FileName, max, info.name, sizeof(info.name)));
        return is_dot(info.name) ? PAWL_OK : visit(arg, &info);
}

pawl_err pawl_efi_directory_list(void *ctx, const char *path, pawl_file_visit visit, void *arg)
{
        AUTOCLOSE EFI_FILE_PROTOCOL *file = NULL;
        info_buffer b;

        PAWL_TRY(open_file(ctx, path, EFI_FILE_MODE_READ, &file));
        PAWL_TRY(get_info(file, &b));
        if (!(b.info.Attribute & EFI_FILE_DIRECTORY))
                return PAWL_ERR_NOT_FOUND;
        for (;;) {
                UINTN size = sizeof(b);

                b = (info_buffer){ 0 };
                PAWL_TRY_EFI(file->Read(file, &size, &b));
                if (size == 0)
                        return PAWL_OK;
                if (size < INFO_FIXED || size > sizeof(b))
                        return PAWL_ERR_FIRMWARE;
                PAWL_TRY(visit_info(&b, size, visit, arg));
        }
}

/* A rename is SetInfo with another name (UEFI Specification 2.10, section 13.5). */
pawl_err pawl_efi_file_rename(void *ctx, const char *path, const char *new_name)
{
        AUTOCLOSE EFI_FILE_PROTOCOL *file = NULL;
        info_buffer b;
        size_t n = 0, cap = (sizeof(b) - INFO_FIXED) / sizeof(CHAR16);
        EFI_STATUS status;

        PAWL_TRY(open_file(ctx, path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &file));
        PAWL_TRY(get_info(file, &b));
        PAWL_TRY(pawl_utf16_from_ascii(new_name, b.info.FileName, cap));
        while (new_name[n] != '\0')
                n++;
        b.info.Size = INFO_FIXED + (n + 1) * sizeof(CHAR16);
        status = file->SetInfo(file, &info_guid, b.info.Size, &b);
        /* firmware says so when the name is taken */
        return status == EFI_ACCESS_DENIED ? PAWL_ERR_EXISTS : pawl_err_from_efi(status);
}

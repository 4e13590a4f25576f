/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/efi-var.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "userspace/host/file.h"

#define PATH_SIZE 512
#define ATTRS     4 /* bytes in front of the data: attributes, little-endian */

static pawl_err path_of(const char *name, const char *guid, char ret[static PATH_SIZE])
{
        const char *dir = secure_getenv("PAWL_EFIVARS");
        int n = snprintf(
                ret, PATH_SIZE, "%s/%s-%s", dir ? dir : "/sys/firmware/efi/efivars", name, guid);

        return n > 0 && n < PATH_SIZE ? PAWL_OK : PAWL_ERR_LIMIT;
}

pawl_err pawl_efi_var_read(
        const char *name, const char *guid, pawl_buffer *ret, uint32_t *ret_attrs, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer file = { 0 };
        char path[PATH_SIZE];
        uint32_t attrs = 0;
        pawl_reader r;

        PAWL_TRY(path_of(name, guid, path));
        PAWL_TRY(pawl_fail_prefix(
                d, pawl_file_read(path, PAWL_EFI_VAR_SIZE_MAX, &file, d), "EFI variable %s", name));
        r = pawl_reader_of(pawl_buffer_span(&file));
        if (pawl_read_le32(&r, &attrs) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_TRUNCATED, "EFI variable %s: no attributes", name);
        PAWL_TRY(pawl_buffer_dup(r.left, ret));
        if (ret_attrs)
                *ret_attrs = attrs;
        return PAWL_OK;
}

/* The kernel marks variables immutable against `rm -rf`; a file system without flags has none. */
static pawl_err make_mutable(const char *path, const char *name, pawl_diag *d)
{
        pawl_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        int flags = 0;

        if (fd < 0 && errno == ENOENT)
                return PAWL_OK;
        if (fd < 0)
                return pawl_fail_errno(d, errno, "EFI variable %s: cannot be opened", name);
        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_IMMUTABLE_FL))
                return PAWL_OK;
        flags &= ~FS_IMMUTABLE_FL;
        if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
                return pawl_fail_errno(d, errno, "EFI variable %s: cannot be made writable", name);
        return PAWL_OK;
}

pawl_err pawl_efi_var_write(
        const char *name, const char *guid, uint32_t attrs, pawl_span data, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer file = { 0 };
        pawl_autoclose int fd = -1;
        char path[PATH_SIZE];
        pawl_writer w;

        if (data.len > PAWL_EFI_VAR_SIZE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "EFI variable %s: too large", name);
        PAWL_TRY(path_of(name, guid, path));
        PAWL_TRY(pawl_buffer_new(ATTRS + data.len, &file));
        w = pawl_writer_of(file.data, file.len);
        PAWL_TRY(pawl_write_le32(&w, attrs));
        PAWL_TRY(pawl_write_bytes(&w, data));
        PAWL_TRY(make_mutable(path, name, d));
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "EFI variable %s: cannot be opened", name);
        if (write(fd, w.data, w.len) != (ssize_t)w.len)
                return pawl_fail_errno(d, errno, "EFI variable %s: cannot be written", name);
        return PAWL_OK;
}

pawl_err pawl_efi_var_delete(const char *name, const char *guid, pawl_diag *d)
{
        char path[PATH_SIZE];

        PAWL_TRY(path_of(name, guid, path));
        PAWL_TRY(make_mutable(path, name, d));
        if (unlink(path) < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "EFI variable %s: cannot be deleted", name);
        return PAWL_OK;
}

pawl_err pawl_efi_var_flag(const char *name, const char *guid, bool *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };

        PAWL_TRY(pawl_efi_var_read(name, guid, &b, NULL, d));
        if (b.len != 1 || b.data[0] > 1)
                return pawl_fail(d, PAWL_ERR_FORMAT, "EFI variable %s: not one byte 0 or 1", name);
        *ret = b.data[0] == 1;
        return PAWL_OK;
}

static pawl_err write_utf8(pawl_writer *w, uint16_t c)
{
        if (c < 0x80)
                return pawl_write_u8(w, (uint8_t)c);
        if (c < 0x800) {
                PAWL_TRY(pawl_write_u8(w, (uint8_t)(0xc0 | c >> 6)));
                return pawl_write_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
        }
        PAWL_TRY(pawl_write_u8(w, (uint8_t)(0xe0 | c >> 12)));
        PAWL_TRY(pawl_write_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3f))));
        return pawl_write_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
}

pawl_err pawl_efi_var_text(const char *name, const char *guid, char **ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_autofree char *text = NULL;
        pawl_reader r;
        pawl_writer w;
        uint16_t c = 0;

        PAWL_TRY(pawl_efi_var_read(name, guid, &b, NULL, d));
        text = calloc(1, b.len / 2 * 3 + 1);
        if (!text)
                return PAWL_ERR_NO_MEMORY;
        w = pawl_writer_of(text, b.len / 2 * 3);
        r = pawl_reader_of(pawl_buffer_span(&b));
        while (pawl_read_le16(&r, &c) == PAWL_OK && c != 0) {
                if (c >= 0xd800 && c <= 0xdfff)
                        return pawl_fail(d, PAWL_ERR_FORMAT, "EFI variable %s: surrogates", name);
                PAWL_TRY(write_utf8(&w, c));
        }
        if (r.left.len != 0)
                return pawl_fail(d, PAWL_ERR_FORMAT, "EFI variable %s: not one UTF-16 text", name);
        *ret = pawl_take(&text);
        return PAWL_OK;
}

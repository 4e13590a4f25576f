/* SPDX-License-Identifier: BSD-2-Clause */
/* What the EFI implementation of the seam (efi-platform.h) keeps, shared by its files. */
#ifndef PAWL_EFI_COMMON_EFI_CONTEXT_H
#define PAWL_EFI_COMMON_EFI_CONTEXT_H

#include "efi-common/efi.h"
#include "efi-common/platform.h"
#include "efi-common/proto/load-file2.h"
#include "efi-common/proto/tcg2.h"

/* The offer under LINUX_EFI_INITRD_MEDIA_GUID. The protocol comes first: firmware hands its pointer
 * back to us. */
typedef struct pawl_efi_initrd {
        pawl_load_file2 protocol;
        pawl_initrd_path path;
        const pawl_span *parts;
        size_t n_parts;
        EFI_HANDLE handle; /* NULL: not installed */
        /* an earlier stage's, taken off while ours is there */
        EFI_HANDLE earlier_handle;
        void *earlier_path, *earlier_protocol;
} pawl_efi_initrd;

typedef struct pawl_efi {
        EFI_HANDLE image;
        EFI_SYSTEM_TABLE *st;
        EFI_BOOT_SERVICES *bs;
        EFI_LOADED_IMAGE_PROTOCOL *loaded;
        EFI_FILE_PROTOCOL *root; /* of the boot partition; NULL until a file is asked for */
        bool is_tcg2_known;
        pawl_tcg2 *tcg2; /* NULL: none, or no active bank */
        uint32_t banks;  /* active ones */
        bool is_clock_known;
        uint64_t ticks_per_usec; /* of the TSC; 0: unknown */
        pawl_efi_initrd initrd;
} pawl_efi;

/* The one place where an EFI_STATUS becomes an error of ours. */
pawl_err pawl_err_from_efi(EFI_STATUS status);

#define PAWL_TRY_EFI(expr) PAWL_TRY(pawl_err_from_efi(expr))

/* The functions of pawl_platform, by file. */
pawl_err pawl_efi_self(void *ctx, pawl_self *ret);
pawl_err pawl_efi_allocate(void *ctx, size_t size, void **ret);
void pawl_efi_free(void *ctx, void *p, size_t size);

pawl_err pawl_efi_banks(void *ctx, uint32_t *ret);
pawl_err pawl_efi_measure(void *ctx, uint32_t pcr, uint32_t event_type, pawl_span bytes,
        size_t n_zeros, pawl_span event);

pawl_err pawl_efi_get_variable_size(void *ctx, pawl_vendor vendor, const char *name, size_t *ret);
pawl_err pawl_efi_get_variable(
        void *ctx, pawl_vendor vendor, const char *name, void *buf, size_t cap, size_t *ret_len);
pawl_err pawl_efi_set_variable(
        void *ctx, pawl_vendor vendor, const char *name, pawl_span value, bool is_lasting);

pawl_err pawl_efi_file_size(void *ctx, const char *path, uint64_t *ret);
pawl_err pawl_efi_file_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len);
pawl_err pawl_efi_directory_list(void *ctx, const char *path, pawl_file_visit visit, void *arg);
pawl_err pawl_efi_file_rename(void *ctx, const char *path, const char *new_name);

pawl_err pawl_efi_image_load(void *ctx, const pawl_load_request *request, pawl_image *ret);
pawl_err pawl_efi_image_start(void *ctx, pawl_image image, uint64_t *ret_status);
void pawl_efi_image_unload(void *ctx, pawl_image image);

pawl_err pawl_efi_initrd_size(void *ctx, size_t *ret);
pawl_err pawl_efi_initrd_read(void *ctx, void *buf, size_t size);
pawl_err pawl_efi_initrd_install(void *ctx, const pawl_span *parts, size_t n_parts);
void pawl_efi_initrd_remove(void *ctx);

void pawl_efi_print(void *ctx, const char *text);
void pawl_efi_clear(void *ctx);
void pawl_efi_move(void *ctx, unsigned column, unsigned row);
void pawl_efi_highlight(void *ctx, bool is_on);
void pawl_efi_console_size(void *ctx, unsigned *ret_columns, unsigned *ret_rows);
pawl_err pawl_efi_read_key(void *ctx, uint64_t timeout_usec, uint32_t *ret);

uint64_t pawl_efi_time_usec(void *ctx);
void pawl_efi_stall(void *ctx, uint64_t usec);
void pawl_efi_watchdog_off(void *ctx);
void pawl_efi_reset(void *ctx, pawl_reset_kind kind);

/* Device paths (UEFI Specification 2.10, chapter 10). */

/* Bytes of a path without its end node; LIMIT for one that does not end in sight. */
pawl_err pawl_device_path_len(const EFI_DEVICE_PATH *path, size_t *ret);
/* The file nodes of a path, joined with '\'; an empty text if there are none. */
pawl_err pawl_device_path_file(const EFI_DEVICE_PATH *path, char *ret, size_t cap);
/* The GUID of the last hard drive node, as text; NOT_FOUND. */
pawl_err pawl_device_path_part_uuid(const EFI_DEVICE_PATH *path, char *ret, size_t cap);

#endif

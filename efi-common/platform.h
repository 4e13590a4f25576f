/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam between deciding and the firmware: everything that the stub and the boot loader ask of
 * the world goes through one `pawl_platform`. efi-platform.c fills it from an EFI_SYSTEM_TABLE;
 * tests fill it from memory and fail the n-th call. Strings are ASCII here (a character of a file
 * name that is not becomes '?', and such a file is not found again); the adapter converts to
 * UTF-16. Paths are absolute, on the partition that the running image came from, with '\' between
 * parts. Every call may fail; outputs are written only on success. UEFI Specification 2.10. */
#ifndef PAWL_EFI_COMMON_PLATFORM_H
#define PAWL_EFI_COMMON_PLATFORM_H

#include "core/span.h"

#define PAWL_PATH_MAX      512 /* bytes with NUL */
#define PAWL_UUID_TEXT_MAX 37  /* bytes with NUL */

/* The running image and the machine. Spans live as long as the image. */
typedef struct pawl_self {
        pawl_span image;          /* as the firmware laid it out in memory */
        pawl_span load_options;   /* as given; UTF-16LE, or anything else a firmware puts there */
        char path[PAWL_PATH_MAX]; /* of the image's file; empty if it was not started from a file */
        char part_uuid[PAWL_UUID_TEXT_MAX]; /* lower case; empty if not from a GPT partition */
        char firmware_info[128];            /* vendor and revision, for LoaderFirmwareInfo */
        char firmware_type[32];             /* "UEFI 2.70" */
} pawl_self;

typedef enum pawl_vendor {
        PAWL_VENDOR_LOADER,   /* 4a67b082-0a4c-41cf-b6c7-440b29bb8c4f: Loader*, Stub* */
        PAWL_VENDOR_GLOBAL,   /* 8be4df61-93ca-11d2-aa0d-00e098032b8c: SecureBoot, OsIndications */
        PAWL_VENDOR_SECURITY, /* d719b2cb-3d3a-4596-a3bc-dad00e67656f: db, dbx */
} pawl_vendor;

typedef struct pawl_file_info {
        char name[PAWL_PATH_MAX];
        uint64_t size; /* bytes */
        bool is_dir;
        bool is_read_only; /* the file's attribute; the file system may be so as a whole */
} pawl_file_info;

/* Called for each entry of a directory but "." and ".."; an error ends the listing and is returned
 * by it. */
typedef pawl_err (*pawl_file_visit)(void *arg, const pawl_file_info *info);

/* A key: a Unicode character, or one of these. */
#define PAWL_KEY_UP        0x110000u
#define PAWL_KEY_DOWN      0x110001u
#define PAWL_KEY_LEFT      0x110002u
#define PAWL_KEY_RIGHT     0x110003u
#define PAWL_KEY_HOME      0x110004u
#define PAWL_KEY_END       0x110005u
#define PAWL_KEY_DELETE    0x110006u
#define PAWL_KEY_ESCAPE    0x110007u
#define PAWL_KEY_PAGE_UP   0x110008u
#define PAWL_KEY_PAGE_DOWN 0x110009u
#define PAWL_KEY_OTHER     0x11ffffu
#define PAWL_KEY_ENTER     0x0du
#define PAWL_KEY_BACKSPACE 0x08u

typedef enum pawl_reset_kind {
        PAWL_RESET_REBOOT,
        PAWL_RESET_POWEROFF,
} pawl_reset_kind;

typedef struct pawl_load_request {
        pawl_span file;   /* a whole PE file; not needed any more when the call returned */
        const char *path; /* the file it was read from, for the image's device path. NULL: no file
                             of its own (the kernel inside a UKI) */
        /* The firmware's signature check is answered for by the caller, for exactly this buffer and
         * only during this call. */
        bool is_vouched;
        pawl_span load_options; /* UTF-16LE with NUL, or empty; must stay until the image ends */
} pawl_load_request;

/* A started program; only the platform looks inside. */
typedef void *pawl_image;

typedef struct pawl_platform {
        void *ctx;

        pawl_err (*self)(void *ctx, pawl_self *ret);

        /* Memory. Contents are undefined. `free` takes the size that was asked for. */
        pawl_err (*allocate)(void *ctx, size_t size, void **ret);
        void (*free)(void *ctx, void *p, size_t size);

        /* TPM. `measure` extends `pcr` in every active bank with the hash of `bytes` followed by
         * `n_zeros` zero bytes, and logs it with `event` as event data. PAWL_OK: the firmware said
         * that the TPM accepted it. TPM_ABSENT: there is no TPM 2.0, or none with an active bank.
         * Use it through efi-common/measuring.h, which knows when to stop asking. */
        pawl_err (*measure)(void *ctx, uint32_t pcr, uint32_t event_type, pawl_span bytes,
                size_t n_zeros, pawl_span event);
        /* Active banks as EFI_TCG2_BOOT_HASH_ALG_* bits; TPM_ABSENT as above. */
        pawl_err (*banks)(void *ctx, uint32_t *ret);

        /* EFI variables. NOT_FOUND if there is none; NO_SPACE if it has over `cap` bytes. */
        pawl_err (*get_variable_size)(void *ctx, pawl_vendor vendor, const char *name, size_t *ret);
        pawl_err (*get_variable)(void *ctx, pawl_vendor vendor, const char *name, void *buf,
                size_t cap, size_t *ret_len);
        /* Readable in the OS; kept over a reset if `is_lasting`. An empty value deletes. */
        pawl_err (*set_variable)(
                void *ctx, pawl_vendor vendor, const char *name, pawl_span value, bool is_lasting);

        /* Files. `file_read` fills `len` bytes from `off` on; TRUNCATED if the file ends before. */
        pawl_err (*file_size)(void *ctx, const char *path, uint64_t *ret);
        pawl_err (*file_read)(void *ctx, const char *path, uint64_t off, void *buf, size_t len);
        pawl_err (*directory_list)(void *ctx, const char *path, pawl_file_visit visit, void *arg);
        /* `new_name` is a name without directory; EXISTS if it is taken; DENIED if the file system
         * cannot be written. */
        pawl_err (*file_rename)(void *ctx, const char *path, const char *new_name);

        /* Programs. `image_load` fails with DENIED if the firmware's signature check says no.
         * `image_start` returns when the program does: PAWL_OK with what it returned in
         * `ret_status` (an EFI_STATUS, for a message), or FIRMWARE. Either way the image is gone
         * then. `image_unload` is for one that was not started. */
        pawl_err (*image_load)(void *ctx, const pawl_load_request *request, pawl_image *ret);
        pawl_err (*image_start)(void *ctx, pawl_image image, uint64_t *ret_status);
        void (*image_unload)(void *ctx, pawl_image image);

        /* The initrd by LINUX_EFI_INITRD_MEDIA_GUID. `initrd_size`: of the one that an earlier
         * stage offers, NOT_FOUND if none does; `initrd_read` fills a buffer of that size.
         * `initrd_install` takes the earlier one's place, if there is one, and puts it back in
         * `initrd_remove`. `parts` (and what they point to) must stay until then; each part begins
         * at a multiple of four bytes. */
        pawl_err (*initrd_size)(void *ctx, size_t *ret);
        pawl_err (*initrd_read)(void *ctx, void *buf, size_t size);
        pawl_err (*initrd_install)(void *ctx, const pawl_span *parts, size_t n_parts);
        void (*initrd_remove)(void *ctx);

        /* Console: every one that the firmware has. `print` takes '\n' as line end. Positions count
         * from 0. These cannot fail in a way that matters. */
        void (*print)(void *ctx, const char *text);
        void (*clear)(void *ctx);
        void (*move)(void *ctx, unsigned column, unsigned row);
        void (*highlight)(void *ctx, bool is_on);
        void (*console_size)(void *ctx, unsigned *ret_columns, unsigned *ret_rows);
        /* TIMEOUT if no key came within `timeout_usec` microseconds (0: only look; UINT64_MAX: wait
         * for ever). */
        pawl_err (*read_key)(void *ctx, uint64_t timeout_usec, uint32_t *ret);

        /* Microseconds since the processor's start; 0 if that cannot be told. */
        uint64_t (*time_usec)(void *ctx);
        void (*stall)(void *ctx, uint64_t usec);
        /* Ends the firmware's five minutes for a boot option: for a menu that waits. */
        void (*watchdog_off)(void *ctx);
        /* Returns only if the firmware does not obey. */
        void (*reset)(void *ctx, pawl_reset_kind kind);
} pawl_platform;

#endif

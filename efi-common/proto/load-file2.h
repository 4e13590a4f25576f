/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_LOAD_FILE2_PROTOCOL (UEFI Specification 2.10, section 13.2) and the vendor device path by
 * which Linux finds its initrd (Linux: Documentation/admin-guide/efi-stub.rst,
 * include/linux/efi.h). */
#ifndef PAWL_EFI_COMMON_PROTO_LOAD_FILE2_H
#define PAWL_EFI_COMMON_PROTO_LOAD_FILE2_H

#include "efi-common/efi.h"

#define PAWL_LOAD_FILE2_GUID                                                                       \
        {                                                                                          \
                0x4006c0c1, 0xfcb3, 0x403e,                                                        \
                {                                                                                  \
                        0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d                             \
                }                                                                                  \
        }
#define PAWL_LINUX_INITRD_MEDIA_GUID                                                               \
        {                                                                                          \
                0x5568e427, 0x68fc, 0x4f3d,                                                        \
                {                                                                                  \
                        0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68                             \
                }                                                                                  \
        }

typedef struct pawl_load_file2 pawl_load_file2;
struct pawl_load_file2 {
        EFI_STATUS(EFIAPI *load_file)
        (pawl_load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
                void *buffer);
};

/* A vendor media node with the GUID above, and the end. */
typedef struct pawl_initrd_path {
        UINT8 type, subtype;
        UINT8 length[2];
        EFI_GUID vendor;
        UINT8 end[4];
} pawl_initrd_path;
_Static_assert(sizeof(pawl_initrd_path) == 24, "a vendor node and an end node");

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's gate in LoadImage. UEFI Platform Initialization Specification 1.7, volume 2,
 * sections 12.9 (Security) and 12.10 (Security2). */
#ifndef PAWL_EFI_COMMON_PROTO_SECURITY_H
#define PAWL_EFI_COMMON_PROTO_SECURITY_H

#include "efi-common/efi.h"

#define PAWL_SECURITY_GUID                                                                         \
        {                                                                                          \
                0xa46423e3, 0x4617, 0x49f1,                                                        \
                {                                                                                  \
                        0xb9, 0xff, 0xd1, 0xbf, 0xa9, 0x11, 0x58, 0x39                             \
                }                                                                                  \
        }
#define PAWL_SECURITY2_GUID                                                                        \
        {                                                                                          \
                0x94ab2f58, 0x1438, 0x4ef1,                                                        \
                {                                                                                  \
                        0x91, 0x52, 0x18, 0x94, 0x1a, 0x3a, 0x0e, 0x68                             \
                }                                                                                  \
        }

typedef struct pawl_security pawl_security;
typedef EFI_STATUS(EFIAPI *pawl_security_check)(
        const pawl_security *self, UINT32 status, const EFI_DEVICE_PATH *file);
struct pawl_security {
        pawl_security_check check;
};

typedef struct pawl_security2 pawl_security2;
typedef EFI_STATUS(EFIAPI *pawl_security2_check)(const pawl_security2 *self,
        const EFI_DEVICE_PATH *file, void *buffer, UINTN size, BOOLEAN boot_policy);
struct pawl_security2 {
        pawl_security2_check check;
};

#endif

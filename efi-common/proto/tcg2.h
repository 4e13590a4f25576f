/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_TCG2_PROTOCOL as firmware hands it to us. TCG EFI Protocol Specification, family 2.0,
 * revision 00.13, section 6. */
#ifndef PAWL_EFI_COMMON_PROTO_TCG2_H
#define PAWL_EFI_COMMON_PROTO_TCG2_H

#include "efi-common/efi.h"

#define PAWL_TCG2_GUID                                                                             \
        {                                                                                          \
                0x607f766c, 0x7455, 0x42be,                                                        \
                {                                                                                  \
                        0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f                             \
                }                                                                                  \
        }

typedef struct pawl_tcg2_capability {
        UINT8 size;
        UINT8 structure_major, structure_minor;
        UINT8 protocol_major, protocol_minor;
        UINT32 hash_algorithms;
        UINT32 event_logs;
        UINT8 is_tpm_present;
        UINT16 max_command_size, max_response_size;
        UINT32 manufacturer;
        UINT32 n_banks;
        UINT32 active_banks;
} pawl_tcg2_capability;
_Static_assert(sizeof(pawl_tcg2_capability) == 36, "section 6.4.4");
_Static_assert(offsetof(pawl_tcg2_capability, is_tpm_present) == 16, "section 6.4.4");
_Static_assert(offsetof(pawl_tcg2_capability, active_banks) == 32, "section 6.4.4");

typedef struct pawl_tcg2 pawl_tcg2;
struct pawl_tcg2 {
        EFI_STATUS(EFIAPI *get_capability)(pawl_tcg2 *self, pawl_tcg2_capability *ret);
        void *get_event_log;
        /* `event` is EFI_TCG2_EVENT: a packed structure, written as bytes (section 6.6.3) */
        EFI_STATUS(EFIAPI *hash_log_extend_event)
        (pawl_tcg2 *self, UINT64 flags, UINT64 data, UINT64 data_size, void *event);
        void *submit_command;
        void *get_active_pcr_banks;
        void *set_active_pcr_banks;
        void *get_result_of_set_active_pcr_banks;
};
_Static_assert(offsetof(pawl_tcg2, hash_log_extend_event) == 16, "section 6.3");
_Static_assert(sizeof(pawl_tcg2) == 56, "section 6.3");

/* EFI_TCG2_EVENT: u32 size, then a header of u32 header size, u16 version, u32 PCR, u32 type. */
#define PAWL_TCG2_EVENT_HEADER_SIZE    14u
#define PAWL_TCG2_EVENT_HEADER_VERSION 1u
#define PAWL_TCG2_EVENT_FIXED_SIZE     (4u + PAWL_TCG2_EVENT_HEADER_SIZE)

#endif

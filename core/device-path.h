/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths as text: where the firmware found what it started. UEFI 2.10, 10.3 (nodes), 10.6.1.2
 * (text). The bytes are an event log's or a variable's: an attacker's. */
#ifndef PAWL_CORE_DEVICE_PATH_H
#define PAWL_CORE_DEVICE_PATH_H

#include "core/span.h"

#define PAWL_DEVICE_PATH_NODES_MAX 64

typedef struct pawl_device_node {
        uint8_t type, subtype;
        pawl_span data; /* behind the header of four bytes */
} pawl_device_node;

/* The next node; NOT_FOUND at the end of the whole path or of the bytes. FORMAT for a length under
 * four, TRUNCATED. */
PAWL_MUST_CHECK pawl_err pawl_device_path_next(pawl_reader *r, pawl_device_node *ret);

/* "PciRoot(0x0)/Pci(0x1,0x1)/HD(1,GPT,…,0x800,0x80000)/\EFI\BOOT\BOOTX64.EFI", NUL-terminated. What
 * is no printable ASCII becomes '?'; a kind of node that is not known here is
 * "Path(TYPE,SUBTYPE,HEX)". Text that does not fit is cut. What could be read before an error
 * (FORMAT, TRUNCATED, LIMIT for too many nodes) stands in `ret` all the same. */
PAWL_MUST_CHECK pawl_err pawl_device_path_text(pawl_span path, char *ret, size_t size);

#endif

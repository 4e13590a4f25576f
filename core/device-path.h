/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI device paths, where the firmware says from which device and file something was started, as
 * text. UEFI 2.10, chapter 10; the text form is that of 10.6. A path is foreign bytes: its text is
 * for people, and nothing may be decided by it. */
#ifndef PAWL_CORE_DEVICE_PATH_H
#define PAWL_CORE_DEVICE_PATH_H

#include "core/span.h"

#define PAWL_DEVICE_PATH_NODES_MAX 256

typedef struct pawl_device_node {
        uint8_t type, subtype; /* UEFI 2.10, table 10.1 */
        pawl_span data;        /* behind the four bytes of the header */
} pawl_device_node;

#define PAWL_DEVICE_NODE_END 0x7f

/* The next node; the end node (and the one between two instances) is returned, too. FORMAT for a
 * length that is less than the header's, TRUNCATED for one that leaves the path; only a node that
 * was read moves `path`. */
PAWL_MUST_CHECK pawl_err pawl_device_node_next(pawl_reader *path, pawl_device_node *ret);

/* Writes the path up to its end node into `size` bytes (at least 1), NUL-terminated UTF-8 without
 * control characters: "PciRoot(0x0)/Pci(0x1,0x1)/HD(1,GPT,…)/\EFI\BOOT\BOOTX64.EFI"; between
 * instances stands ','. A node of a kind that is not known, or that is shorter than its kind must
 * be, reads "Path(type,subtype,hex)".
 *
 * The text is written on failure too, as far as the path could be read: FORMAT and TRUNCATED as
 * above (a path without end node is TRUNCATED), TRAILING for bytes behind the end, LIMIT over
 * PAWL_DEVICE_PATH_NODES_MAX, NO_SPACE if the text was cut. No bytes are an empty path. */
PAWL_MUST_CHECK pawl_err pawl_device_path_text(pawl_span path, char *ret, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The nodes of a device path by their type: what core/device-path.c is made of. Each writes the
 * text of one node's data, and fails for one that it does not know or that is too short; the caller
 * then takes back what was written. UEFI 2.10, 10.3 and 10.6. */
#ifndef PAWL_CORE_DEVICE_NODE_H
#define PAWL_CORE_DEVICE_NODE_H

#include "core/text.h"

/* Types of UEFI 2.10, table 10.1. */
#define PAWL_NODE_HARDWARE  1
#define PAWL_NODE_ACPI      2
#define PAWL_NODE_MESSAGING 3
#define PAWL_NODE_MEDIA     4
#define PAWL_NODE_BBS       5

/* Nodes of any type that are nothing but numbers: "Pci(0x1,0x1)". */
PAWL_MUST_CHECK pawl_err pawl_numeric_node_text(
        pawl_text *t, uint8_t type, uint8_t subtype, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_acpi_node_text(pawl_text *t, uint8_t subtype, pawl_span data);
PAWL_MUST_CHECK pawl_err pawl_messaging_node_text(pawl_text *t, uint8_t subtype, pawl_span data);
/* Those of the messaging nodes that are about networks. */
PAWL_MUST_CHECK pawl_err pawl_network_node_text(pawl_text *t, uint8_t subtype, pawl_span data);
/* Media and BBS. */
PAWL_MUST_CHECK pawl_err pawl_media_node_text(
        pawl_text *t, uint8_t type, uint8_t subtype, pawl_span data);

/* The next 16 bytes of a node as GUID. */
PAWL_MUST_CHECK pawl_err pawl_text_guid(pawl_text *t, pawl_reader *r);
/* "Name(GUID,hex)": a vendor's node, whose data is its own. */
PAWL_MUST_CHECK pawl_err pawl_vendor_node_text(pawl_text *t, const char *name, pawl_span data);
/* Bytes in hex, of which a person needs no more than the first ones. */
void pawl_text_some_bytes(pawl_text *t, pawl_span s);

#endif

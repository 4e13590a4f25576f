/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device-path.h"

#include "core/device-node.h"

#define HEADER_SIZE     4
#define END_OF_INSTANCE 0x01
#define END_OF_PATH     0xff
#define VENDOR          4 /* subtype of a hardware node */

/* EFI_DEVICE_PATH_PROTOCOL: type, subtype, length with this header. UEFI 2.10, 10.2. */
pawl_err pawl_device_node_next(pawl_reader *path, pawl_device_node *ret)
{
        pawl_reader r = *path;
        pawl_device_node node;
        uint16_t len;

        PAWL_TRY(pawl_read_u8(&r, &node.type));
        PAWL_TRY(pawl_read_u8(&r, &node.subtype));
        PAWL_TRY(pawl_read_le16(&r, &len));
        if (len < HEADER_SIZE)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)len - HEADER_SIZE, &node.data));
        *path = r;
        *ret = node;
        return PAWL_OK;
}

static pawl_err by_type(pawl_text *t, const pawl_device_node *node)
{
        switch (node->type) {
        case PAWL_NODE_HARDWARE:
                return node->subtype == VENDOR ? pawl_vendor_node_text(t, "VenHw", node->data)
                                               : PAWL_ERR_UNSUPPORTED;
        case PAWL_NODE_ACPI:
                return pawl_acpi_node_text(t, node->subtype, node->data);
        case PAWL_NODE_MESSAGING:
                return pawl_messaging_node_text(t, node->subtype, node->data);
        case PAWL_NODE_MEDIA:
        case PAWL_NODE_BBS:
                return pawl_media_node_text(t, node->type, node->subtype, node->data);
        default:
                return PAWL_ERR_UNSUPPORTED;
        }
}

static void put_unknown(pawl_text *t, const pawl_device_node *node)
{
        pawl_text_put(t, "Path(");
        pawl_text_decimal(t, node->type);
        pawl_text_put(t, ",");
        pawl_text_decimal(t, node->subtype);
        if (node->data.len > 0) {
                pawl_text_put(t, ",");
                pawl_text_some_bytes(t, node->data);
        }
        pawl_text_put(t, ")");
}

static void put_node(pawl_text *t, const pawl_device_node *node)
{
        const pawl_text before = *t;
        pawl_err err = pawl_numeric_node_text(t, node->type, node->subtype, node->data);

        if (err == PAWL_ERR_NOT_FOUND)
                err = by_type(t, node);
        if (err == PAWL_OK)
                return;
        *t = before;
        put_unknown(t, node);
}

/* Up to the end node, which is taken off `r`. */
static pawl_err put_path(pawl_text *t, pawl_reader *r)
{
        const char *between = "";
        pawl_device_node node;

        for (size_t n = 0; n < PAWL_DEVICE_PATH_NODES_MAX; n++) {
                PAWL_TRY(pawl_device_node_next(r, &node));
                if (node.type == PAWL_DEVICE_NODE_END && node.subtype == END_OF_PATH)
                        return PAWL_OK;
                if (node.type == PAWL_DEVICE_NODE_END && node.subtype == END_OF_INSTANCE) {
                        between = ",";
                        continue;
                }
                pawl_text_put(t, between);
                put_node(t, &node);
                between = "/";
        }
        return PAWL_ERR_LIMIT;
}

pawl_err pawl_device_path_text(pawl_span path, char *ret, size_t size)
{
        pawl_reader r = pawl_reader_of(path);
        pawl_text t = pawl_text_of(ret, size);
        pawl_err err = PAWL_OK, cut;

        if (path.len > 0)
                err = put_path(&t, &r);
        cut = pawl_text_end(&t);
        if (err != PAWL_OK)
                return err;
        return cut != PAWL_OK ? cut : pawl_read_end(&r);
}

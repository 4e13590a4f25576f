/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"
#include "efi-common/text.h"

#define NODES_MAX      64
#define TYPE_MEDIA     4
#define SUBTYPE_DISK   1 /* section 10.3.5.1 */
#define SUBTYPE_FILE   4 /* section 10.3.5.4 */
#define TYPE_END       0x7f
#define SIGNATURE_GUID 2
#define NODE_HEAD      4u

typedef struct node {
        uint8_t type, subtype;
        pawl_span body;
} node;

/* A path has no length of its own; each node says how long it is. */
static node node_at(const EFI_DEVICE_PATH *path, size_t off, size_t *ret_len)
{
        const uint8_t *p = (const uint8_t *)path + off;
        size_t len = (size_t)(p[2] | p[3] << 8);

        *ret_len = len;
        return (node){ p[0], p[1],
                len < NODE_HEAD ? PAWL_SPAN_NULL : pawl_span_of(p + NODE_HEAD, len - NODE_HEAD) };
}

/* Calls `visit` for each node before the end, which is at `*ret_len`. */
static pawl_err walk(const EFI_DEVICE_PATH *path, pawl_err (*visit)(void *arg, const node *n),
        void *arg, size_t *ret_len)
{
        size_t off = 0, len;

        for (unsigned i = 0; i < NODES_MAX; i++) {
                node n = node_at(path, off, &len);

                if (n.type == TYPE_END) {
                        *ret_len = off;
                        return PAWL_OK;
                }
                if (len < NODE_HEAD)
                        return PAWL_ERR_FORMAT;
                if (visit)
                        PAWL_TRY(visit(arg, &n));
                off += len;
        }
        return PAWL_ERR_LIMIT;
}

pawl_err pawl_device_path_len(const EFI_DEVICE_PATH *path, size_t *ret)
{
        return walk(path, NULL, NULL, ret);
}

/* Unaligned UTF-16 up to its NUL, as ASCII. */
static pawl_err add_file_node(void *arg, const node *n)
{
        pawl_writer *w = arg;
        pawl_reader r = pawl_reader_of(n->body);
        uint16_t c = 0;

        if (n->type != TYPE_MEDIA || n->subtype != SUBTYPE_FILE)
                return PAWL_OK;
        if (w->len > 0 && w->data[w->len - 1] != '\\')
                PAWL_TRY(pawl_write_u8(w, '\\'));
        while (pawl_read_le16(&r, &c) == PAWL_OK && c != 0) {
                if (c == '\\' && w->len > 0 && w->data[w->len - 1] == '\\')
                        continue;
                PAWL_TRY(pawl_write_u8(w, c >= ' ' && c < 0x7f ? (uint8_t)c : '?'));
        }
        return PAWL_OK;
}

pawl_err pawl_device_path_file(const EFI_DEVICE_PATH *path, char *ret, size_t cap)
{
        pawl_writer w = pawl_writer_of(ret, cap);
        size_t len;

        PAWL_TRY(walk(path, add_file_node, &w, &len));
        return pawl_write_u8(&w, 0);
}

static pawl_err take_signature(void *arg, const node *n)
{
        uint8_t *signature = arg;
        pawl_span guid, kind;

        if (n->type != TYPE_MEDIA || n->subtype != SUBTYPE_DISK)
                return PAWL_OK;
        /* partition number, start, size, signature, partition table type, signature type */
        PAWL_TRY(pawl_span_slice(n->body, 20, 16, &guid));
        PAWL_TRY(pawl_span_slice(n->body, 37, 1, &kind));
        if (kind.data[0] == SIGNATURE_GUID)
                pawl_copy(signature, guid.data, guid.len);
        return PAWL_OK;
}

pawl_err pawl_device_path_part_uuid(const EFI_DEVICE_PATH *path, char *ret, size_t cap)
{
        static const uint8_t none[16];
        pawl_writer w = pawl_writer_of(ret, cap);
        uint8_t signature[16] = { 0 };
        size_t len;

        PAWL_TRY(walk(path, take_signature, signature, &len));
        if (pawl_span_equal(pawl_span_of(signature, 16), pawl_span_of(none, 16)))
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_write_guid(&w, signature));
        return pawl_write_u8(&w, 0);
}

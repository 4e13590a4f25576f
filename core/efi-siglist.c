/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/efi-siglist.h"

/* UEFI 2.10, 32.4.1.2; mixed-endian bytes. */
static const struct {
        uint8_t guid[PAWL_GUID_SIZE];
        pawl_signature_kind kind;
} kinds[] = {
  /* EFI_CERT_X509_GUID */
        {{ 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b,
                  0xf0, 0x72 },
         PAWL_SIGNATURE_CERTIFICATE},
 /* EFI_CERT_SHA256_GUID */
        { { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93,
                  0x43, 0x28 },
         PAWL_SIGNATURE_HASH       },
 /* EFI_CERT_X509_SHA256_GUID */
        { { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1,
                  0x03, 0xed },
         PAWL_SIGNATURE_HASH       },
};

pawl_siglist_cursor pawl_siglist_start(pawl_span data)
{
        return (pawl_siglist_cursor){ .lists = pawl_reader_of(data) };
}

static pawl_signature_kind kind_of(pawl_span guid)
{
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
                if (pawl_span_equal(guid, pawl_span_of(kinds[i].guid, PAWL_GUID_SIZE)))
                        return kinds[i].kind;
        return PAWL_SIGNATURE_OTHER;
}

/* SignatureType, SignatureListSize, SignatureHeaderSize, SignatureSize, the header. */
static pawl_err next_list(pawl_siglist_cursor *c)
{
        const uint32_t head = PAWL_GUID_SIZE + 3 * 4;
        uint32_t size = 0, header = 0, entry = 0;
        pawl_reader r = c->lists, body;
        pawl_span whole;

        PAWL_TRY(pawl_read_skip(&r, PAWL_GUID_SIZE));
        PAWL_TRY(pawl_read_le32(&r, &size));
        PAWL_TRY(pawl_read_le32(&r, &header));
        PAWL_TRY(pawl_read_le32(&r, &entry));
        if (size < head || header > size - head || entry <= PAWL_GUID_SIZE ||
                (size - head - header) % entry != 0)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_sub(&r, size - head, &body));
        PAWL_TRY(pawl_read_skip(&body, header));
        PAWL_TRY(pawl_span_slice(c->lists.left, 0, head + header, &whole));
        *c = (pawl_siglist_cursor){ r, body, whole, entry };
        return PAWL_OK;
}

pawl_err pawl_siglist_next(pawl_siglist_cursor *c, pawl_signature *ret)
{
        pawl_siglist_cursor at = *c;
        pawl_signature s;

        while (at.entries.left.len == 0) {
                if (at.lists.left.len == 0)
                        return PAWL_ERR_NOT_FOUND;
                PAWL_TRY(next_list(&at));
        }
        s.type = pawl_span_of(at.head.data, PAWL_GUID_SIZE);
        s.kind = kind_of(s.type);
        PAWL_TRY(pawl_read_bytes(&at.entries, PAWL_GUID_SIZE, &s.owner));
        PAWL_TRY(pawl_read_bytes(&at.entries, at.entry_size - PAWL_GUID_SIZE, &s.data));
        *c = at;
        *ret = s;
        return PAWL_OK;
}

bool pawl_siglist_has(pawl_span list, const pawl_signature *wanted)
{
        pawl_siglist_cursor c = pawl_siglist_start(list);
        pawl_signature s;

        while (pawl_siglist_next(&c, &s) == PAWL_OK)
                if (pawl_span_equal(s.type, wanted->type) &&
                        pawl_span_equal(s.owner, wanted->owner) &&
                        pawl_span_equal(s.data, wanted->data))
                        return true;
        return false;
}

/* The entries of the list that the cursor is in; the size in its head is filled in at the end. */
static pawl_err write_list(pawl_siglist_cursor *c, pawl_span old, pawl_writer *w)
{
        pawl_writer out = *w, size;
        const size_t start = out.len;
        pawl_signature s;

        PAWL_TRY(pawl_write_bytes(&out, c->head));
        while (c->entries.left.len > 0) {
                PAWL_TRY(pawl_siglist_next(c, &s));
                if (pawl_siglist_has(old, &s))
                        continue;
                PAWL_TRY(pawl_write_bytes(&out, s.owner));
                PAWL_TRY(pawl_write_bytes(&out, s.data));
        }
        if (out.len == start + c->head.len)
                return PAWL_OK;
        size = pawl_writer_of(out.data + start + PAWL_GUID_SIZE, 4);
        PAWL_TRY(pawl_write_le32(&size, (uint32_t)(out.len - start)));
        *w = out;
        return PAWL_OK;
}

pawl_err pawl_siglist_write_missing(pawl_span old, pawl_span update, pawl_writer *w)
{
        pawl_siglist_cursor c = pawl_siglist_start(update);

        while (c.lists.left.len > 0) {
                PAWL_TRY(next_list(&c));
                PAWL_TRY(write_list(&c, old, w));
        }
        return PAWL_OK;
}

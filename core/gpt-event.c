/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/gpt-event.h"

#define SIGNATURE      PAWL_SPAN_LITERAL("EFI PART")
#define ENTRY_SIZE_MIN 128

/* EFI_PARTITION_TABLE_HEADER, UEFI 2.10, table 5.5. */
static pawl_err read_header(pawl_reader *r, pawl_gpt_event *g)
{
        uint32_t entry_size;
        pawl_span signature;

        PAWL_TRY(pawl_read_bytes(r, SIGNATURE.len, &signature));
        if (!pawl_span_equal(signature, SIGNATURE))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_skip(r, 4 + 4 + 4 + 4)); /* revision, size, checksum, reserved */
        PAWL_TRY(pawl_read_skip(r, 8 + 8));         /* where this header is, and the other one */
        PAWL_TRY(pawl_read_le64(r, &g->first_usable));
        PAWL_TRY(pawl_read_le64(r, &g->last_usable));
        PAWL_TRY(pawl_read_bytes(r, PAWL_GUID_SIZE, &g->disk));
        PAWL_TRY(pawl_read_skip(r, 8 + 4)); /* where the entries are; how many there is room for */
        PAWL_TRY(pawl_read_le32(r, &entry_size));
        PAWL_TRY(pawl_read_skip(r, 4)); /* checksum of the entries */
        if (entry_size < ENTRY_SIZE_MIN)
                return PAWL_ERR_FORMAT;
        g->entry_size = entry_size;
        return PAWL_OK;
}

pawl_err pawl_gpt_event_read(pawl_span event, pawl_gpt_event *ret)
{
        pawl_reader r = pawl_reader_of(event);
        pawl_gpt_event g = { 0 };
        uint64_t n;

        PAWL_TRY(read_header(&r, &g));
        PAWL_TRY(pawl_read_le64(&r, &n));
        if (n > PAWL_GPT_PARTITIONS_MAX)
                return PAWL_ERR_LIMIT;
        g.n_partitions = (size_t)n;
        /* as a division, which cannot overflow where size_t has 32 bits */
        if (g.n_partitions > r.left.len / g.entry_size)
                return PAWL_ERR_TRUNCATED;
        PAWL_TRY(pawl_read_sub(&r, g.n_partitions * g.entry_size, &g.entries));
        PAWL_TRY(pawl_read_end(&r));
        *ret = g;
        return PAWL_OK;
}

/* EFI_PARTITION_ENTRY, UEFI 2.10, table 5.6. */
pawl_err pawl_gpt_partition_next(pawl_gpt_event *g, pawl_gpt_partition *ret)
{
        pawl_reader entries = g->entries, r;
        pawl_gpt_partition p;

        if (entries.left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_read_sub(&entries, g->entry_size, &r));
        PAWL_TRY(pawl_read_bytes(&r, PAWL_GUID_SIZE, &p.type));
        PAWL_TRY(pawl_read_bytes(&r, PAWL_GUID_SIZE, &p.id));
        PAWL_TRY(pawl_read_le64(&r, &p.first));
        PAWL_TRY(pawl_read_le64(&r, &p.last));
        PAWL_TRY(pawl_read_le64(&r, &p.attributes));
        PAWL_TRY(pawl_read_bytes(&r, PAWL_GPT_NAME_SIZE, &p.name));
        g->entries = entries;
        *ret = p;
        return PAWL_OK;
}

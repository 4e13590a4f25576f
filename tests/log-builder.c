/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/log-builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/host/hash.h"

#define OK(e) assert_int_equal((e), PAWL_OK)

static void write_sha1_record(
        log_builder *b, uint32_t pcr, uint32_t type, const uint8_t *digest, pawl_span data)
{
        OK(pawl_write_le32(&b->w, pcr));
        OK(pawl_write_le32(&b->w, type));
        OK(pawl_write_bytes(&b->w, pawl_span_of(digest, 20)));
        OK(pawl_write_le32(&b->w, (uint32_t)data.len));
        OK(pawl_write_bytes(&b->w, data));
}

void log_start_sha1(log_builder *b)
{
        b->w = pawl_writer_of(b->bytes, sizeof(b->bytes));
        b->is_crypto_agile = false;
        b->banks = 1u << PAWL_ALG_SHA1;
        b->has_unknown_alg = false;
}

void log_start_agile(log_builder *b, uint32_t banks, bool has_unknown_alg)
{
        static const uint8_t zero[20];
        uint8_t data[128];
        pawl_writer w = pawl_writer_of(data, sizeof(data));

        b->w = pawl_writer_of(b->bytes, sizeof(b->bytes));
        b->is_crypto_agile = true;
        b->banks = banks;
        b->has_unknown_alg = has_unknown_alg;
        OK(pawl_write_bytes(&w, PAWL_SPAN_LITERAL("Spec ID Event03\0")));
        OK(pawl_write_le32(&w, 0));
        OK(pawl_write_le32(&w, 0x02000200));
        OK(pawl_write_le32(&w, (uint32_t)__builtin_popcount(banks) + has_unknown_alg));
        if (has_unknown_alg) {
                OK(pawl_write_le16(&w, LOG_UNKNOWN_ALG_ID));
                OK(pawl_write_le16(&w, LOG_UNKNOWN_ALG_SIZE));
        }
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((banks >> a & 1) != 0) {
                        OK(pawl_write_le16(&w, pawl_alg_info_of(a)->tpm_id));
                        OK(pawl_write_le16(&w, (uint16_t)pawl_alg_info_of(a)->size));
                }
        OK(pawl_write_u8(&w, 2));
        OK(pawl_write_bytes(&w, PAWL_SPAN_LITERAL("vi")));
        write_sha1_record(b, 0, PAWL_EV_NO_ACTION, zero, pawl_written(&w));
}

static void write_digests(log_builder *b, pawl_span measured)
{
        OK(pawl_write_le32(&b->w, (uint32_t)__builtin_popcount(b->banks) + b->has_unknown_alg));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_digest d;

                if ((b->banks >> a & 1) == 0)
                        continue;
                OK(pawl_hash(a, measured, &d));
                OK(pawl_write_le16(&b->w, pawl_alg_info_of(a)->tpm_id));
                OK(pawl_write_bytes(&b->w, pawl_digest_span(&d)));
        }
        if (b->has_unknown_alg) {
                OK(pawl_write_le16(&b->w, LOG_UNKNOWN_ALG_ID));
                OK(pawl_write_zeros(&b->w, LOG_UNKNOWN_ALG_SIZE));
        }
}

void log_add(log_builder *b, uint32_t pcr, uint32_t type, pawl_span measured, pawl_span data)
{
        if (!b->is_crypto_agile) {
                pawl_digest d;

                OK(pawl_hash(PAWL_ALG_SHA1, measured, &d));
                write_sha1_record(b, pcr, type, d.bytes, data);
                return;
        }
        OK(pawl_write_le32(&b->w, pcr));
        OK(pawl_write_le32(&b->w, type));
        write_digests(b, measured);
        OK(pawl_write_le32(&b->w, (uint32_t)data.len));
        OK(pawl_write_bytes(&b->w, data));
}

void log_add_data(log_builder *b, uint32_t pcr, uint32_t type, pawl_span data)
{
        log_add(b, pcr, type, data, data);
}

void log_add_variable(log_builder *b, uint32_t pcr, uint32_t type, const uint8_t guid[static 16],
        const char *name, pawl_span data)
{
        uint8_t buf[1024];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));
        pawl_span n = pawl_span_str(name);

        OK(pawl_write_bytes(&w, pawl_span_of(guid, 16)));
        OK(pawl_write_le64(&w, n.len));
        OK(pawl_write_le64(&w, data.len));
        for (size_t i = 0; i < n.len; i++)
                OK(pawl_write_le16(&w, n.data[i]));
        OK(pawl_write_bytes(&w, data));
        log_add_data(b, pcr, type, pawl_written(&w));
}

pawl_span log_bytes(const log_builder *b)
{
        return pawl_written(&b->w);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pe.h"

#define CERT_HEADER_SIZE          8
#define CERT_ALIGN                8
#define WIN_CERT_PKCS_SIGNED_DATA 0x0002

/* The specification hashes the headers, then the sections by file offset, then what follows. That
 * is the file from front to back if the sections leave no gaps; with gaps, implementations differ,
 * so such a file is not supported. */
static pawl_err check_no_gaps(const pawl_pe *pe)
{
        size_t end = pe->size_of_headers;

        for (size_t n = 0; n < pe->n_sections; n++) {
                const pawl_pe_section *next = NULL;
                size_t left = 0;

                for (size_t i = 0; i < pe->n_sections; i++) {
                        const pawl_pe_section *s = &pe->sections[i];
                        if (s->raw_size == 0 || s->raw_offset < end)
                                continue;
                        left++;
                        if (next == NULL || s->raw_offset < next->raw_offset)
                                next = s;
                }
                if (left == 0)
                        break;
                if (next->raw_offset != end)
                        return PAWL_ERR_UNSUPPORTED;
                end += next->raw_size;
        }
        for (size_t i = 0; i < pe->n_sections; i++)
                if (pe->sections[i].raw_size > 0 &&
                        pe->sections[i].raw_offset < pe->size_of_headers)
                        return PAWL_ERR_UNSUPPORTED;
        return PAWL_OK;
}

static pawl_err add_part(const pawl_pe *pe, size_t from, size_t to, pawl_pe_hash_parts *p)
{
        if (to < from)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_span_slice(pe->image, from, to - from, &p->parts[p->n_parts]));
        p->n_parts++;
        return PAWL_OK;
}

pawl_err pawl_pe_authenticode_parts(const pawl_pe *pe, pawl_pe_hash_parts *ret)
{
        pawl_pe_hash_parts p = { 0 };
        size_t end = pe->cert_size > 0 ? pe->cert_off : pe->image.len;

        /* a file without that directory entry cannot be signed */
        if (pe->layout != PAWL_PE_FILE || pe->cert_dir_off == 0)
                return PAWL_ERR_UNSUPPORTED;
        PAWL_TRY(check_no_gaps(pe));
        PAWL_TRY(add_part(pe, 0, pe->checksum_off, &p));
        PAWL_TRY(add_part(pe, pe->checksum_off + 4, pe->cert_dir_off, &p));
        PAWL_TRY(add_part(pe, pe->cert_dir_off + 8, end, &p));
        p.n_zeros = (CERT_ALIGN - end % CERT_ALIGN) % CERT_ALIGN;
        *ret = p;
        return PAWL_OK;
}

/* UEFI Specification 2.10, 32.2.4 "WIN_CERTIFICATE". */
static pawl_err read_certificate(pawl_reader *r, uint16_t *ret_type, pawl_span *ret)
{
        uint16_t revision;
        uint32_t len;
        size_t pad;

        PAWL_TRY(pawl_read_le32(r, &len));
        PAWL_TRY(pawl_read_le16(r, &revision));
        PAWL_TRY(pawl_read_le16(r, ret_type));
        if (len < CERT_HEADER_SIZE)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_bytes(r, len - CERT_HEADER_SIZE, ret));
        /* some signers leave the last entry without its padding */
        pad = (CERT_ALIGN - len % CERT_ALIGN) % CERT_ALIGN;
        return pawl_read_skip(r, pad < r->left.len ? pad : r->left.len);
}

pawl_err pawl_pe_certificates(const pawl_pe *pe, pawl_pe_certs *ret)
{
        pawl_pe_certs certs = { 0 };
        pawl_span table, pkcs7;
        pawl_reader r;
        uint16_t type;

        PAWL_TRY(pawl_span_slice(pe->image, pe->cert_off, pe->cert_size, &table));
        r = pawl_reader_of(table);
        while (r.left.len > 0) {
                PAWL_TRY(read_certificate(&r, &type, &pkcs7));
                if (type != WIN_CERT_PKCS_SIGNED_DATA)
                        continue;
                if (certs.n_certs == PAWL_PE_CERTS_MAX)
                        return PAWL_ERR_LIMIT;
                certs.pkcs7[certs.n_certs++] = pkcs7;
        }
        *ret = certs;
        return PAWL_OK;
}

uint32_t pawl_pe_checksum(pawl_span file, size_t checksum_off)
{
        uint32_t sum = 0;

        for (size_t i = 0; i < file.len; i++) {
                if (i >= checksum_off && i - checksum_off < 4)
                        continue;
                sum += (uint32_t)file.data[i] << (8 * (i & 1));
                sum = (sum & 0xffff) + (sum >> 16);
        }
        return sum + (uint32_t)file.len;
}

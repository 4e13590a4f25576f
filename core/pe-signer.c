/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pe-signer.h"

#define GUID_SIZE          16
#define SIGLIST_HEADER     28 /* EFI_SIGNATURE_LIST up to SignatureHeader */
#define DER_SEQUENCE       0x30
#define DER_VERSION        0xa0 /* TBSCertificate.version [0] EXPLICIT */
#define DER_EMPTY_NAME_LEN 2

/* EFI_CERT_X509_GUID */
static const uint8_t x509_guid[GUID_SIZE] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87,
        0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

/* X.690, 8.1.3: the length of a definite form of up to four bytes. */
static pawl_err read_der_length(pawl_reader *r, size_t *ret)
{
        uint8_t first, byte;
        uint32_t len = 0;

        PAWL_TRY(pawl_read_u8(r, &first));
        if (first < 0x80) {
                *ret = first;
                return PAWL_OK;
        }
        if (first == 0x80 || first > 0x84)
                return PAWL_ERR_FORMAT;
        for (int i = 0; i < first - 0x80; i++) {
                PAWL_TRY(pawl_read_u8(r, &byte));
                len = len << 8 | byte;
        }
        *ret = len;
        return PAWL_OK;
}

/* Takes one element off the front; `ret_whole` with its header, `ret_content` without. */
static pawl_err read_der(
        pawl_reader *r, uint8_t *ret_tag, pawl_span *ret_whole, pawl_reader *ret_content)
{
        pawl_span start = r->left;
        pawl_reader c = *r;
        pawl_reader content;
        size_t len;

        PAWL_TRY(pawl_read_u8(&c, ret_tag));
        PAWL_TRY(read_der_length(&c, &len));
        PAWL_TRY(pawl_read_sub(&c, len, &content));
        *ret_whole = pawl_span_of(start.data, start.len - c.left.len);
        *ret_content = content;
        *r = c;
        return PAWL_OK;
}

static pawl_err enter_sequence(pawl_reader *r, pawl_reader *ret)
{
        pawl_span whole;
        uint8_t tag;

        PAWL_TRY(read_der(r, &tag, &whole, ret));
        return tag == DER_SEQUENCE ? PAWL_OK : PAWL_ERR_FORMAT;
}

typedef struct names {
        pawl_span serial, issuer, subject; /* whole elements, with their headers */
} names;

static pawl_err read_names(pawl_span certificate, names *ret)
{
        pawl_reader r = pawl_reader_of(certificate), cert, tbs, content;
        pawl_span whole;
        names n;
        uint8_t tag;

        PAWL_TRY(enter_sequence(&r, &cert));
        PAWL_TRY(enter_sequence(&cert, &tbs));
        PAWL_TRY(read_der(&tbs, &tag, &n.serial, &content));
        if (tag == DER_VERSION) /* then the serial number follows */
                PAWL_TRY(read_der(&tbs, &tag, &n.serial, &content));
        PAWL_TRY(read_der(&tbs, &tag, &whole, &content)); /* signature algorithm */
        PAWL_TRY(read_der(&tbs, &tag, &n.issuer, &content));
        PAWL_TRY(read_der(&tbs, &tag, &whole, &content)); /* validity */
        PAWL_TRY(read_der(&tbs, &tag, &n.subject, &content));
        if (tag != DER_SEQUENCE)
                return PAWL_ERR_FORMAT;
        *ret = n;
        return PAWL_OK;
}

pawl_err pawl_x509_subject(pawl_span certificate, pawl_span *ret)
{
        names n;

        PAWL_TRY(read_names(certificate, &n));
        *ret = n.subject;
        return PAWL_OK;
}

/* Whether `a` stands in `s` with `b` right behind it. */
static bool contains_pair(pawl_span s, pawl_span a, pawl_span b)
{
        pawl_span here;

        for (size_t i = 0; pawl_span_slice(s, i, a.len + b.len, &here) == PAWL_OK; i++)
                if (pawl_span_has_prefix(here, a) &&
                        pawl_span_equal(pawl_span_of(here.data + a.len, b.len), b))
                        return true;
        return false;
}

pawl_err pawl_pe_is_signed_by(const pawl_pe *pe, pawl_span certificate, bool *ret)
{
        pawl_span table;
        names n;

        PAWL_TRY(read_names(certificate, &n));
        PAWL_TRY(pawl_span_slice(pe->image, pe->cert_off, pe->cert_size, &table));
        /* A signature that brings no certificate along names the signer's by issuer and serial
         * number (RFC 2315, 6.7). An empty name would be found everywhere; a CA may not have one.
         */
        *ret = pawl_span_contains(table, certificate) || contains_pair(table, n.issuer, n.serial) ||
               (n.subject.len > DER_EMPTY_NAME_LEN && pawl_span_contains(table, n.subject));
        return PAWL_OK;
}

static pawl_err check_list(
        const pawl_pe *pe, pawl_reader entries, uint32_t entry_size, bool *ret_is_signed)
{
        pawl_span certificate;
        bool is_signed = false;

        if (entry_size <= GUID_SIZE)
                return PAWL_ERR_FORMAT;
        while (entries.left.len > 0 && !is_signed) {
                PAWL_TRY(pawl_read_skip(&entries, GUID_SIZE)); /* SignatureOwner */
                PAWL_TRY(pawl_read_bytes(&entries, entry_size - GUID_SIZE, &certificate));
                PAWL_TRY(pawl_pe_is_signed_by(pe, certificate, &is_signed));
        }
        *ret_is_signed = is_signed;
        return PAWL_OK;
}

pawl_err pawl_pe_is_signed_by_db(const pawl_pe *pe, pawl_span db, bool *ret)
{
        pawl_reader r = pawl_reader_of(db), entries;
        uint32_t list_size, header_size, entry_size;
        bool is_signed = false;
        pawl_span guid;

        while (r.left.len > 0 && !is_signed) {
                PAWL_TRY(pawl_read_bytes(&r, GUID_SIZE, &guid));
                PAWL_TRY(pawl_read_le32(&r, &list_size));
                PAWL_TRY(pawl_read_le32(&r, &header_size));
                PAWL_TRY(pawl_read_le32(&r, &entry_size));
                if (list_size < SIGLIST_HEADER)
                        return PAWL_ERR_FORMAT;
                PAWL_TRY(pawl_read_sub(&r, list_size - SIGLIST_HEADER, &entries));
                PAWL_TRY(pawl_read_skip(&entries, header_size));
                if (pawl_span_equal(guid, pawl_span_of(x509_guid, sizeof(x509_guid))))
                        PAWL_TRY(check_list(pe, entries, entry_size, &is_signed));
        }
        *ret = is_signed;
        return PAWL_OK;
}

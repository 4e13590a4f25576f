/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fakes/fake-pe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAGE        4096u
#define COFF_OFF    0x44u
#define OPT_SIZE    (112u + 16u * 8u)
#define CERT_HEADER 8u /* WIN_CERTIFICATE */

static void must(pawl_err err)
{
        assert(err == PAWL_OK);
        (void)err;
}

static size_t round_up(size_t n, size_t to)
{
        return (n + to - 1) / to * to;
}

static size_t sections_end(const fake_section *sections, size_t n)
{
        size_t end = PAGE;

        for (size_t i = 0; i < n; i++)
                end += round_up(sections[i].content.len, PAGE);
        return end;
}

static void write_head(pawl_writer *w, size_t n, size_t end, size_t cert_size)
{
        must(pawl_write_bytes(w, PAWL_SPAN_LITERAL("MZ")));
        must(pawl_write_zeros(w, 0x3c - 2));
        must(pawl_write_le32(w, COFF_OFF - 4));
        must(pawl_write_bytes(w, PAWL_SPAN_LITERAL("PE\0\0")));
        must(pawl_write_le16(w, 0x8664));
        must(pawl_write_le16(w, (uint16_t)n));
        must(pawl_write_zeros(w, 12));
        must(pawl_write_le16(w, OPT_SIZE));
        must(pawl_write_le16(w, 0x22));
        must(pawl_write_le16(w, 0x20b));
        must(pawl_write_zeros(w, 30));
        must(pawl_write_le32(w, PAGE));
        must(pawl_write_le32(w, PAGE));
        must(pawl_write_zeros(w, 16));
        must(pawl_write_le32(w, (uint32_t)end));
        must(pawl_write_le32(w, PAGE));
        must(pawl_write_le32(w, 0));
        must(pawl_write_le16(w, 10));
        must(pawl_write_le16(w, 0x140));
        must(pawl_write_zeros(w, 36));
        must(pawl_write_le32(w, 16));
        must(pawl_write_zeros(w, 4 * 8));
        must(pawl_write_le32(w, cert_size > 0 ? (uint32_t)end : 0));
        must(pawl_write_le32(w, (uint32_t)cert_size));
        must(pawl_write_zeros(w, 11 * 8));
}

static void write_section_header(pawl_writer *w, const fake_section *s, size_t at)
{
        size_t name_len = strlen(s->name);

        must(pawl_write_str(w, s->name));
        must(pawl_write_zeros(w, 8 - name_len));
        must(pawl_write_le32(w, (uint32_t)s->content.len));
        must(pawl_write_le32(w, (uint32_t)at));
        must(pawl_write_le32(w, (uint32_t)round_up(s->content.len, PAGE)));
        must(pawl_write_le32(w, (uint32_t)at));
        must(pawl_write_zeros(w, 12));
        must(pawl_write_le32(w, 0x40000040));
}

static void write_certificates(pawl_writer *w, pawl_span certificates, size_t size)
{
        must(pawl_write_le32(w, (uint32_t)(CERT_HEADER + certificates.len)));
        must(pawl_write_le16(w, 0x0200));
        must(pawl_write_le16(w, 0x0002));
        must(pawl_write_bytes(w, certificates));
        must(pawl_write_zeros(w, size - CERT_HEADER - certificates.len));
}

pawl_span fake_pe(const fake_section *sections, size_t n, pawl_span certificates)
{
        size_t end = sections_end(sections, n), at = PAGE;
        size_t cert_size = certificates.len > 0 ? round_up(CERT_HEADER + certificates.len, 8) : 0;
        uint8_t *image = malloc(end + cert_size);
        pawl_writer w = pawl_writer_of(image, end + cert_size);

        assert(image);
        write_head(&w, n, end, cert_size);
        for (size_t i = 0; i < n; i++) {
                write_section_header(&w, &sections[i], at);
                at += round_up(sections[i].content.len, PAGE);
        }
        must(pawl_write_zeros(&w, PAGE - w.len));
        for (size_t i = 0; i < n; i++) {
                must(pawl_write_bytes(&w, sections[i].content));
                must(pawl_write_zeros(&w, round_up(w.len, PAGE) - w.len));
        }
        if (cert_size > 0)
                write_certificates(&w, certificates, cert_size);
        return pawl_written(&w);
}

static void write_der(pawl_writer *w, uint8_t tag, pawl_span content)
{
        assert(content.len < 0x80);
        must(pawl_write_u8(w, tag));
        must(pawl_write_u8(w, (uint8_t)content.len));
        must(pawl_write_bytes(w, content));
}

pawl_span fake_certificate(const char *name, uint8_t *ret)
{
        uint8_t subject[64], tbs[100], cert[112];
        pawl_writer s = pawl_writer_of(subject, sizeof(subject));
        pawl_writer t = pawl_writer_of(tbs, sizeof(tbs));
        pawl_writer c = pawl_writer_of(cert, sizeof(cert));
        pawl_writer w = pawl_writer_of(ret, 256);

        write_der(&s, 0x0c, pawl_span_str(name));
        write_der(&t, 0x02, PAWL_SPAN_LITERAL("\x01"));
        write_der(&t, 0x30, PAWL_SPAN_NULL);
        write_der(&t, 0x30, PAWL_SPAN_LITERAL("\x05\x00"));
        write_der(&t, 0x30, PAWL_SPAN_NULL);
        write_der(&t, 0x30, pawl_written(&s));
        write_der(&c, 0x30, pawl_written(&t));
        write_der(&w, 0x30, pawl_written(&c));
        return pawl_written(&w);
}

pawl_span fake_db(pawl_span certificate, uint8_t *ret)
{
        pawl_writer w = pawl_writer_of(ret, 512);

        must(pawl_write_bytes(
                &w, PAWL_SPAN_LITERAL(
                            "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72")));
        must(pawl_write_le32(&w, (uint32_t)(28 + 16 + certificate.len)));
        must(pawl_write_le32(&w, 0));
        must(pawl_write_le32(&w, (uint32_t)(16 + certificate.len)));
        must(pawl_write_zeros(&w, 16));
        must(pawl_write_bytes(&w, certificate));
        return pawl_written(&w);
}

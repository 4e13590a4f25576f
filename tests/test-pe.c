/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/pe.h"
#include "tests/corpus.h"
#include "tests/hex.h"

/* Where fields stand in the files of the corpus: "PE\0\0" is at 0x40. */
#define N_SECTIONS_OFF      0x46
#define OPT_OFF             0x58
#define SIZE_OF_HEADERS_OFF (OPT_OFF + 60)
#define CHECKSUM_OFF        (OPT_OFF + 64)
#define CERT_DIR_OFF        (OPT_OFF + 112 + 32)
#define TABLE_OFF           (OPT_OFF + 240)

static pawl_pe pe;

static void put_le32(pawl_buffer *b, size_t off, uint32_t v)
{
        pawl_writer w = pawl_writer_of(b->data + off, b->len - off);

        assert_int_equal(pawl_write_le32(&w, v), PAWL_OK);
}

static pawl_err read_file(const pawl_buffer *b)
{
        return pawl_pe_read(pawl_buffer_span(b), PAWL_PE_FILE, &pe);
}

static void test_valid(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full");
        const pawl_pe_section *s;
        pawl_span content;
        size_t n_zeros;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(pe.machine, PAWL_PE_MACHINE_X86_64);
        assert_int_equal(pe.subsystem, 10);
        assert_true(pe.is_pe32_plus);
        assert_int_equal(pe.n_sections, 7);
        assert_int_equal(pe.checksum_off, CHECKSUM_OFF);
        assert_int_equal(pe.cert_dir_off, CERT_DIR_OFF);
        assert_int_equal(pe.section_table_off, TABLE_OFF);
        s = pawl_pe_find_section(&pe, ".initrd");
        assert_non_null(s);
        assert_int_equal(pawl_pe_section_content(&pe, s, &content, &n_zeros), PAWL_OK);
        assert_int_equal(content.len, 20); /* VirtualSize, not the padded raw size */
        assert_int_equal(n_zeros, 0);
        assert_null(pawl_pe_find_section(&pe, ".init"));
}

static void test_zeros_up_to_virtual_size(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/zero-filled");
        pawl_span content;
        size_t n_zeros;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(
                pawl_pe_section_content(&pe, &pe.sections[1], &content, &n_zeros), PAWL_OK);
        assert_int_equal(content.len, 16);
        assert_int_equal(n_zeros, 16);
        assert_int_equal(
                pawl_pe_section_content(&pe, &pe.sections[2], &content, &n_zeros), PAWL_OK);
        assert_int_equal(content.len, 0);
        assert_int_equal(n_zeros, 0x100);
        put_le32(&b, TABLE_OFF + 40 + 8, 17); /* one more than the raw size */
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(
                pawl_pe_section_content(&pe, &pe.sections[1], &content, &n_zeros), PAWL_OK);
        assert_int_equal(content.len, 16);
        assert_int_equal(n_zeros, 1);
}

static void test_every_truncation(void **state)
{
        pawl_autobuffer pawl_buffer whole = corpus_read("pe/signed");

        (void)state;
        assert_int_equal(read_file(&whole), PAWL_OK);
        for (size_t n = 0; n < whole.len; n++) {
                pawl_autobuffer pawl_buffer b = corpus_cut(&whole, n);

                assert_int_not_equal(read_file(&b), PAWL_OK);
                assert_int_equal(pe.n_sections, 0); /* nothing is left of a failed read */
        }
}

/* Whatever a flipped bit makes of the headers: all that is handed out lies inside the file. */
/* From its first bytes a file has the same sections, without their content. */
static void test_head(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full");
        size_t table_end = TABLE_OFF + 7 * 40;
        static pawl_pe head;
        pawl_span content;
        size_t n_zeros;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        for (size_t len = 0; len <= b.len; len++) {
                uint8_t *copy = exact_copy(pawl_span_of(b.data, len));
                pawl_err err = pawl_pe_read_head(pawl_span_of(copy, len), b.len, &head);

                assert_int_equal(err, len < table_end ? PAWL_ERR_TRUNCATED : PAWL_OK);
                if (err == PAWL_OK)
                        assert_memory_equal(head.sections, pe.sections, sizeof(pe.sections));
                if (len == table_end)
                        assert_int_equal(
                                pawl_pe_section_content(&head,
                                        pawl_pe_find_section(&head, ".initrd"), &content, &n_zeros),
                                PAWL_ERR_TRUNCATED);
                free(copy);
        }
        /* the file is not what it was said to be */
        assert_int_equal(
                pawl_pe_read_head(pawl_buffer_span(&b), b.len - 1, &head), PAWL_ERR_MISMATCH);
        assert_int_equal(pawl_pe_read_head(pawl_span_of(b.data, table_end), table_end, &head),
                PAWL_ERR_TRUNCATED);
}

static void test_every_bit_flip(void **state)
{
        pawl_autobuffer pawl_buffer whole = corpus_read("pe/signed");

        (void)state;
        for (size_t bit = 0; bit < 8 * whole.len; bit++) {
                pawl_autobuffer pawl_buffer b = corpus_cut(&whole, whole.len);
                pawl_pe_hash_parts parts;
                pawl_span content;
                size_t n_zeros;

                b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                if (read_file(&b) != PAWL_OK)
                        continue;
                for (size_t i = 0; i < pe.n_sections; i++) {
                        assert_int_equal(
                                pawl_pe_section_content(&pe, &pe.sections[i], &content, &n_zeros),
                                PAWL_OK);
                        assert_int_equal(content.len + n_zeros, pe.sections[i].virtual_size);
                }
                if (pawl_pe_authenticode_parts(&pe, &parts) == PAWL_OK)
                        assert_true(parts.parts[2].len < b.len);
        }
}

static void test_trailing_bytes_behind_signatures(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/signed");
        pawl_autobuffer pawl_buffer longer = { 0 };

        (void)state;
        assert_int_equal(pawl_buffer_new(b.len + 1, &longer), PAWL_OK);
        pawl_copy(longer.data, b.data, b.len);
        assert_int_equal(read_file(&longer), PAWL_ERR_TRAILING);
}

/* A header with `n` empty sections and the room for them. */
static pawl_err read_many(uint32_t n)
{
        pawl_autobuffer pawl_buffer small = corpus_read("pe/one-section");
        pawl_autobuffer pawl_buffer b = { 0 };

        assert_int_equal(pawl_buffer_new(TABLE_OFF + n * 40, &b), PAWL_OK);
        pawl_copy(b.data, small.data, TABLE_OFF);
        b.data[N_SECTIONS_OFF] = (uint8_t)n;
        b.data[N_SECTIONS_OFF + 1] = (uint8_t)(n >> 8);
        put_le32(&b, SIZE_OF_HEADERS_OFF, (uint32_t)b.len);
        return read_file(&b);
}

static void test_section_limit(void **state)
{
        (void)state;
        assert_int_equal(read_many(0), PAWL_ERR_FORMAT);
        assert_int_equal(read_many(1), PAWL_OK);
        assert_int_equal(read_many(PAWL_PE_SECTIONS_MAX), PAWL_OK);
        assert_int_equal(read_many(PAWL_PE_SECTIONS_MAX + 1), PAWL_ERR_LIMIT);
        assert_int_equal(read_many(0xffff), PAWL_ERR_LIMIT);
}

static void test_overlap(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full");
        size_t raw_offset_2 = TABLE_OFF + 40 + 20;
        uint32_t first;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        first = pe.sections[0].raw_offset;
        put_le32(&b, raw_offset_2, first + 8);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        put_le32(&b, raw_offset_2, first);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
}

/* What firmware would load over another section or over the headers makes the image in memory
 * another one than the file. */
static void test_overlap_in_memory(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full");
        size_t size_2 = TABLE_OFF + 40 + 8, address_2 = TABLE_OFF + 40 + 12;
        uint32_t first, last, address;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        first = pe.sections[0].virtual_address;
        last = pe.size_of_headers - 1;
        address = pe.sections[1].virtual_address;
        assert_true(pe.sections[1].raw_size > 0);
        put_le32(&b, address_2, first);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        put_le32(&b, address_2, last);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        /* of VirtualSize 0: it does not count, but is loaded */
        put_le32(&b, size_2, 0);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        put_le32(&b, address_2, first);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        put_le32(&b, address_2, address);
        assert_int_equal(read_file(&b), PAWL_OK);
}

static void test_headers_hold_their_table(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/one-section");

        (void)state;
        put_le32(&b, SIZE_OF_HEADERS_OFF, TABLE_OFF + 40);
        assert_int_equal(read_file(&b), PAWL_OK);
        put_le32(&b, SIZE_OF_HEADERS_OFF, TABLE_OFF + 39);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
        put_le32(&b, SIZE_OF_HEADERS_OFF, (uint32_t)b.len);
        assert_int_equal(read_file(&b), PAWL_OK);
        put_le32(&b, SIZE_OF_HEADERS_OFF, (uint32_t)b.len + 1);
        assert_int_equal(read_file(&b), PAWL_ERR_FORMAT);
}

static void test_authenticode_parts(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/signed");
        pawl_pe_hash_parts p;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(pawl_pe_authenticode_parts(&pe, &p), PAWL_OK);
        assert_int_equal(p.n_parts, 3);
        assert_ptr_equal(p.parts[0].data, b.data);
        assert_int_equal(p.parts[0].len, CHECKSUM_OFF);
        assert_ptr_equal(p.parts[1].data, b.data + CHECKSUM_OFF + 4);
        assert_int_equal(p.parts[1].len, CERT_DIR_OFF - CHECKSUM_OFF - 4);
        assert_ptr_equal(p.parts[2].data, b.data + CERT_DIR_OFF + 8);
        assert_ptr_equal(p.parts[2].data + p.parts[2].len, b.data + pe.cert_off);
        assert_int_equal(p.n_zeros, 0);
}

static void test_gap_has_no_authenticode_hash(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full");

        (void)state;
        put_le32(&b, TABLE_OFF + 40 + 16, 0); /* the second section loses its content */
        assert_int_equal(read_file(&b), PAWL_OK);
        pawl_pe_hash_parts p;
        assert_int_equal(pawl_pe_authenticode_parts(&pe, &p), PAWL_ERR_UNSUPPORTED);
}

static void test_certificates(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read("pe/signed");
        pawl_pe_certs c;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(pawl_pe_certificates(&pe, &c), PAWL_OK);
        assert_int_equal(c.n_certs, 1); /* the other entry is of another type */
        assert_int_equal(c.pkcs7[0].len, 18);
        put_le32(&b, pe.cert_off, 7); /* less than its own header */
        assert_int_equal(pawl_pe_certificates(&pe, &c), PAWL_ERR_FORMAT);
        put_le32(&b, pe.cert_off, pe.cert_size + 1);
        assert_int_equal(pawl_pe_certificates(&pe, &c), PAWL_ERR_TRUNCATED);
}

static void test_write_replaces_and_appends(void **state)
{
        static const char *const dropped[] = { ".linux", NULL };
        static const pawl_pe_new_section added[] = {
                {".sbat",     PAWL_SPAN_LITERAL("sbat,1\nlonger than it was\n"), 0x40000040, 0},
                { ".profile", PAWL_SPAN_LITERAL("ID=a"),                         0x40000040, 5},
        };
        pawl_autobuffer pawl_buffer b = corpus_read("pe/full"), out = { 0 };
        pawl_pe before;
        pawl_span content;
        size_t n_zeros;
        pawl_writer w;
        uint64_t size;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        before = pe;
        assert_int_equal(pawl_pe_write_size(&before, dropped, added, 2, &size), PAWL_OK);
        assert_int_equal(pawl_buffer_new((size_t)size, &out), PAWL_OK);
        w = pawl_writer_of(out.data, out.len - 1);
        assert_int_equal(pawl_pe_write(&before, dropped, added, 2, &w), PAWL_ERR_NO_SPACE);
        assert_int_equal(w.len, 0);
        w = pawl_writer_of(out.data, out.len);
        assert_int_equal(pawl_pe_write(&before, dropped, added, 2, &w), PAWL_OK);
        assert_int_equal(w.len, size);
        assert_int_equal(read_file(&out), PAWL_OK);
        assert_int_equal(pe.n_sections, before.n_sections - 2 + 2);
        assert_null(pawl_pe_find_section(&pe, ".linux"));
        assert_string_equal(pe.sections[pe.n_sections - 2].name, ".sbat");
        assert_ptr_equal(pawl_pe_find_section(&pe, ".sbat"), &pe.sections[pe.n_sections - 2]);
        assert_int_equal(
                pawl_pe_section_content(&pe, &pe.sections[pe.n_sections - 1], &content, &n_zeros),
                PAWL_OK);
        /* the file pads with zeros, too: together they are VirtualSize */
        assert_int_equal(content.len + n_zeros, 9);
        assert_int_equal(pawl_pe_authenticode_parts(&pe, &(pawl_pe_hash_parts){ 0 }), PAWL_OK);
        for (size_t i = 0; i < pe.n_sections; i++) {
                assert_int_equal(pe.sections[i].virtual_address % pe.section_alignment, 0);
                assert_true(i == 0 || pe.sections[i].virtual_address >=
                                              pe.sections[i - 1].virtual_address +
                                                      pe.sections[i - 1].virtual_size);
        }
        assert_true(pe.size_of_image > pe.sections[pe.n_sections - 1].virtual_address);
        assert_int_equal(pe.size_of_image % pe.section_alignment, 0);
}

/* What the loader takes for the whole raw content would lie below the section that is added. */
static void test_write_refuses_a_section_without_virtual_size(void **state)
{
        static const pawl_pe_new_section added = { .name = ".osrel",
                .content = PAWL_SPAN_LITERAL("ID=x\n"),
                .characteristics = 0x40000040 };
        pawl_autobuffer pawl_buffer b = corpus_read("pe/no-virtual-size");
        uint64_t size;

        (void)state;
        assert_int_equal(read_file(&b), PAWL_OK);
        assert_int_equal(pawl_pe_write_size(&pe, NULL, &added, 1, &size), PAWL_ERR_UNSUPPORTED);
}

static void test_write_needs_room_for_headers(void **state)
{
        static pawl_pe_new_section added[PAWL_PE_SECTIONS_MAX + 1];
        pawl_autobuffer pawl_buffer b = corpus_read("pe/one-section");
        uint64_t size;

        (void)state;
        for (size_t i = 0; i <= PAWL_PE_SECTIONS_MAX; i++)
                added[i] = (pawl_pe_new_section){ ".a", PAWL_SPAN_LITERAL("x"), 0x40000040, 0 };
        assert_int_equal(read_file(&b), PAWL_OK);
        /* the first section is at 4096: (4096 - 328) / 40 headers fit before it */
        assert_int_equal(pawl_pe_write_size(&pe, NULL, added, 93, &size), PAWL_OK);
        assert_int_equal(pawl_pe_write_size(&pe, NULL, added, 94, &size), PAWL_ERR_NO_SPACE);
        assert_int_equal(
                pawl_pe_write_size(&pe, NULL, added, PAWL_PE_SECTIONS_MAX, &size), PAWL_ERR_LIMIT);
        added[0].content = PAWL_SPAN_NULL;
        assert_int_equal(pawl_pe_write_size(&pe, NULL, added, 1, &size), PAWL_ERR_FORMAT);
        added[0].name = "123456789";
        added[0].n_zeros = 1;
        assert_int_equal(pawl_pe_write_size(&pe, NULL, added, 1, &size), PAWL_ERR_FORMAT);
}

static void test_checksum(void **state)
{
        static const uint8_t file[] = { 1, 2, 9, 9, 9, 9, 0xff, 0xff, 5 };

        (void)state;
        /* 0x0201 + 0xffff (carry comes back) + 0x0005, and the length */
        assert_int_equal(
                pawl_pe_checksum(pawl_span_of(file, sizeof(file)), 2), 0x0201 + 5 + sizeof(file));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_valid),
                cmocka_unit_test(test_zeros_up_to_virtual_size),
                cmocka_unit_test(test_every_truncation),
                cmocka_unit_test(test_head),
                cmocka_unit_test(test_every_bit_flip),
                cmocka_unit_test(test_trailing_bytes_behind_signatures),
                cmocka_unit_test(test_section_limit),
                cmocka_unit_test(test_overlap),
                cmocka_unit_test(test_overlap_in_memory),
                cmocka_unit_test(test_headers_hold_their_table),
                cmocka_unit_test(test_authenticode_parts),
                cmocka_unit_test(test_gap_has_no_authenticode_hash),
                cmocka_unit_test(test_certificates),
                cmocka_unit_test(test_write_replaces_and_appends),
                cmocka_unit_test(test_write_refuses_a_section_without_virtual_size),
                cmocka_unit_test(test_write_needs_room_for_headers),
                cmocka_unit_test(test_checksum),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

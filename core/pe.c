/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pe.h"

/* Microsoft PE Format, "COFF File Header", "Optional Header", "Section Table". */
#define DOS_LFANEW_OFF      0x3c
#define MAGIC_PE32          0x10b
#define MAGIC_PE32_PLUS     0x20b
#define OPT_N_DIRS_OFF_32   92
#define OPT_N_DIRS_OFF_PLUS 108
#define DIR_ENTRY_SIZE      8
#define DIR_CERTIFICATES    4

static pawl_err reader_at(pawl_span image, size_t off, pawl_reader *ret)
{
        if (off > image.len)
                return PAWL_ERR_TRUNCATED;
        *ret = pawl_reader_of(pawl_span_of(image.data, image.len));
        return pawl_read_skip(ret, off);
}

/* Finds the COFF file header behind the DOS stub. */
static pawl_err find_coff(pawl_span image, size_t *ret)
{
        pawl_reader r = pawl_reader_of(image);
        pawl_span magic;
        uint32_t lfanew;

        PAWL_TRY(pawl_read_bytes(&r, 2, &magic));
        if (!pawl_span_equal(magic, PAWL_SPAN_LITERAL("MZ")))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(reader_at(image, DOS_LFANEW_OFF, &r));
        PAWL_TRY(pawl_read_le32(&r, &lfanew));
        PAWL_TRY(reader_at(image, lfanew, &r));
        PAWL_TRY(pawl_read_bytes(&r, 4, &magic));
        if (!pawl_span_equal(magic, PAWL_SPAN_LITERAL("PE\0\0")))
                return PAWL_ERR_FORMAT;
        *ret = r.off;
        return PAWL_OK;
}

/* The part of the optional header that PE32 and PE32+ share the offsets of. */
static pawl_err read_optional_fields(pawl_reader opt, pawl_pe *pe)
{
        uint16_t magic;

        PAWL_TRY(pawl_read_le16(&opt, &magic));
        if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
                return PAWL_ERR_FORMAT;
        pe->is_pe32_plus = magic == MAGIC_PE32_PLUS;
        PAWL_TRY(pawl_read_skip(&opt, 14)); /* linker version, sizes of code and data */
        PAWL_TRY(pawl_read_le32(&opt, &pe->entry_point));
        PAWL_TRY(pawl_read_skip(&opt, 12)); /* bases */
        PAWL_TRY(pawl_read_le32(&opt, &pe->section_alignment));
        PAWL_TRY(pawl_read_le32(&opt, &pe->file_alignment));
        PAWL_TRY(pawl_read_skip(&opt, 16)); /* versions */
        PAWL_TRY(pawl_read_le32(&opt, &pe->size_of_image));
        PAWL_TRY(pawl_read_le32(&opt, &pe->size_of_headers));
        pe->checksum_off = opt.off;
        PAWL_TRY(pawl_read_skip(&opt, 4));
        PAWL_TRY(pawl_read_le16(&opt, &pe->subsystem));
        return pawl_read_le16(&opt, &pe->dll_characteristics);
}

static pawl_err read_certificate_directory(pawl_reader opt, pawl_pe *pe)
{
        uint32_t n_dirs;

        PAWL_TRY(pawl_read_skip(&opt, pe->is_pe32_plus ? OPT_N_DIRS_OFF_PLUS : OPT_N_DIRS_OFF_32));
        PAWL_TRY(pawl_read_le32(&opt, &n_dirs));
        if (n_dirs > opt.left.len / DIR_ENTRY_SIZE)
                return PAWL_ERR_TRUNCATED;
        if (n_dirs <= DIR_CERTIFICATES)
                return PAWL_OK;
        PAWL_TRY(pawl_read_skip(&opt, DIR_CERTIFICATES * DIR_ENTRY_SIZE));
        pe->cert_dir_off = opt.off;
        PAWL_TRY(pawl_read_le32(&opt, &pe->cert_off));
        PAWL_TRY(pawl_read_le32(&opt, &pe->cert_size));
        /* the loaded image does not hold the table */
        if (pe->cert_size == 0 || pe->layout == PAWL_PE_MEMORY)
                pe->cert_off = pe->cert_size = 0;
        return PAWL_OK;
}

static pawl_err read_section(pawl_reader *r, pawl_pe_section *ret)
{
        pawl_span name;

        PAWL_TRY(pawl_read_bytes(r, 8, &name));
        *ret = (pawl_pe_section){ 0 };
        pawl_copy(ret->name, name.data, name.len);
        PAWL_TRY(pawl_read_le32(r, &ret->virtual_size));
        PAWL_TRY(pawl_read_le32(r, &ret->virtual_address));
        PAWL_TRY(pawl_read_le32(r, &ret->raw_size));
        PAWL_TRY(pawl_read_le32(r, &ret->raw_offset));
        PAWL_TRY(pawl_read_skip(r, 12)); /* relocations and line numbers: unused in images */
        return pawl_read_le32(r, &ret->characteristics);
}

/* The range of a section that its content is taken from. */
static void section_range(const pawl_pe *pe, const pawl_pe_section *s, size_t *off, size_t *len)
{
        *off = pe->layout == PAWL_PE_FILE ? s->raw_offset : s->virtual_address;
        *len = pe->layout == PAWL_PE_FILE ? s->raw_size : s->virtual_size;
}

static bool ranges_overlap(size_t a_off, size_t a_len, size_t b_off, size_t b_len)
{
        if (a_len == 0 || b_len == 0)
                return false;
        return a_off <= b_off ? b_off - a_off < a_len : a_off - b_off < b_len;
}

/* What firmware fills in memory: a VirtualSize of 0 means all of the raw content to it. */
static size_t loaded_size(const pawl_pe_section *s)
{
        return s->virtual_size > 0 ? s->virtual_size : s->raw_size;
}

/* In the file, or in memory: there a section that lies on another one, or on the headers, would
 * make the loaded image differ from the file that was looked at before it was signed. */
static bool sections_overlap(const pawl_pe *pe, const pawl_pe_section *a, const pawl_pe_section *b)
{
        size_t a_off, a_len, b_off, b_len;

        section_range(pe, a, &a_off, &a_len);
        section_range(pe, b, &b_off, &b_len);
        return ranges_overlap(a_off, a_len, b_off, b_len) ||
               ranges_overlap(
                       a->virtual_address, loaded_size(a), b->virtual_address, loaded_size(b));
}

static bool is_inside(const pawl_pe *pe, size_t off, size_t len)
{
        return off <= pe->image_size && len <= pe->image_size - off;
}

static pawl_err check_section(const pawl_pe *pe, size_t i)
{
        const pawl_pe_section *s = &pe->sections[i];
        size_t off, len;

        section_range(pe, s, &off, &len);
        if (len > 0 && !is_inside(pe, off, len))
                return PAWL_ERR_TRUNCATED;
        if (ranges_overlap(0, pe->size_of_headers, s->virtual_address, loaded_size(s)))
                return PAWL_ERR_FORMAT;
        /* the certificate table is not hashed, so nothing that is used may lie in it */
        if (pe->cert_size > 0 && len > 0 && (off >= pe->cert_off || pe->cert_off - off < len))
                return PAWL_ERR_FORMAT;
        for (size_t j = 0; j < i; j++)
                if (sections_overlap(pe, s, &pe->sections[j]))
                        return PAWL_ERR_FORMAT;
        return PAWL_OK;
}

static pawl_err check_certificate_table(const pawl_pe *pe)
{
        if (pe->cert_size == 0)
                return PAWL_OK;
        if (!is_inside(pe, pe->cert_off, pe->cert_size))
                return PAWL_ERR_TRUNCATED;
        return pe->image_size - pe->cert_off == pe->cert_size ? PAWL_OK : PAWL_ERR_TRAILING;
}

static pawl_err read_sections(pawl_reader r, size_t n, pawl_pe *pe)
{
        if (n == 0)
                return PAWL_ERR_FORMAT;
        if (n > PAWL_PE_SECTIONS_MAX)
                return PAWL_ERR_LIMIT;
        pe->section_table_off = r.off;
        for (size_t i = 0; i < n; i++) {
                PAWL_TRY(read_section(&r, &pe->sections[i]));
                pe->n_sections = i + 1;
                PAWL_TRY(check_section(pe, i));
        }
        /* a header area that ends before its own table would leave headers out of every hash */
        return r.off <= pe->size_of_headers && pe->size_of_headers <= pe->image_size
                       ? PAWL_OK
                       : PAWL_ERR_FORMAT;
}

static pawl_err read_headers(pawl_span image, size_t image_size, pawl_pe_layout layout, pawl_pe *pe)
{
        uint16_t n_sections, opt_size;
        pawl_reader r, opt;
        size_t coff;

        PAWL_TRY(find_coff(image, &coff));
        PAWL_TRY(reader_at(image, coff, &r));
        pe->image = image;
        pe->image_size = image_size;
        pe->layout = layout;
        pe->header_off = coff;
        PAWL_TRY(pawl_read_le16(&r, &pe->machine));
        PAWL_TRY(pawl_read_le16(&r, &n_sections));
        PAWL_TRY(pawl_read_skip(&r, 12)); /* time stamp and symbol table */
        PAWL_TRY(pawl_read_le16(&r, &opt_size));
        PAWL_TRY(pawl_read_skip(&r, 2)); /* characteristics */
        PAWL_TRY(pawl_read_sub(&r, opt_size, &opt));
        PAWL_TRY(read_optional_fields(opt, pe));
        PAWL_TRY(read_certificate_directory(opt, pe));
        PAWL_TRY(check_certificate_table(pe));
        return read_sections(r, n_sections, pe);
}

static pawl_err read_or_clear(
        pawl_span image, size_t image_size, pawl_pe_layout layout, pawl_pe *ret)
{
        pawl_err err;

        pawl_zero(ret, sizeof(*ret));
        err = read_headers(image, image_size, layout, ret);
        if (err != PAWL_OK)
                pawl_zero(ret, sizeof(*ret));
        return err;
}

pawl_err pawl_pe_read(pawl_span image, pawl_pe_layout layout, pawl_pe *ret)
{
        return read_or_clear(image, image.len, layout, ret);
}

pawl_err pawl_pe_read_head(pawl_span head, uint64_t file_size, pawl_pe *ret)
{
        if (file_size < head.len)
                return PAWL_ERR_MISMATCH;
        if (file_size > SIZE_MAX)
                return PAWL_ERR_LIMIT;
        return read_or_clear(head, (size_t)file_size, PAWL_PE_FILE, ret);
}

pawl_err pawl_pe_section_content(
        const pawl_pe *pe, const pawl_pe_section *s, pawl_span *ret_data, size_t *ret_n_zeros)
{
        bool is_file = pe->layout == PAWL_PE_FILE;
        size_t len = s->virtual_size;
        pawl_span data;

        if (is_file && len > s->raw_size)
                len = s->raw_size;
        PAWL_TRY(pawl_span_slice(pe->image,
                len == 0  ? 0
                : is_file ? s->raw_offset
                          : s->virtual_address,
                len, &data));
        *ret_data = data;
        *ret_n_zeros = s->virtual_size - len;
        return PAWL_OK;
}

const pawl_pe_section *pawl_pe_find_section(const pawl_pe *pe, const char *name)
{
        pawl_span wanted = pawl_span_str(name);

        for (size_t i = 0; i < pe->n_sections; i++)
                if (pawl_span_equal(pawl_span_str(pe->sections[i].name), wanted))
                        return &pe->sections[i];
        return NULL;
}

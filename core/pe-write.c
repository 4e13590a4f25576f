/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pe.h"

/* Microsoft PE Format. COFF header fields count from the file header, the others from the optional
 * header, whose layout is the same for PE32 and PE32+ as far as it is used here. */
#define COFF_N_SECTIONS_OFF   2
#define COFF_SYMBOLS_OFF      8
#define COFF_HEADER_SIZE      20
#define OPT_SIZE_OF_CODE_OFF  4
#define OPT_SIZE_OF_IMAGE_OFF 56
#define SECTION_HEADER_SIZE   40
#define SCN_CODE              0x00000020u
#define SCN_INITIALIZED_DATA  0x00000040u

/* Where the next section goes, and the sums for the header. */
typedef struct layout {
        uint64_t headers_size, next_raw, next_address;
        uint64_t code_size, data_size;
        size_t n_sections;
} layout;

static uint64_t round_up(uint64_t n, uint32_t align)
{
        return (n + align - 1) & ~(uint64_t)(align - 1);
}

static bool is_alignment(uint32_t a)
{
        return a >= 16 && a <= 65536 && (a & (a - 1)) == 0;
}

static bool is_kept(const pawl_pe_section *s, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections)
{
        pawl_span name = pawl_span_str(s->name);

        for (; dropped != NULL && *dropped != NULL; dropped++)
                if (pawl_span_equal(name, pawl_span_str(*dropped)))
                        return false;
        for (size_t i = 0; i < n_sections; i++)
                if (pawl_span_equal(name, pawl_span_str(sections[i].name)))
                        return false;
        return true;
}

/* Accounts for one section: `address` and `virtual_size` in memory, `raw_size` in the file. */
static pawl_err place(
        layout *l, uint64_t address, uint64_t virtual_size, uint64_t raw_size, uint32_t flags)
{
        if (address + virtual_size > l->next_address)
                l->next_address = address + virtual_size;
        l->next_raw += raw_size;
        if (flags & SCN_CODE)
                l->code_size += raw_size;
        if (flags & SCN_INITIALIZED_DATA)
                l->data_size += raw_size;
        l->n_sections++;
        return l->next_raw > UINT32_MAX || l->next_address > UINT32_MAX ? PAWL_ERR_LIMIT : PAWL_OK;
}

/* Firmware loads all of the raw content where VirtualSize is 0, and that grows with the padding: it
 * could come to lie on the next section. */
static pawl_err place_kept(const pawl_pe *pe, const pawl_pe_section *s, layout *l)
{
        if (s->virtual_size == 0 && s->raw_size > 0)
                return PAWL_ERR_UNSUPPORTED;
        return place(l, s->virtual_address, s->virtual_size,
                round_up(s->raw_size, pe->file_alignment), s->characteristics);
}

static pawl_err place_new(const pawl_pe *pe, const pawl_pe_new_section *s, layout *l)
{
        l->next_address = round_up(l->next_address, pe->section_alignment);
        return place(l, l->next_address, (uint64_t)s->content.len + s->n_zeros,
                round_up(s->content.len, pe->file_alignment), s->characteristics);
}

static pawl_err check_new(const pawl_pe_new_section *sections, size_t n_sections)
{
        for (size_t i = 0; i < n_sections; i++) {
                size_t len = pawl_span_str(sections[i].name).len;

                if (len == 0 || len > 8 ||
                        (sections[i].content.len == 0 && sections[i].n_zeros == 0))
                        return PAWL_ERR_FORMAT;
                if (sections[i].content.len > UINT32_MAX)
                        return PAWL_ERR_LIMIT;
        }
        return PAWL_OK;
}

static uint32_t lowest_kept_address(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections)
{
        uint32_t lowest = UINT32_MAX;

        for (size_t i = 0; i < pe->n_sections; i++)
                if (is_kept(&pe->sections[i], dropped, sections, n_sections) &&
                        pe->sections[i].virtual_address < lowest)
                        lowest = pe->sections[i].virtual_address;
        return lowest;
}

/* The number of section headers decides how large the headers are, and so where content starts. */
static pawl_err start_layout(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, layout *ret)
{
        layout l = { 0 };
        uint64_t table_end;
        size_t n = n_sections;

        for (size_t i = 0; i < pe->n_sections; i++)
                n += is_kept(&pe->sections[i], dropped, sections, n_sections);
        if (n > PAWL_PE_SECTIONS_MAX)
                return PAWL_ERR_LIMIT;
        table_end = pe->section_table_off + (uint64_t)n * SECTION_HEADER_SIZE;
        l.headers_size = round_up(table_end > pe->size_of_headers ? table_end : pe->size_of_headers,
                pe->file_alignment);
        if (l.headers_size > lowest_kept_address(pe, dropped, sections, n_sections))
                return PAWL_ERR_NO_SPACE;
        l.next_raw = l.next_address = l.headers_size;
        *ret = l;
        return PAWL_OK;
}

static pawl_err compute_layout(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, layout *ret)
{
        layout l;

        if (pe->layout != PAWL_PE_FILE || !is_alignment(pe->file_alignment) ||
                !is_alignment(pe->section_alignment))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(check_new(sections, n_sections));
        PAWL_TRY(start_layout(pe, dropped, sections, n_sections, &l));
        for (size_t i = 0; i < pe->n_sections; i++)
                if (is_kept(&pe->sections[i], dropped, sections, n_sections))
                        PAWL_TRY(place_kept(pe, &pe->sections[i], &l));
        for (size_t i = 0; i < n_sections; i++)
                PAWL_TRY(place_new(pe, &sections[i], &l));
        if (round_up(l.next_address, pe->section_alignment) > UINT32_MAX)
                return PAWL_ERR_LIMIT;
        *ret = l;
        return PAWL_OK;
}

static pawl_err write_section_header(pawl_writer *w, const char *name, const pawl_pe_section *s)
{
        pawl_span n = pawl_span_str(name);

        PAWL_TRY(pawl_write_bytes(w, n));
        PAWL_TRY(pawl_write_zeros(w, 8 - n.len));
        PAWL_TRY(pawl_write_le32(w, s->virtual_size));
        PAWL_TRY(pawl_write_le32(w, s->virtual_address));
        PAWL_TRY(pawl_write_le32(w, s->raw_size));
        PAWL_TRY(pawl_write_le32(w, s->raw_offset));
        PAWL_TRY(pawl_write_zeros(w, 12));
        return pawl_write_le32(w, s->characteristics);
}

static pawl_err write_section_headers(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, layout l, pawl_writer *w)
{
        for (size_t i = 0; i < pe->n_sections; i++) {
                pawl_pe_section s = pe->sections[i];

                if (!is_kept(&s, dropped, sections, n_sections))
                        continue;
                s.raw_offset = s.raw_size == 0 ? 0 : (uint32_t)l.next_raw;
                s.raw_size = (uint32_t)round_up(s.raw_size, pe->file_alignment);
                PAWL_TRY(place_kept(pe, &pe->sections[i], &l));
                PAWL_TRY(write_section_header(w, s.name, &s));
        }
        for (size_t i = 0; i < n_sections; i++) {
                pawl_pe_section s = { .raw_offset = (uint32_t)l.next_raw,
                        .characteristics = sections[i].characteristics };

                PAWL_TRY(place_new(pe, &sections[i], &l));
                s.virtual_size = (uint32_t)sections[i].content.len + sections[i].n_zeros;
                s.virtual_address = (uint32_t)(l.next_address - s.virtual_size);
                s.raw_size = (uint32_t)l.next_raw - s.raw_offset;
                if (s.raw_size == 0)
                        s.raw_offset = 0;
                PAWL_TRY(write_section_header(w, sections[i].name, &s));
        }
        return PAWL_OK;
}

static pawl_err write_content(pawl_span content, uint32_t align, pawl_writer *w)
{
        PAWL_TRY(pawl_write_bytes(w, content));
        return pawl_write_zeros(w, (size_t)(round_up(content.len, align) - content.len));
}

static pawl_err write_contents(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, pawl_writer *w)
{
        pawl_span content;

        for (size_t i = 0; i < pe->n_sections; i++) {
                const pawl_pe_section *s = &pe->sections[i];

                if (!is_kept(s, dropped, sections, n_sections) || s->raw_size == 0)
                        continue;
                PAWL_TRY(pawl_span_slice(pe->image, s->raw_offset, s->raw_size, &content));
                PAWL_TRY(write_content(content, pe->file_alignment, w));
        }
        for (size_t i = 0; i < n_sections; i++)
                PAWL_TRY(write_content(sections[i].content, pe->file_alignment, w));
        return PAWL_OK;
}

/* Replaces `n` bytes at `off` of what was written. */
static pawl_err patch(pawl_writer *file, size_t off, const uint32_t *words, size_t n)
{
        pawl_writer w;

        if (off > file->len || n * sizeof(*words) > file->len - off)
                return PAWL_ERR_INTERNAL;
        w = pawl_writer_of(file->data + off, file->len - off);
        for (size_t i = 0; i < n; i++)
                PAWL_TRY(pawl_write_le32(&w, words[i]));
        return PAWL_OK;
}

static pawl_err patch_headers(const pawl_pe *pe, const layout *l, pawl_writer *file)
{
        size_t opt = pe->header_off + COFF_HEADER_SIZE;
        const uint32_t none[] = { 0, 0 };
        const uint32_t sums[] = { (uint32_t)l->code_size, (uint32_t)l->data_size };
        /* SizeOfImage, SizeOfHeaders, CheckSum */
        const uint32_t sizes[] = { (uint32_t)round_up(l->next_address, pe->section_alignment),
                (uint32_t)l->headers_size, 0 };
        /* Machine and NumberOfSections share a word */
        const uint32_t first[] = { pe->machine | (uint32_t)l->n_sections << 16 };

        PAWL_TRY(patch(file, pe->header_off, first, 1));
        PAWL_TRY(patch(file, pe->header_off + COFF_SYMBOLS_OFF, none, 2));
        PAWL_TRY(patch(file, opt + OPT_SIZE_OF_CODE_OFF, sums, 2));
        PAWL_TRY(patch(file, opt + OPT_SIZE_OF_IMAGE_OFF, sizes, 3));
        return pe->cert_dir_off == 0 ? PAWL_OK : patch(file, pe->cert_dir_off, none, 2);
}

pawl_err pawl_pe_write_size(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, uint64_t *ret)
{
        layout l;

        PAWL_TRY(compute_layout(pe, dropped, sections, n_sections, &l));
        *ret = l.next_raw;
        return PAWL_OK;
}

pawl_err pawl_pe_write(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, pawl_writer *w)
{
        layout start, l;
        pawl_span head;
        pawl_writer file;

        PAWL_TRY(compute_layout(pe, dropped, sections, n_sections, &l));
        PAWL_TRY(start_layout(pe, dropped, sections, n_sections, &start));
        if (w->cap - w->len < l.next_raw)
                return PAWL_ERR_NO_SPACE;
        file = pawl_writer_of(w->data + w->len, (size_t)l.next_raw);
        PAWL_TRY(pawl_span_slice(pe->image, 0, pe->section_table_off, &head));
        PAWL_TRY(pawl_write_bytes(&file, head));
        PAWL_TRY(write_section_headers(pe, dropped, sections, n_sections, start, &file));
        PAWL_TRY(pawl_write_zeros(&file, (size_t)l.headers_size - file.len));
        PAWL_TRY(write_contents(pe, dropped, sections, n_sections, &file));
        PAWL_TRY(patch_headers(pe, &l, &file));
        w->len += file.len;
        return PAWL_OK;
}

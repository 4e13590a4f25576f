/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/sections.h"

#include <string.h>

pawl_err pawl_sections_insert(
        pawl_sections *s, size_t at, const char *name, pawl_span content, pawl_diag *d)
{
        pawl_sections_row row = { .content = content, .characteristics = PAWL_SECTION_READ_DATA };

        if (name[0] == '\0' || strlen(name) >= sizeof(row.name))
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "section '%s': a section name has 1 to 8 characters", name);
        if (content.len == 0)
                return pawl_fail(d, PAWL_ERR_FORMAT, "section '%s' would be empty", name);
        if (s->n_rows == PAWL_PE_SECTIONS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %d sections", PAWL_PE_SECTIONS_MAX);
        (void)snprintf(row.name, sizeof(row.name), "%s", name);
        if (strcmp(name, ".linux") == 0)
                row.characteristics = PAWL_SECTION_READ_CODE;
        for (size_t i = s->n_rows; i > at; i--)
                s->rows[i] = s->rows[i - 1];
        s->rows[at] = row;
        s->n_rows++;
        return PAWL_OK;
}

pawl_err pawl_sections_add(pawl_sections *s, const char *name, pawl_span content, pawl_diag *d)
{
        return pawl_sections_insert(s, s->n_rows, name, content, d);
}

static pawl_err add_row(pawl_sections *s, const pawl_pe *pe, const pawl_pe_section *section,
        const char *path, pawl_diag *d)
{
        pawl_sections_row *row = &s->rows[s->n_rows];
        pawl_span content;
        size_t n_zeros;

        if (s->n_rows == PAWL_PE_SECTIONS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: too many sections", path);
        PAWL_TRY(pawl_pe_section_content(pe, section, &content, &n_zeros));
        if (section->virtual_size == 0)
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "%s: section %s is empty; build the image anew", path, section->name);
        *row = (pawl_sections_row){ .content = content,
                .n_zeros = (uint32_t)n_zeros,
                .characteristics = section->characteristics };
        pawl_copy(row->name, section->name, sizeof(row->name));
        s->n_rows++;
        return PAWL_OK;
}

pawl_err pawl_sections_add_image(
        pawl_sections *s, const pawl_pe *pe, const char *path, pawl_diag *d)
{
        const pawl_pe_section *twice = pawl_uki_find_duplicate(pe);
        pawl_uki_section known;

        if (twice)
                return pawl_fail(d, PAWL_ERR_DUPLICATE,
                        "%s: section %s stands twice; build the image anew", path, twice->name);
        for (size_t i = 0; i < pe->n_sections; i++)
                if (pawl_uki_section_from_name(pe->sections[i].name, &known) == PAWL_OK &&
                        known != PAWL_UKI_PCRSIG)
                        PAWL_TRY(add_row(s, pe, &pe->sections[i], path, d));
        return PAWL_OK;
}

static bool is_profile_start(const pawl_sections *s, size_t i)
{
        return strcmp(s->rows[i].name, ".profile") == 0;
}

unsigned pawl_sections_count_profiles(const pawl_sections *s)
{
        unsigned n = 0;

        for (size_t i = 0; i < s->n_rows; i++)
                n += is_profile_start(s, i);
        return n == 0 ? 1 : n;
}

void pawl_sections_profile_range(
        const pawl_sections *s, unsigned profile, size_t *ret_from, size_t *ret_to)
{
        size_t from = 0, to;
        unsigned n = 0;

        while (from < s->n_rows && !(is_profile_start(s, from) && n++ == profile))
                from++;
        for (to = from; to < s->n_rows && (to == from || !is_profile_start(s, to)); to++)
                ;
        *ret_from = from;
        *ret_to = to;
}

static pawl_err complain(pawl_err err, const char *path, pawl_diag *d)
{
        if (err == PAWL_ERR_NO_SPACE)
                return pawl_fail(d, err,
                        "%s: no room in the header for more sections; take another stub", path);
        if (err == PAWL_ERR_LIMIT)
                return pawl_fail(
                        d, err, "%s: the image would be larger than the format allows", path);
        return pawl_fail(d, err, "%s: sections cannot be added to this PE file", path);
}

pawl_err pawl_sections_write(const pawl_sections *s, const pawl_pe *base, const char *path,
        pawl_buffer *ret, pawl_diag *d)
{
        const char *dropped[PAWL_UKI_SECTION_MAX_ + 1] = { 0 };
        pawl_pe_new_section rows[PAWL_PE_SECTIONS_MAX];
        pawl_autobuffer pawl_buffer file = { 0 };
        pawl_writer w;
        uint64_t size;
        pawl_err err;

        for (pawl_uki_section u = 0; u < PAWL_UKI_SECTION_MAX_; u++)
                dropped[u] = pawl_uki_section_info_of(u)->name;
        for (size_t i = 0; i < s->n_rows; i++)
                rows[i] = (pawl_pe_new_section){ s->rows[i].name, s->rows[i].content,
                        s->rows[i].characteristics, s->rows[i].n_zeros };
        err = pawl_pe_write_size(base, dropped, rows, s->n_rows, &size);
        if (err != PAWL_OK)
                return complain(err, path, d);
        PAWL_TRY(pawl_buffer_new((size_t)size, &file));
        w = pawl_writer_of(file.data, file.len);
        PAWL_TRY(pawl_pe_write(base, dropped, rows, s->n_rows, &w));
        *ret = file;
        file = (pawl_buffer){ 0 };
        return PAWL_OK;
}

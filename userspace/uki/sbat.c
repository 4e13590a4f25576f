/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/sbat.h"

#include <string.h>

static const char first_line[] =
        "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n";

static bool has_line(pawl_span text, pawl_span line)
{
        pawl_reader r = pawl_reader_of(text);
        pawl_span l;

        while (pawl_read_line(&r, &l) == PAWL_OK)
                if (pawl_span_equal(l, line))
                        return true;
        return false;
}

static pawl_err add_lines(pawl_span text, pawl_writer *w)
{
        pawl_reader r = pawl_reader_of(text);
        pawl_span line;
        bool is_first = true;

        while (pawl_read_line(&r, &line) == PAWL_OK) {
                if (!is_first && line.len > 0 && !has_line(pawl_written(w), line)) {
                        PAWL_TRY(pawl_write_bytes(w, line));
                        PAWL_TRY(pawl_write_u8(w, '\n'));
                }
                is_first = false;
        }
        return PAWL_OK;
}

pawl_err pawl_sbat_merge(
        const pawl_span *texts, size_t n_texts, pawl_buffer *ret, size_t *ret_n_skipped)
{
        pawl_autobuffer pawl_buffer merged = { 0 };
        size_t size = sizeof(first_line), n_skipped = 0;
        pawl_writer w;

        for (size_t i = 0; i < n_texts; i++)
                size += texts[i].len + 1;
        PAWL_TRY(pawl_buffer_new(size, &merged));
        w = pawl_writer_of(merged.data, merged.len);
        PAWL_TRY(pawl_write_str(&w, first_line));
        for (size_t i = 0; i < n_texts; i++) {
                pawl_span t = texts[i];

                while (t.len > 0 && t.data[t.len - 1] == '\0')
                        t.len--;
                if (!pawl_span_has_prefix(t, PAWL_SPAN_LITERAL("sbat,")))
                        n_skipped++;
                else
                        PAWL_TRY(add_lines(t, &w));
        }
        PAWL_TRY(pawl_buffer_dup(pawl_written(&w), ret));
        *ret_n_skipped = n_skipped;
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/sources.h"

#define INITRD_ALIGN 4

pawl_err pawl_sources_file(pawl_sources *s, const char *path, pawl_span *ret, pawl_diag *d)
{
        if (s->n_maps == PAWL_SOURCES_MAX)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "%s: more than %d files", path, PAWL_SOURCES_MAX);
        PAWL_TRY(pawl_map_file(path, PAWL_SOURCE_SIZE_MAX, &s->maps[s->n_maps], d));
        *ret = pawl_map_span(&s->maps[s->n_maps++]);
        return PAWL_OK;
}

pawl_err pawl_sources_text(pawl_sources *s, const char *text_or_file, pawl_span *ret, pawl_diag *d)
{
        if (text_or_file[0] == '@')
                return pawl_sources_file(s, text_or_file + 1, ret, d);
        *ret = pawl_span_str(text_or_file);
        return PAWL_OK;
}

pawl_err pawl_sources_keep(pawl_sources *s, pawl_buffer *b, pawl_span *ret)
{
        if (s->n_buffers == PAWL_SOURCES_MAX) {
                pawl_buffer_done(b);
                return PAWL_ERR_LIMIT;
        }
        s->buffers[s->n_buffers] = *b;
        *ret = pawl_buffer_span(b);
        s->n_buffers++;
        *b = (pawl_buffer){ 0 };
        return PAWL_OK;
}

static size_t padding_of(size_t n)
{
        return (INITRD_ALIGN - n % INITRD_ALIGN) % INITRD_ALIGN;
}

static pawl_err join(const pawl_span *parts, size_t n_parts, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_writer w;
        size_t size = 0;

        for (size_t i = 0; i < n_parts; i++)
                size += parts[i].len + padding_of(parts[i].len);
        PAWL_TRY(pawl_buffer_new(size, &b));
        w = pawl_writer_of(b.data, b.len);
        for (size_t i = 0; i < n_parts; i++) {
                PAWL_TRY(pawl_write_bytes(&w, parts[i]));
                PAWL_TRY(pawl_write_zeros(&w, padding_of(parts[i].len)));
        }
        *ret = b;
        b = (pawl_buffer){ 0 };
        return PAWL_OK;
}

pawl_err pawl_sources_join(
        pawl_sources *s, const char *const *paths, size_t n_paths, pawl_span *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_span parts[PAWL_SOURCES_MAX];
        size_t total = 0;

        for (size_t i = 0; i < n_paths; i++) {
                PAWL_TRY(pawl_sources_file(s, paths[i], &parts[i], d));
                total += parts[i].len;
        }
        if (total > PAWL_SOURCE_SIZE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "the initrds are larger than 2 GiB together");
        if (n_paths == 1) {
                *ret = parts[0];
                return PAWL_OK;
        }
        PAWL_TRY(join(parts, n_paths, &b));
        return pawl_sources_keep(s, &b, ret);
}

void pawl_sources_done(pawl_sources *s)
{
        for (size_t i = 0; i < s->n_maps; i++)
                pawl_map_done(&s->maps[i]);
        for (size_t i = 0; i < s->n_buffers; i++)
                pawl_buffer_done(&s->buffers[i]);
        *s = (pawl_sources){ 0 };
}

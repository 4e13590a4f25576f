/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/uki.h"

/* Splits "KEY=value"; false for any other line and for other keys. */
static bool match_line(pawl_span line, pawl_span key, pawl_span *ret_value)
{
        line = pawl_span_trim(line);
        if (line.len <= key.len || !pawl_span_has_prefix(line, key) || line.data[key.len] != '=')
                return false;
        *ret_value = pawl_span_of(line.data + key.len + 1, line.len - key.len - 1);
        return true;
}

/* Removes shell quoting: '...' is literal, elsewhere a backslash protects the next character. */
static pawl_err unquote(pawl_span v, pawl_writer *w)
{
        uint8_t quote = 0;

        for (size_t i = 0; i < v.len; i++) {
                uint8_t c = v.data[i];

                if (quote == 0 && (c == '"' || c == '\'')) {
                        quote = c;
                        continue;
                }
                if (quote != 0 && c == quote) {
                        quote = 0;
                        continue;
                }
                if (c == '\\' && quote != '\'' && i + 1 < v.len)
                        c = v.data[++i];
                if (c == '\0')
                        return PAWL_ERR_FORMAT;
                PAWL_TRY(pawl_write_u8(w, c));
        }
        return PAWL_OK;
}

pawl_err pawl_osrel_get(pawl_span text, const char *key, char *ret, size_t ret_size)
{
        pawl_reader r = pawl_reader_of(text);
        pawl_span line, candidate, value = PAWL_SPAN_NULL;
        pawl_writer w = pawl_writer_of(ret, ret_size);
        bool is_found = false;

        /* as in a shell, the last assignment wins */
        while (pawl_read_line(&r, &line) == PAWL_OK)
                if (match_line(line, pawl_span_str(key), &candidate)) {
                        value = candidate;
                        is_found = true;
                }
        if (!is_found)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(unquote(value, &w));
        return pawl_write_u8(&w, 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/cmdline.h"

#include <stdio.h>
#include <string.h>

static bool is_space(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Takes the next word off the line, still with its quotes. */
static pawl_err next_word(pawl_reader *line, pawl_span *ret)
{
        size_t start = 0, end;
        bool is_quoted = false;

        while (start < line->left.len && is_space(line->left.data[start]))
                start++;
        for (end = start; end < line->left.len; end++) {
                if (line->left.data[end] == '"')
                        is_quoted = !is_quoted;
                else if (!is_quoted && is_space(line->left.data[end]))
                        break;
        }
        PAWL_TRY(pawl_read_skip(line, start));
        if (end == start)
                return PAWL_ERR_NOT_FOUND;
        return pawl_read_bytes(line, end - start, ret);
}

/* Copies without quotes; writes nothing if it does not fit. */
static pawl_err unquote(pawl_span word, char *ret, size_t size)
{
        size_t n = 0;

        for (size_t i = 0; i < word.len; i++) {
                if (word.data[i] == '\0')
                        return PAWL_ERR_FORMAT;
                n += word.data[i] != '"';
        }
        if (n >= size)
                return PAWL_ERR_NO_SPACE;
        n = 0;
        for (size_t i = 0; i < word.len; i++)
                if (word.data[i] != '"')
                        ret[n++] = (char)word.data[i];
        ret[n] = '\0';
        return PAWL_OK;
}

/* The part behind "KEY=", also of a word that is quoted as a whole ("KEY=a b"). */
static bool value_of(pawl_span word, const char *key, pawl_span *ret)
{
        size_t len = strlen(key);

        if (word.len > 0 && word.data[0] == '"' &&
                pawl_span_slice(word, 1, word.len - 1, &word) != PAWL_OK)
                return false;
        return pawl_span_has_prefix(word, pawl_span_str(key)) && word.len > len &&
               word.data[len] == '=' &&
               pawl_span_slice(word, len + 1, word.len - len - 1, ret) == PAWL_OK;
}

pawl_err pawl_cmdline_get(pawl_span line, const char *key, char *ret, size_t size)
{
        pawl_reader r = pawl_reader_of(line);
        pawl_span word, value, found = PAWL_SPAN_NULL;
        bool is_found = false;

        while (next_word(&r, &word) == PAWL_OK && !pawl_span_equal(word, PAWL_SPAN_LITERAL("--"))) {
                if (!value_of(word, key, &value))
                        continue;
                if (is_found && !pawl_span_equal(value, found))
                        return PAWL_ERR_DUPLICATE;
                found = value;
                is_found = true;
        }
        return is_found ? unquote(found, ret, size) : PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_cmdline_next(pawl_reader *line, const char *key, char *ret, size_t size)
{
        pawl_span word, value;

        while (next_word(line, &word) == PAWL_OK && !pawl_span_equal(word, PAWL_SPAN_LITERAL("--")))
                if (value_of(word, key, &value))
                        return unquote(value, ret, size);
        line->left = PAWL_SPAN_NULL; /* what is behind "--" is not for us */
        return PAWL_ERR_NOT_FOUND;
}

static int nibble(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 16 bytes in the order of the text. */
static void uuid_text(const uint8_t *bytes, char ret[static 37])
{
        static const char digits[] = "0123456789abcdef";
        size_t n = 0;

        for (size_t i = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        ret[n++] = '-';
                ret[n++] = digits[bytes[i] >> 4];
                ret[n++] = digits[bytes[i] & 15];
        }
        ret[n] = '\0';
}

pawl_err pawl_roothash_parse(const char *hex, pawl_roothash *ret)
{
        pawl_roothash h = { .len = strlen(hex) / 2 };

        if (strlen(hex) % 2 != 0 || h.len < 32)
                return PAWL_ERR_FORMAT;
        if (h.len > PAWL_ROOTHASH_MAX)
                return PAWL_ERR_LIMIT;
        for (size_t i = 0; i < h.len; i++) {
                int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

                if (high < 0 || low < 0)
                        return PAWL_ERR_FORMAT;
                h.bytes[i] = (uint8_t)(high * 16 + low);
        }
        uuid_text(h.bytes, h.data_uuid);
        uuid_text(h.bytes + h.len - 16, h.hash_uuid);
        *ret = h;
        return PAWL_OK;
}

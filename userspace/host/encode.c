/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 and hex, without tables: the address of a table look-up would depend on the secret. */
#include "userspace/host/buffer.h"

static uint8_t base64_char(unsigned v)
{
        if (v < 26)
                return (uint8_t)('A' + v);
        if (v < 52)
                return (uint8_t)('a' + v - 26);
        if (v < 62)
                return (uint8_t)('0' + v - 52);
        return v == 62 ? '+' : '/';
}

pawl_err pawl_base64_encode(pawl_span s, pawl_secret *ret)
{
        size_t o = 0;

        if (s.len > SIZE_MAX / 4)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_secret_new((s.len + 2) / 3 * 4, ret));
        for (size_t i = 0; i < s.len; i += 3) {
                size_t n = s.len - i < 3 ? s.len - i : 3;
                unsigned v = (unsigned)s.data[i] << 16;

                v |= n > 1 ? (unsigned)s.data[i + 1] << 8 : 0;
                v |= n > 2 ? (unsigned)s.data[i + 2] : 0;
                ret->data[o++] = base64_char(v >> 18);
                ret->data[o++] = base64_char(v >> 12 & 63);
                ret->data[o++] = n > 1 ? base64_char(v >> 6 & 63) : '=';
                ret->data[o++] = n > 2 ? base64_char(v & 63) : '=';
        }
        return PAWL_OK;
}

static int base64_value(uint8_t c)
{
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        if (c == '+')
                return 62;
        return c == '/' ? 63 : -1;
}

/* The last one or two bytes. FORMAT unless the padding is right and no stray bits stand under it.
 */
static pawl_err base64_tail(uint32_t acc, size_t n_chars, size_t n_pad, uint8_t *out, size_t *o)
{
        size_t n = n_chars % 4;

        if (n == 1 || n_pad != (4 - n) % 4)
                return PAWL_ERR_FORMAT;
        if ((n == 2 && (acc & 0xf) != 0) || (n == 3 && (acc & 0x3) != 0))
                return PAWL_ERR_FORMAT;
        if (n == 2)
                out[(*o)++] = (uint8_t)(acc >> 4);
        if (n == 3) {
                out[(*o)++] = (uint8_t)(acc >> 10);
                out[(*o)++] = (uint8_t)(acc >> 2);
        }
        return PAWL_OK;
}

pawl_err pawl_base64_decode(pawl_span text, pawl_secret *ret)
{
        pawl_autosecret pawl_secret out = { 0 };
        size_t o = 0, n_chars = 0, n_pad = 0;
        uint32_t acc = 0;

        PAWL_TRY(pawl_secret_new(text.len / 4 * 3 + 3, &out));
        for (size_t i = 0; i < text.len; i++) {
                int v;

                if (text.data[i] == '\n')
                        continue;
                if (text.data[i] == '=') {
                        n_pad++;
                        continue;
                }
                v = base64_value(text.data[i]);
                if (v < 0 || n_pad > 0)
                        return PAWL_ERR_FORMAT;
                acc = acc << 6 | (uint32_t)v;
                if (++n_chars % 4 == 0)
                        for (int shift = 16; shift >= 0; shift -= 8)
                                out.data[o++] = (uint8_t)(acc >> shift);
        }
        PAWL_TRY(base64_tail(acc, n_chars, n_pad, out.data, &o));
        pawl_wipe(&acc, sizeof(acc));
        out.data[o] = 0;
        out.len = o;
        *ret = out;
        out = (pawl_secret){ 0 };
        return PAWL_OK;
}

pawl_err pawl_hex_encode(pawl_span s, char **ret)
{
        static const char digits[] = "0123456789abcdef";
        char *text = calloc(2, s.len + 1);

        if (!text)
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < s.len; i++) {
                text[2 * i] = digits[s.data[i] >> 4];
                text[2 * i + 1] = digits[s.data[i] & 15];
        }
        *ret = text;
        return PAWL_OK;
}

static int hex_value(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

pawl_err pawl_hex_decode(pawl_span text, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer out = { 0 };

        if (text.len % 2 != 0)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_buffer_new(text.len / 2, &out));
        for (size_t i = 0; i < out.len; i++) {
                int hi = hex_value(text.data[2 * i]), lo = hex_value(text.data[2 * i + 1]);

                if (hi < 0 || lo < 0)
                        return PAWL_ERR_FORMAT;
                out.data[i] = (uint8_t)(hi << 4 | lo);
        }
        *ret = out;
        out = (pawl_buffer){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/text.h"

/* One character of UTF-8 (RFC 3629); '?' and one byte for what is not. */
static uint32_t take_utf8(pawl_span *s)
{
        uint8_t b = s->data[0];
        size_t n = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? b : b & (0x7fu >> n);
        bool ok = n <= s->len && (b < 0x80 || (b >= 0xc2 && b < 0xf5));

        for (size_t i = 1; ok && i < n; i++) {
                ok = (s->data[i] & 0xc0) == 0x80;
                c = c << 6 | (s->data[i] & 0x3fu);
        }
        if (n == 3)
                ok = ok && c >= 0x800 && (c < 0xd800 || c > 0xdfff);
        if (n == 4)
                ok = ok && c >= 0x10000 && c <= 0x10ffff;
        n = ok ? n : 1;
        *s = pawl_span_of(s->data + n, s->len - n);
        return ok ? c : '?';
}

pawl_err pawl_utf16_write(pawl_writer *w, pawl_span utf8)
{
        pawl_writer copy = *w;

        while (utf8.len > 0) {
                uint32_t c = take_utf8(&utf8);

                if (c >= 0x10000) {
                        c -= 0x10000;
                        PAWL_TRY(pawl_write_le16(&copy, (uint16_t)(0xd800 | c >> 10)));
                        c = 0xdc00 | (c & 0x3ff);
                }
                PAWL_TRY(pawl_write_le16(&copy, (uint16_t)c));
        }
        *w = copy;
        return PAWL_OK;
}

pawl_err pawl_utf16_from_ascii(const char *s, uint16_t *ret, size_t cap)
{
        size_t n = 0;

        while (s[n] != '\0' && n < cap)
                n++;
        if (n >= cap)
                return PAWL_ERR_NO_SPACE;
        for (size_t i = 0; i <= n; i++)
                ret[i] = (uint8_t)s[i];
        return PAWL_OK;
}

pawl_err pawl_ascii_from_utf16(const uint16_t *s, size_t max, char *ret, size_t cap)
{
        size_t n = 0;

        while (n < max && s[n] != 0)
                n++;
        if (n >= cap)
                return PAWL_ERR_NO_SPACE;
        for (size_t i = 0; i < n; i++)
                ret[i] = s[i] >= ' ' && s[i] < 0x7f ? (char)s[i] : '?';
        ret[n] = '\0';
        return PAWL_OK;
}

pawl_err pawl_write_decimal(pawl_writer *w, uint64_t v)
{
        uint8_t digits[20];
        size_t n = sizeof(digits);

        do {
                digits[--n] = (uint8_t)('0' + v % 10);
                v /= 10;
        } while (v > 0);
        return pawl_write_bytes(w, pawl_span_of(digits + n, sizeof(digits) - n));
}

pawl_err pawl_write_hex(pawl_writer *w, uint64_t v, unsigned digits)
{
        static const char hex[] = "0123456789abcdef";
        uint8_t text[16];
        size_t n = sizeof(text);

        while (v > 0 || (sizeof(text) - n < digits && n > 0)) {
                text[--n] = (uint8_t)hex[v & 15];
                v >>= 4;
        }
        return pawl_write_bytes(w, pawl_span_of(text + n, sizeof(text) - n));
}

pawl_err pawl_write_guid(pawl_writer *w, const uint8_t guid[static 16])
{
        /* UEFI Specification 2.10, appendix A: the first three fields are little-endian */
        static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
        pawl_writer copy = *w;

        for (size_t i = 0; i < sizeof(order); i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        PAWL_TRY(pawl_write_u8(&copy, '-'));
                PAWL_TRY(pawl_write_hex(&copy, guid[order[i]], 2));
        }
        *w = copy;
        return PAWL_OK;
}

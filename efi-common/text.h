/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the text of firmware (UTF-16) and ours (UTF-8 and ASCII). */
#ifndef PAWL_EFI_COMMON_TEXT_H
#define PAWL_EFI_COMMON_TEXT_H

#include "core/span.h"

/* Writes UTF-8 as UTF-16LE, without NUL; a byte that is not UTF-8 becomes '?'. Needs at most
 * 2 * utf8.len bytes. */
PAWL_MUST_CHECK pawl_err pawl_utf16_write(pawl_writer *w, pawl_span utf8);
/* The ASCII text `s` as UTF-16 with NUL, at most `cap` units. NO_SPACE. */
PAWL_MUST_CHECK pawl_err pawl_utf16_from_ascii(const char *s, uint16_t *ret, size_t cap);
/* UTF-16 up to a NUL or `max` units, as ASCII with NUL; every other character becomes '?'.
 * NO_SPACE. */
PAWL_MUST_CHECK pawl_err pawl_ascii_from_utf16(
        const uint16_t *s, size_t max, char *ret, size_t cap);
/* Decimal and hexadecimal (at least `digits`, lower case), without NUL. */
PAWL_MUST_CHECK pawl_err pawl_write_decimal(pawl_writer *w, uint64_t v);
PAWL_MUST_CHECK pawl_err pawl_write_hex(pawl_writer *w, uint64_t v, unsigned digits);
/* An EFI_GUID's 16 bytes as lower-case text, without NUL (36 characters). */
PAWL_MUST_CHECK pawl_err pawl_write_guid(pawl_writer *w, const uint8_t guid[static 16]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI's text on its way to people. */
#ifndef PAWL_HOST_UTF16_H
#define PAWL_HOST_UTF16_H

#include "core/span.h"

/* Writes UTF-16LE as NUL-terminated UTF-8 into `size` bytes (at least 1), up to the first NUL, an
 * odd byte at the end or a full buffer. Lone surrogates become '?'. Returns the length of the text.
 */
size_t pawl_utf16_to_utf8(pawl_span utf16, char *ret, size_t size);

/* Whether the bytes look like UTF-16LE text: even length, and no character that is a control other
 * than a NUL at the end, tab or line feed; most of them in the Latin range. For data that does not
 * say what it is. */
bool pawl_looks_like_utf16(pawl_span s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI's text, character by character. UTF-16LE as UEFI 2.10, 1.8.1 has it; UTF-8 as RFC 3629. */
#ifndef PAWL_CORE_UTF16_H
#define PAWL_CORE_UTF16_H

#include "core/span.h"

/* The next character of UTF-16LE; a lone surrogate is '?'. NOT_FOUND at a NUL, at the end and at an
 * odd byte, which all end a text; only a character moves `r`. */
PAWL_MUST_CHECK pawl_err pawl_utf16_next(pawl_reader *r, uint32_t *ret);
/* Appends one character (up to U+10FFFF) as UTF-8: all of it or, with NO_SPACE, nothing. */
PAWL_MUST_CHECK pawl_err pawl_utf8_write(pawl_writer *w, uint32_t c);

#endif

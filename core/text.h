/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for people, made where nothing can be allocated: it is cut where the caller's buffer ends,
 * never inside a character, and a call that did not fit ends it (later ones add nothing). */
#ifndef PAWL_CORE_TEXT_H
#define PAWL_CORE_TEXT_H

#include "core/span.h"

typedef struct pawl_text {
        pawl_writer w; /* one byte less than the buffer: the NUL's */
        bool is_cut;
} pawl_text;

/* `size` is at least 1. */
pawl_text pawl_text_of(char *buf, size_t size);
/* Writes the NUL. NO_SPACE if something did not fit. */
PAWL_MUST_CHECK pawl_err pawl_text_end(pawl_text *t);

/* Text of our own, printable ASCII. */
void pawl_text_put(pawl_text *t, const char *s);
void pawl_text_decimal(pawl_text *t, uint64_t n);
/* "0x1f" */
void pawl_text_hex(pawl_text *t, uint64_t n);
/* Two digits a byte. */
void pawl_text_bytes(pawl_text *t, pawl_span s);

/* Foreign text. What a terminal could act on, or what would change the order of characters, becomes
 * "%0a" for each byte of its UTF-8; so does '%', for the text to stay without doubt. UTF-16LE up to
 * its NUL; ASCII up to its NUL, where bytes from 0x80 are such, too. */
void pawl_text_utf16(pawl_text *t, pawl_span s);
void pawl_text_ascii(pawl_text *t, pawl_span s);
/* The same for a URI, in which '%' has that meaning already. */
void pawl_text_uri(pawl_text *t, pawl_span s);

#endif

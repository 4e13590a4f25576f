/* SPDX-License-Identifier: BSD-2-Clause */
/* Words about foreign bytes, in a buffer of whoever makes them. What does not fit is cut. */
#ifndef PAWL_LOG_WORDS_H
#define PAWL_LOG_WORDS_H

#include "core/span.h"

typedef struct pawl_words {
        char *p;
        size_t size, len; /* `len` without the NUL that always stands there */
} pawl_words;

/* An empty text; `size` is at least 1. */
pawl_words pawl_words_of(char *buf, size_t size);
/* Takes back what was said since `w` had the length `len`. */
void pawl_words_cut(pawl_words *w, size_t len);
void pawl_words_put(pawl_words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text up to its NUL; tabs and line ends become blanks, at the end nothing. */
void pawl_words_ascii(pawl_words *w, pawl_span s);
void pawl_words_utf16(pawl_words *w, pawl_span s);
/* As text where it is text of one of the two kinds; else its length and its first bytes in hex. */
void pawl_words_data(pawl_words *w, pawl_span s);
void pawl_words_guid(pawl_words *w, pawl_span guid);
/* "3 hashes", "1 hash" */
void pawl_words_count(pawl_words *w, uint64_t n, const char *one, const char *many);
/* Nothing that a terminal acts on, and no half character at the end of a text that was cut. */
void pawl_words_finish(pawl_words *w);

/* Whether all of it is text: printable ASCII and line ends, NULs only at the end. */
bool pawl_looks_like_ascii(pawl_span s);

#endif

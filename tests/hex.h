/* SPDX-License-Identifier: BSD-2-Clause */
/* Hex text in tests: expected bytes stand as people and other tools write them. */
#ifndef PAWL_TESTS_HEX_H
#define PAWL_TESTS_HEX_H

#include "core/span.h"

/* Decodes lower-case hex; returns the number of bytes. Ends the test program on anything else. */
size_t hex_decode(const char *text, uint8_t *ret, size_t size);
/* Fails the running cmocka test if `bytes` are not what `hex` says. */
void assert_hex(pawl_span bytes, const char *hex);
/* A heap copy of exactly `s.len` bytes, so that ASan sees a read behind the end. Freed by free().
 */
uint8_t *exact_copy(pawl_span s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* As much CBOR (RFC 8949) as CTAP2 needs: definite lengths, small integers, one level of looking
 * up. For a token that tests talk to; nothing of it is in what is installed. */
#ifndef PAWL_TESTS_FIDO2_CBOR_H
#define PAWL_TESTS_FIDO2_CBOR_H

#include "core/span.h"

/* Each writes one item or the head of one; failures stick in `w` by making it too small. */
void cbor_int(pawl_writer *w, int64_t v);
void cbor_bytes(pawl_writer *w, pawl_span s);
void cbor_text(pawl_writer *w, const char *s);
void cbor_array(pawl_writer *w, size_t n);
void cbor_map(pawl_writer *w, size_t n);
void cbor_bool(pawl_writer *w, bool v);

/* Readers are at the item. False for another type, or behind the end. */
bool cbor_get_int(pawl_reader r, int64_t *ret);
bool cbor_get_bytes(pawl_reader r, pawl_span *ret);
bool cbor_get_text(pawl_reader r, pawl_span *ret);
bool cbor_get_bool(pawl_reader r, bool *ret);
/* The value of a key in a map, by number or by text. */
bool cbor_find(pawl_reader map, int64_t key, pawl_reader *ret);
bool cbor_find_text(pawl_reader map, const char *key, pawl_reader *ret);
/* The n-th item of an array. */
bool cbor_at(pawl_reader array, size_t n, pawl_reader *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON that somebody else wrote, read strictly: one document, nothing behind it, valid UTF-8, a
 * limited depth. And fields of an object, of one type each, that name themselves when they are
 * wrong. */
#ifndef PAWL_HOST_JSON_H
#define PAWL_HOST_JSON_H

#include "core/span.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"
#include "userspace/host/output.h"

#define PAWL_JSON_DEPTH_MAX 16

/* FORMAT for anything that is not one JSON document. Free with pawl_autojson. */
PAWL_MUST_CHECK pawl_err pawl_json_parse(pawl_span text, json_object **ret, pawl_diag *d);

/* Each finds the field `key` of the object `o`. `ret_found` (NULL: the field is required, MISSING)
 * says whether it is there; nothing else is written where it is not. FORMAT for another type,
 * LIMIT over a limit; both name the field. Results are borrowed from `o` unless they are buffers.
 */
PAWL_MUST_CHECK pawl_err pawl_json_field(json_object *o, const char *key, json_type type,
        bool *ret_found, json_object **ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_json_bool(
        json_object *o, const char *key, bool *ret_found, bool *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_json_u64(json_object *o, const char *key, uint64_t max,
        bool *ret_found, uint64_t *ret, pawl_diag *d);
/* Text without NUL bytes, at most `max` bytes. */
PAWL_MUST_CHECK pawl_err pawl_json_text(json_object *o, const char *key, size_t max,
        bool *ret_found, const char **ret, pawl_diag *d);
/* Base64 of 1 to `max` bytes. */
PAWL_MUST_CHECK pawl_err pawl_json_base64(json_object *o, const char *key, size_t max,
        bool *ret_found, pawl_buffer *ret, pawl_diag *d);
/* An array of different numbers below `limit` (at most 32), as a mask. */
PAWL_MUST_CHECK pawl_err pawl_json_mask(json_object *o, const char *key, unsigned limit,
        bool *ret_found, uint32_t *ret, pawl_diag *d);

/* Add a field; NO_MEMORY. `v` is taken over also on failure. */
PAWL_MUST_CHECK pawl_err pawl_json_add(json_object *o, const char *key, json_object *v);
PAWL_MUST_CHECK pawl_err pawl_json_add_text(json_object *o, const char *key, const char *v);
PAWL_MUST_CHECK pawl_err pawl_json_add_base64(json_object *o, const char *key, pawl_span v);
PAWL_MUST_CHECK pawl_err pawl_json_add_mask(json_object *o, const char *key, uint32_t mask);

#endif

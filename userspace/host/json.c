/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/json.h"

#include <limits.h>
#include <string.h>

static void tokener_free_p(json_tokener **t)
{
        if (*t)
                json_tokener_free(*t);
}

pawl_err pawl_json_parse(pawl_span text, json_object **ret, pawl_diag *d)
{
        pawl_cleanup(tokener_free_p) json_tokener *t = json_tokener_new_ex(PAWL_JSON_DEPTH_MAX);
        pawl_autojson json_object *o = NULL;
        enum json_tokener_error e;

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        if (text.len == 0 || text.len > INT_MAX)
                return pawl_fail(d, PAWL_ERR_FORMAT, "no JSON: %zu bytes", text.len);
        json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        o = json_tokener_parse_ex(t, (const char *)text.data, (int)text.len);
        e = json_tokener_get_error(t);
        if (e == json_tokener_continue)
                return pawl_fail(d, PAWL_ERR_TRUNCATED, "no JSON: it ends too early");
        if (e != json_tokener_success)
                return pawl_fail(d, PAWL_ERR_FORMAT, "no JSON: %s at byte %zu",
                        json_tokener_error_desc(e), json_tokener_get_parse_end(t));
        for (size_t i = json_tokener_get_parse_end(t); i < text.len; i++)
                if (!strchr(" \t\r\n", text.data[i]) || text.data[i] == 0)
                        return pawl_fail(d, PAWL_ERR_TRAILING, "no JSON: more text at byte %zu", i);
        if (!o)
                return pawl_fail(d, PAWL_ERR_FORMAT, "no JSON: it is null");
        *ret = pawl_take(&o);
        return PAWL_OK;
}

pawl_err pawl_json_field(json_object *o, const char *key, json_type type, bool *ret_found,
        json_object **ret, pawl_diag *d)
{
        json_object *v = NULL;
        bool found = json_object_object_get_ex(o, key, &v);

        if (!found && !ret_found)
                return pawl_fail(d, PAWL_ERR_MISSING, "field \"%s\": it is missing", key);
        if (found && json_object_get_type(v) != type)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"%s\": %s where %s is expected", key,
                        json_type_to_name(json_object_get_type(v)), json_type_to_name(type));
        if (found)
                *ret = v;
        if (ret_found)
                *ret_found = found;
        return PAWL_OK;
}

pawl_err pawl_json_bool(json_object *o, const char *key, bool *ret_found, bool *ret, pawl_diag *d)
{
        json_object *v = NULL;

        PAWL_TRY(pawl_json_field(o, key, json_type_boolean, ret_found, &v, d));
        if (v)
                *ret = json_object_get_boolean(v);
        return PAWL_OK;
}

pawl_err pawl_json_u64(
        json_object *o, const char *key, uint64_t max, bool *ret_found, uint64_t *ret, pawl_diag *d)
{
        json_object *v = NULL;

        PAWL_TRY(pawl_json_field(o, key, json_type_int, ret_found, &v, d));
        if (!v)
                return PAWL_OK;
        if (json_object_get_int64(v) < 0 || json_object_get_uint64(v) > max)
                return pawl_fail(d, PAWL_ERR_LIMIT, "field \"%s\": not a number from 0 to %llu",
                        key, (unsigned long long)max);
        *ret = json_object_get_uint64(v);
        return PAWL_OK;
}

pawl_err pawl_json_text(json_object *o, const char *key, size_t max, bool *ret_found,
        const char **ret, pawl_diag *d)
{
        json_object *v = NULL;
        size_t len;

        PAWL_TRY(pawl_json_field(o, key, json_type_string, ret_found, &v, d));
        if (!v)
                return PAWL_OK;
        len = (size_t)json_object_get_string_len(v);
        if (len > max)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "field \"%s\": longer than %zu bytes", key, max);
        if (strlen(json_object_get_string(v)) != len)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"%s\": a NUL byte in it", key);
        *ret = json_object_get_string(v);
        return PAWL_OK;
}

pawl_err pawl_json_base64(json_object *o, const char *key, size_t max, bool *ret_found,
        pawl_buffer *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret bytes = { 0 };
        const char *text = NULL;
        pawl_err err;

        PAWL_TRY(pawl_json_text(o, key, max / 3 * 4 + 8, ret_found, &text, d));
        if (!text)
                return PAWL_OK;
        err = pawl_base64_decode(pawl_span_str(text), &bytes);
        if (err != PAWL_OK || bytes.len == 0)
                return pawl_fail(d, err ? err : PAWL_ERR_FORMAT, "field \"%s\": not base64", key);
        if (bytes.len > max)
                return pawl_fail(d, PAWL_ERR_LIMIT, "field \"%s\": more than %zu bytes", key, max);
        return pawl_buffer_dup(pawl_secret_span(&bytes), ret);
}

pawl_err pawl_json_mask(json_object *o, const char *key, unsigned limit, bool *ret_found,
        uint32_t *ret, pawl_diag *d)
{
        json_object *v = NULL;
        uint32_t mask = 0;

        PAWL_TRY(pawl_json_field(o, key, json_type_array, ret_found, &v, d));
        if (!v)
                return PAWL_OK;
        for (size_t i = 0; i < json_object_array_length(v); i++) {
                json_object *n = json_object_array_get_idx(v, i);
                int64_t bit = json_object_get_int64(n);

                if (!json_object_is_type(n, json_type_int) || bit < 0 || bit >= limit)
                        return pawl_fail(d, PAWL_ERR_FORMAT,
                                "field \"%s\": an element is no number below %u", key, limit);
                if (mask >> bit & 1)
                        return pawl_fail(d, PAWL_ERR_DUPLICATE, "field \"%s\": %d stands twice",
                                key, (int)bit);
                mask |= (uint32_t)1 << bit;
        }
        *ret = mask;
        return PAWL_OK;
}

pawl_err pawl_json_add(json_object *o, const char *key, json_object *v)
{
        if (v && json_object_object_add(o, key, v) == 0)
                return PAWL_OK;
        (void)json_object_put(v);
        return PAWL_ERR_NO_MEMORY;
}

pawl_err pawl_json_add_text(json_object *o, const char *key, const char *v)
{
        return pawl_json_add(o, key, json_object_new_string(v));
}

pawl_err pawl_json_add_base64(json_object *o, const char *key, pawl_span v)
{
        pawl_autosecret pawl_secret text = { 0 };

        PAWL_TRY(pawl_base64_encode(v, &text));
        return pawl_json_add_text(o, key, (const char *)text.data);
}

pawl_err pawl_json_add_mask(json_object *o, const char *key, uint32_t mask)
{
        pawl_autojson json_object *a = json_object_new_array();

        for (int i = 0; a && i < 32; i++) {
                json_object *n = mask >> i & 1 ? json_object_new_int(i) : NULL;

                if (n && json_object_array_add(a, n) != 0) {
                        (void)json_object_put(n);
                        return PAWL_ERR_NO_MEMORY;
                }
                if ((mask >> i & 1) && !n)
                        return PAWL_ERR_NO_MEMORY;
        }
        return pawl_json_add(o, key, pawl_take(&a));
}

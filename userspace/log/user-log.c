/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/user-log.h"

#include <string.h>

#include "core/pcr.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"

#define RECORD_SEPARATOR 0x1e
#define JSON_DEPTH_MAX   8

static void event_done(pawl_user_event *ev)
{
        free(ev->type);
        free(ev->string);
}

void pawl_user_log_done(pawl_user_log *l)
{
        for (size_t i = 0; i < l->n_events; i++)
                event_done(&l->events[i]);
        free(l->events);
        *l = (pawl_user_log){ 0 };
}

static void tokener_free_p(json_tokener **t)
{
        if (*t)
                json_tokener_free(*t);
}

static pawl_err parse_json(pawl_span text, json_object **ret)
{
        pawl_cleanup(tokener_free_p) json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
        pawl_autojson json_object *o = NULL;

        if (!t)
                return PAWL_ERR_NO_MEMORY;
        json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        o = json_tokener_parse_ex(t, (const char *)text.data, (int)text.len);
        if (json_tokener_get_error(t) != json_tokener_success ||
                json_tokener_get_parse_end(t) != text.len ||
                !json_object_is_type(o, json_type_object))
                return PAWL_ERR_FORMAT;
        *ret = pawl_take(&o);
        return PAWL_OK;
}

/* An integer from 0 to `max`; NOT_FOUND without the key. */
static pawl_err get_number(json_object *o, const char *key, int64_t max, uint32_t *ret)
{
        json_object *v;
        int64_t n;

        if (!json_object_object_get_ex(o, key, &v))
                return PAWL_ERR_NOT_FOUND;
        if (!json_object_is_type(v, json_type_int))
                return PAWL_ERR_FORMAT;
        n = json_object_get_int64(v);
        if (n < 0 || n > max)
                return PAWL_ERR_FORMAT;
        *ret = (uint32_t)n;
        return PAWL_OK;
}

/* A new string; "" without the key. A NUL inside is no text that was ever measured. */
static pawl_err get_string(json_object *o, const char *key, char **ret)
{
        json_object *v = NULL;
        const char *text = "";

        if (json_object_object_get_ex(o, key, &v)) {
                if (!json_object_is_type(v, json_type_string))
                        return PAWL_ERR_FORMAT;
                text = json_object_get_string(v);
                if (strlen(text) != (size_t)json_object_get_string_len(v))
                        return PAWL_ERR_FORMAT;
        }
        *ret = strdup(text);
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static pawl_err get_digest(json_object *o, pawl_user_event *ev)
{
        pawl_autofree char *name = NULL, *hex = NULL;
        pawl_autobuffer pawl_buffer bytes = { 0 };
        pawl_alg alg;

        if (!json_object_is_type(o, json_type_object))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(get_string(o, "hashAlg", &name));
        PAWL_TRY(get_string(o, "digest", &hex));
        if (pawl_alg_from_name(pawl_span_str(name), &alg) != PAWL_OK)
                return PAWL_OK; /* an algorithm that we do not know */
        if ((ev->banks >> alg & 1) != 0)
                return PAWL_ERR_DUPLICATE;
        PAWL_TRY(pawl_hex_decode(pawl_span_str(hex), &bytes));
        if (bytes.len != pawl_alg_info_of(alg)->size)
                return PAWL_ERR_FORMAT;
        ev->banks |= 1u << alg;
        ev->digests[alg].alg = alg;
        pawl_copy(ev->digests[alg].bytes, bytes.data, bytes.len);
        return PAWL_OK;
}

static pawl_err get_digests(json_object *o, pawl_user_event *ev)
{
        json_object *array;

        if (!json_object_object_get_ex(o, "digests", &array) ||
                !json_object_is_type(array, json_type_array))
                return PAWL_ERR_FORMAT;
        for (size_t i = 0; i < json_object_array_length(array); i++)
                PAWL_TRY(get_digest(json_object_array_get_idx(array, i), ev));
        return PAWL_OK;
}

static pawl_err get_target(json_object *o, pawl_user_event *ev)
{
        pawl_err err = get_number(o, "pcr", PAWL_PCR_COUNT - 1, &ev->pcr);

        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        ev->is_nv = true;
        err = get_number(o, "nv_index", UINT32_MAX, &ev->pcr);
        return err == PAWL_ERR_NOT_FOUND ? PAWL_ERR_FORMAT : err;
}

/* `ev` may hold strings also on failure; the caller frees them. */
static pawl_err parse_record(pawl_span text, pawl_user_event *ev)
{
        pawl_autojson json_object *o = NULL, *none = json_object_new_object();
        json_object *content;

        if (!none)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(parse_json(text, &o));
        PAWL_TRY(get_target(o, ev));
        PAWL_TRY(get_digests(o, ev));
        if (!json_object_object_get_ex(o, "content", &content))
                content = none;
        if (!json_object_is_type(content, json_type_object))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(get_string(content, "eventType", &ev->type));
        return get_string(content, "string", &ev->string);
}

/* Doubles, so that a log of many records is not copied once for each. */
static pawl_err make_room(pawl_user_log *l)
{
        pawl_user_event *more;
        size_t n = l->n_events;

        if (n >= PAWL_USER_LOG_EVENTS_MAX)
                return PAWL_ERR_LIMIT;
        if ((n & (n - 1)) != 0) /* there is room up to the next power of two */
                return PAWL_OK;
        more = realloc(l->events, (n == 0 ? 1 : 2 * n) * sizeof(*more));
        if (!more)
                return PAWL_ERR_NO_MEMORY;
        l->events = more;
        return PAWL_OK;
}

static pawl_err append_record(pawl_user_log *l, pawl_span text, size_t off, pawl_diag *d)
{
        pawl_user_event ev = { .off = off };
        pawl_err err = make_room(l);

        if (err == PAWL_OK)
                err = parse_record(text, &ev);
        if (err != PAWL_OK) {
                event_done(&ev);
                return pawl_fail(d, err, "the record at byte %zu: %s", off, pawl_err_text(err));
        }
        l->events[l->n_events++] = ev;
        return PAWL_OK;
}

/* The bytes from one record separator to before the next. */
static pawl_span next_record(pawl_reader *r)
{
        size_t n = 1;
        pawl_span s = PAWL_SPAN_NULL;

        while (n < r->left.len && r->left.data[n] != RECORD_SEPARATOR)
                n++;
        (void)!pawl_read_bytes(r, n, &s); /* cannot fail: n is not over what is left */
        return s;
}

static pawl_err parse_next(pawl_reader *r, pawl_user_log *l, pawl_diag *d)
{
        const size_t off = r->off;
        pawl_span s = next_record(r);

        if (s.data[0] != RECORD_SEPARATOR)
                return pawl_fail(d, PAWL_ERR_FORMAT, "byte %zu: no record starts here", off);
        if (s.len > PAWL_USER_RECORD_MAX)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "the record at byte %zu is longer than allowed", off);
        if (s.data[s.len - 1] != '\n') {
                l->n_torn++;
                l->torn_off = off;
                return PAWL_OK;
        }
        return append_record(l, pawl_span_of(s.data + 1, s.len - 2), off, d);
}

pawl_err pawl_user_log_parse(pawl_span bytes, pawl_user_log *ret, pawl_diag *d)
{
        pawl_autouserlog pawl_user_log l = { 0 };
        pawl_reader r = pawl_reader_of(bytes);

        if (bytes.len > PAWL_USER_LOG_SIZE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "the log is larger than allowed");
        while (r.left.len > 0)
                PAWL_TRY(parse_next(&r, &l, d));
        *ret = l;
        l = (pawl_user_log){ 0 };
        return PAWL_OK;
}

pawl_err pawl_user_log_read(const char *path, pawl_user_log *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };

        PAWL_TRY(pawl_file_read(path, PAWL_USER_LOG_SIZE_MAX, &b, d));
        return pawl_fail_prefix(d, pawl_user_log_parse(pawl_buffer_span(&b), ret, d), "%s", path);
}

bool pawl_user_log_has(const pawl_user_log *l, const char *type, const char *string)
{
        for (size_t i = 0; i < l->n_events; i++)
                if (!l->events[i].is_nv && strcmp(l->events[i].type, type) == 0 &&
                        strcmp(l->events[i].string, string) == 0)
                        return true;
        return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/user-log.h"

#include <string.h>

#include "core/pcr.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"

#define RECORD_SEPARATOR 0x1e
#define ALG_NAME_MAX     32
#define HEX_MAX          1024 /* of digests of algorithms that we do not know */

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

static pawl_err get_digest(json_object *o, pawl_user_event *ev, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer bytes = { 0 };
        const char *name, *hex;
        pawl_alg alg;

        if (!json_object_is_type(o, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "digests: not objects");
        PAWL_TRY(pawl_json_text(o, "hashAlg", ALG_NAME_MAX, NULL, &name, d));
        PAWL_TRY(pawl_json_text(o, "digest", HEX_MAX, NULL, &hex, d));
        if (pawl_alg_from_name(pawl_span_str(name), &alg) != PAWL_OK)
                return PAWL_OK; /* an algorithm that we do not know */
        if ((ev->banks >> alg & 1) != 0)
                return pawl_fail(d, PAWL_ERR_DUPLICATE, "digests: two of one algorithm");
        if (pawl_hex_decode(pawl_span_str(hex), &bytes) != PAWL_OK ||
                bytes.len != pawl_alg_info_of(alg)->size)
                return pawl_fail(d, PAWL_ERR_FORMAT, "digest: not hex of the right length");
        ev->banks |= 1u << alg;
        ev->digests[alg].alg = alg;
        pawl_copy(ev->digests[alg].bytes, bytes.data, bytes.len);
        return PAWL_OK;
}

static pawl_err get_digests(json_object *o, pawl_user_event *ev, pawl_diag *d)
{
        json_object *array;

        PAWL_TRY(pawl_json_field(o, "digests", json_type_array, NULL, &array, d));
        for (size_t i = 0; i < json_object_array_length(array); i++)
                PAWL_TRY(get_digest(json_object_array_get_idx(array, i), ev, d));
        return PAWL_OK;
}

/* "pcr", or "nv_index" where it is no PCR. */
static pawl_err get_target(json_object *o, pawl_user_event *ev, pawl_diag *d)
{
        uint64_t n = 0;
        bool is_pcr = false;

        PAWL_TRY(pawl_json_u64(o, "pcr", PAWL_PCR_COUNT - 1, &is_pcr, &n, d));
        if (!is_pcr)
                PAWL_TRY(pawl_json_u64(o, "nv_index", UINT32_MAX, NULL, &n, d));
        ev->is_nv = !is_pcr;
        ev->pcr = (uint32_t)n;
        return PAWL_OK;
}

/* A new string; "" without the key. */
static pawl_err get_string(json_object *o, const char *key, char **ret, pawl_diag *d)
{
        const char *text = "";
        bool found;

        PAWL_TRY(pawl_json_text(o, key, PAWL_USER_RECORD_MAX, &found, &text, d));
        *ret = strdup(text);
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

/* `ev` may hold strings also on failure; the caller frees them. */
static pawl_err parse_record(pawl_span text, pawl_user_event *ev, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL, *none = json_object_new_object();
        json_object *content = none;
        bool found;

        if (!none)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_parse(text, &o, d));
        if (!json_object_is_type(o, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "not an object");
        PAWL_TRY(get_target(o, ev, d));
        PAWL_TRY(get_digests(o, ev, d));
        PAWL_TRY(pawl_json_field(o, "content", json_type_object, &found, &content, d));
        PAWL_TRY(get_string(content, "eventType", &ev->type, d));
        return get_string(content, "string", &ev->string, d);
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
                err = parse_record(text, &ev, d);
        if (err != PAWL_OK) {
                event_done(&ev);
                return pawl_fail_prefix(d, err, "the record at byte %zu", off);
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

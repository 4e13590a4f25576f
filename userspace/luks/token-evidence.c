/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/token-evidence.h"

#include <string.h>

#include "userspace/host/json.h"

#define ANNOUNCED "announced"

static pawl_err format(pawl_span evidence, bool is_announced, char **ret)
{
        pawl_autojson json_object *top = json_object_new_object();
        json_object *own = json_object_new_object();

        PAWL_TRY(pawl_json_add(top, "pawl", own));
        if (evidence.len > 0)
                PAWL_TRY(pawl_json_add_base64(own, "evidence", evidence));
        if (is_announced)
                PAWL_TRY(pawl_json_add(own, ANNOUNCED, json_object_new_boolean(true)));
        *ret = strdup(json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN));
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

pawl_err pawl_token_evidence_format(pawl_span evidence, char **ret)
{
        return format(evidence, /* is_announced= */ false, ret);
}

pawl_err pawl_token_announced_format(pawl_span evidence, char **ret)
{
        return format(evidence, /* is_announced= */ true, ret);
}

bool pawl_token_is_announced(const pawl_token *t)
{
        pawl_autojson json_object *top = NULL;
        json_object *own = NULL, *mark = NULL;

        return t->extra && pawl_json_parse(pawl_span_str(t->extra), &top, NULL) == PAWL_OK &&
               json_object_object_get_ex(top, "pawl", &own) &&
               json_object_is_type(own, json_type_object) &&
               json_object_object_get_ex(own, ANNOUNCED, &mark) &&
               json_object_is_type(mark, json_type_boolean) && json_object_get_boolean(mark);
}

pawl_err pawl_token_evidence(
        const pawl_token *t, pawl_buffer *ret_bytes, pawl_evidence *ret, pawl_diag *d)
{
        pawl_autojson json_object *top = NULL;
        json_object *own = NULL;
        bool is_there = false;

        if (!t->extra)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_json_parse(pawl_span_str(t->extra), &top, d));
        PAWL_TRY(pawl_json_field(top, "pawl", json_type_object, &is_there, &own, d));
        if (!is_there)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_json_base64(own, "evidence", PAWL_EVIDENCE_MAX, &is_there, ret_bytes, d));
        if (!is_there)
                return PAWL_ERR_NOT_FOUND;
        return pawl_fail_prefix(d, pawl_evidence_read(pawl_buffer_span(ret_bytes), ret),
                "token %d: its evidence cannot be read", t->id);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/profile.h"

#include <string.h>

#include "userspace/host/json.h"

#define WHY_MAX 512

typedef struct pcr_row {
        const char *bind, *why;
        uint64_t pcr;
} pcr_row;

static pawl_err check_keys(json_object *o, const char *const *known, pawl_diag *d)
{
        json_object_object_foreach(o, key, value)
        {
                bool found = false;

                (void)value;
                for (size_t i = 0; known[i] && !found; i++)
                        found = strcmp(known[i], key) == 0;
                if (!found)
                        return pawl_fail(d, PAWL_ERR_FORMAT, "field \"%s\": unknown", key);
        }
        return PAWL_OK;
}

static pawl_err take_pcr(json_object *o, pawl_profile *p, pawl_diag *d)
{
        static const char *const keys[] = { "pcr", "bind", "why", NULL };
        pcr_row row;
        uint32_t bit;

        PAWL_TRY(check_keys(o, keys, d));
        PAWL_TRY(pawl_json_u64(o, "pcr", PAWL_PCR_COUNT - 1, NULL, &row.pcr, d));
        PAWL_TRY(pawl_json_text(o, "bind", 16, NULL, &row.bind, d));
        PAWL_TRY(pawl_json_text(o, "why", WHY_MAX, NULL, &row.why, d));
        if (row.why[0] == '\0')
                return pawl_fail(
                        d, PAWL_ERR_FORMAT, "PCR %u: its \"why\" is empty", (unsigned)row.pcr);
        bit = 1u << row.pcr;
        if (((p->signed_mask | p->literal_mask) & bit) != 0)
                return pawl_fail(d, PAWL_ERR_DUPLICATE, "PCR %u: bound twice", (unsigned)row.pcr);
        if (strcmp(row.bind, "signed") == 0)
                p->signed_mask |= bit;
        else if (strcmp(row.bind, "literal") == 0)
                p->literal_mask |= bit;
        else
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "PCR %u: \"bind\" is neither \"signed\" nor \"literal\"",
                        (unsigned)row.pcr);
        return PAWL_OK;
}

static pawl_err take_pcrs(json_object *root, pawl_profile *p, pawl_diag *d)
{
        json_object *list = NULL;

        PAWL_TRY(pawl_json_field(root, "pcrs", json_type_array, NULL, &list, d));
        if (json_object_array_length(list) == 0)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"pcrs\": binds nothing");
        if (json_object_array_length(list) > PAWL_PCR_COUNT)
                return pawl_fail(d, PAWL_ERR_LIMIT, "field \"pcrs\": more than there are PCRs");
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                json_object *o = json_object_array_get_idx(list, i);

                if (!json_object_is_type(o, json_type_object))
                        return pawl_fail(
                                d, PAWL_ERR_FORMAT, "field \"pcrs\": not a list of objects");
                PAWL_TRY(take_pcr(o, p, d));
        }
        return PAWL_OK;
}

static pawl_err take_names(json_object *root, pawl_profile *p, pawl_diag *d)
{
        const char *name, *summary, *ref = "";
        bool has_ref = false;

        PAWL_TRY(pawl_json_text(root, "name", sizeof(p->name) - 1, NULL, &name, d));
        PAWL_TRY(pawl_json_text(root, "summary", WHY_MAX, NULL, &summary, d));
        PAWL_TRY(pawl_json_text(root, "reference", sizeof(p->ref) - 1, &has_ref, &ref, d));
        (void)snprintf(p->name, sizeof(p->name), "%s", name);
        (void)snprintf(p->ref, sizeof(p->ref), "%s", ref);
        if (has_ref != (p->signed_mask != 0) || (has_ref && ref[0] == '\0'))
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "field \"reference\": belongs to signed PCRs, and they to it");
        return PAWL_OK;
}

static pawl_err take_profile(pawl_span json, pawl_profile *p, pawl_diag *d)
{
        static const char *const keys[] = { "name", "summary", "pcrs", "reference",
                "needs-secure-boot", "needs-pin", NULL };
        pawl_autojson json_object *root = NULL;
        bool found = false;

        if (json.len > PAWL_PROFILE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "larger than %u bytes", PAWL_PROFILE_MAX);
        PAWL_TRY(pawl_json_parse(json, &root, d));
        if (!json_object_is_type(root, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "not a JSON object");
        PAWL_TRY(check_keys(root, keys, d));
        PAWL_TRY(take_pcrs(root, p, d));
        PAWL_TRY(take_names(root, p, d));
        PAWL_TRY(pawl_json_bool(root, "needs-secure-boot", &found, &p->needs_secure_boot, d));
        return pawl_json_bool(root, "needs-pin", &found, &p->needs_pin, d);
}

pawl_err pawl_profile_parse(pawl_span json, const char *file, pawl_profile *ret, pawl_diag *d)
{
        pawl_profile p = { 0 };

        PAWL_TRY(pawl_fail_prefix(d, take_profile(json, &p, d), "%s", file));
        *ret = p;
        return PAWL_OK;
}

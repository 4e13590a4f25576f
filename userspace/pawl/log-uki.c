/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/log-uki.h"

#include "userspace/host/file.h"
#include "userspace/host/output.h"

#define UKI_SIZE_MAX (2048u << 20) /* bytes */

pawl_err pawl_log_uki_compare(const pawl_logs *l, const char *path, pawl_sidecar_options *sidecars,
        pawl_uki_match *ret, pawl_diag *d)
{
        pawl_automap pawl_map map = { 0 };
        pawl_autofree pawl_pe *pe = calloc(1, sizeof(*pe));
        pawl_span archives[PAWL_SIDECAR_MAX_];
        bool is_known = pawl_sidecar_options_given(sidecars);
        pawl_err err;

        if (!pe)
                return PAWL_ERR_NO_MEMORY;
        if (!l->has_firmware)
                return pawl_fail(d, PAWL_ERR_MISSING, "%s: needs a firmware log to match", path);
        PAWL_TRY(pawl_sidecar_options_pack(sidecars, archives, d));
        PAWL_TRY(pawl_map_file(path, UKI_SIZE_MAX, &map, d));
        err = pawl_pe_read(pawl_map_span(&map), PAWL_PE_FILE, pe);
        if (err == PAWL_OK)
                err = pawl_log_match_uki(&l->firmware, pe, is_known ? archives : NULL, ret, d);
        return pawl_fail_prefix(d, err, "%s", path);
}

void pawl_log_uki_say(const pawl_uki_match *m, const char *path)
{
        pawl_say("%s: %s (profile %u, %zu of %zu measurements, %zu others in PCR 12)%s%s", path,
                m->is_match ? "matches the log" : "does NOT match the log", m->profile,
                m->n_matched, m->n_items, m->n_extra, m->is_match ? "" : ": ", m->reason);
        if (m->unmeasured[0] != '\0')
                pawl_say("%s: its stub neither knows nor measures %s", path, m->unmeasured);
        if (m->is_match && m->n_sidecars > 0)
                pawl_say("%s: %zu of the others say that they are credential files beside the "
                         "image; to hold them against the files, give --credentials=%s.extra.d and "
                         "--global-credentials=DIR",
                        path, m->n_sidecars, path);
}

pawl_err pawl_log_uki_json(const pawl_uki_match *m, json_object *json)
{
        json_object *o = json_object_new_object();

        PAWL_TRY(pawl_json_add(json, "uki", o));
        PAWL_TRY(pawl_json_add(o, "matches", json_object_new_boolean(m->is_match)));
        PAWL_TRY(pawl_json_add(o, "profile", json_object_new_uint64(m->profile)));
        PAWL_TRY(pawl_json_add(
                o, "uses_load_options", json_object_new_boolean(m->uses_load_options)));
        PAWL_TRY(pawl_json_add(o, "measurements", json_object_new_uint64(m->n_items)));
        PAWL_TRY(pawl_json_add(o, "matched", json_object_new_uint64(m->n_matched)));
        PAWL_TRY(pawl_json_add(o, "others", json_object_new_uint64(m->n_extra)));
        PAWL_TRY(pawl_json_add(
                o, "credential_archives_not_compared", json_object_new_uint64(m->n_sidecars)));
        PAWL_TRY(pawl_json_add_text(o, "unmeasured", m->unmeasured));
        return pawl_json_add_text(o, "reason", m->reason);
}

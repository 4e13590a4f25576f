/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/boot-report.h"

#include <stdlib.h>
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/host/json.h"

#define REPORT_FILE "/run/pawl/boot.json"
#define REPORT_MAX  (1u << 20) /* bytes */

void pawl_boot_report_done(pawl_boot_report *r)
{
        for (unsigned i = 0; i < r->n; i++) {
                free(r->volumes[i].device);
                free(r->volumes[i].label);
        }
        *r = (pawl_boot_report){ 0 };
}

static char *copy_text(json_object *o, const char *key)
{
        json_object *v = NULL;

        return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
                       ? strdup(json_object_get_string(v))
                       : strdup("");
}

static pawl_err add(pawl_boot_report *r, json_object *o)
{
        pawl_report_volume v = { copy_text(o, "device"), copy_text(o, "label"), false };
        json_object *mark = NULL;

        if (!v.device || !v.label || r->n == PAWL_REPORT_VOLUMES_MAX) {
                free(v.device);
                free(v.label);
                return r->n == PAWL_REPORT_VOLUMES_MAX ? PAWL_ERR_LIMIT : PAWL_ERR_NO_MEMORY;
        }
        v.is_factory_reset = json_object_object_get_ex(o, "factoryReset", &mark) &&
                             json_object_get_boolean(mark);
        r->volumes[r->n++] = v;
        return PAWL_OK;
}

pawl_err pawl_boot_report_read(pawl_boot_report *ret, pawl_diag *d)
{
        pawl_autobootreport pawl_boot_report r = { 0 };
        pawl_autobuffer pawl_buffer text = { 0 };
        pawl_autojson json_object *o = NULL;
        const char *env = secure_getenv("PAWL_BOOT_REPORT");
        json_object *list = NULL;

        PAWL_TRY(pawl_file_read(env ? env : REPORT_FILE, REPORT_MAX, &text, d));
        PAWL_TRY(pawl_json_parse(pawl_buffer_span(&text), &o, d));
        PAWL_TRY(pawl_json_field(o, "volumes", json_type_array, NULL, &list, d));
        for (size_t i = 0; i < json_object_array_length(list); i++)
                PAWL_TRY(add(&r, json_object_array_get_idx(list, i)));
        *ret = r;
        r = (pawl_boot_report){ 0 };
        return PAWL_OK;
}

pawl_err pawl_boot_report_volumes(pawl_boot_report *ret, pawl_diag *d)
{
        pawl_err err = pawl_boot_report_read(ret, d);

        return err != PAWL_ERR_NOT_FOUND
                       ? err
                       : pawl_fail(d, PAWL_ERR_USAGE,
                                 "name the volumes: this system was not started by pawl-init, "
                                 "which keeps a list of them");
}

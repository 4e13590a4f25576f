/* SPDX-License-Identifier: BSD-2-Clause */
/* What the OS finds below /run: the image's PCR key and signatures where systemd's tools and ours
 * look for them, and what happened in this boot. */
#include <string.h>
#include <sys/stat.h>

#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/init/boot.h"

#define EXTRA_MAX (1u << 20) /* bytes of a file that the stub handed over */

static void copy_extra(pawl_boot *b, const char *from, const char *to)
{
        pawl_autobuffer pawl_buffer content = { 0 };
        pawl_diag d = { 0 };

        if (access(from, F_OK) != 0)
                return;
        if (pawl_file_read(from, EXTRA_MAX, &content, &d) != PAWL_OK ||
                pawl_file_write(to, pawl_buffer_span(&content), 0444, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(&d));
}

static bool add_text(json_object *o, const char *key, const char *text)
{
        return json_object_object_add(o, key, text ? json_object_new_string(text) : NULL) == 0;
}

static bool add_volume(json_object *list, const pawl_boot_volume *v)
{
        json_object *o = json_object_new_object();

        if (!o || json_object_array_add(list, o) != 0)
                return false;
        return add_text(o, "name", v->name) && add_text(o, "device", v->node) &&
               add_text(o, "label", v->def->label) &&
               add_text(o, "uuid", v->v ? pawl_volume_uuid(v->v) : NULL) &&
               add_text(o, "mountPoint", v->def->mount_point) &&
               add_text(o, "policy", v->def->is_encrypted ? v->def->policy : NULL) &&
               json_object_object_add(o, "isNew", json_object_new_boolean(v->is_fresh)) == 0 &&
               json_object_object_add(
                       o, "factoryReset", json_object_new_boolean(v->def->is_factory_reset)) == 0;
}

static bool add_credentials(json_object *report, const pawl_boot *b)
{
        json_object *o = json_object_new_object();

        if (!o || json_object_object_add(report, "credentials", o) != 0)
                return false;
        for (pawl_cred_kind k = 0; k < PAWL_CRED_KIND_MAX_; k++)
                if (json_object_object_add(o, pawl_cred_folder_path(k),
                            json_object_new_uint64(b->credentials[k].n)) != 0)
                        return false;
        return true;
}

/* /run/pawl/boot.json */
static void write_report(pawl_boot *b)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *list = json_object_new_array();
        bool is_ok = o && list && json_object_object_add(o, "volumes", list) == 0;
        pawl_diag d = { 0 };
        const char *text;

        is_ok = is_ok && add_text(o, "openedBy", b->opened_by) &&
                add_text(o, "disk", b->disk[0] != '\0' ? b->disk : NULL) &&
                add_text(o, "tpmTrouble", b->tpm.trouble[0] != '\0' ? b->tpm.trouble : NULL);
        is_ok = is_ok && add_credentials(o, b);
        for (size_t i = 0; i < b->n_volumes; i++)
                is_ok = is_ok && add_volume(list, &b->volumes[i]);
        text = is_ok ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY) : NULL;
        if (!text ||
                pawl_file_write("/run/pawl/boot.json", pawl_span_str(text), 0644, &d) != PAWL_OK)
                pawl_consoles_say(
                        &b->consoles, "/run/pawl/boot.json: not written: %s", pawl_diag_text(&d));
}

pawl_err pawl_step_handover(pawl_boot *b, pawl_diag *d)
{
        (void)d;
        (void)mkdir("/run/systemd", 0755);
        copy_extra(b, "/.extra/tpm2-pcr-signature.json", "/run/systemd/tpm2-pcr-signature.json");
        copy_extra(b, "/.extra/tpm2-pcr-public-key.pem", "/run/systemd/tpm2-pcr-public-key.pem");
        copy_extra(b, "/.extra/os-release", "/run/pawl/image-release");
        copy_extra(b, "/.extra/profile", "/run/pawl/image-profile");
        write_report(b);
        for (size_t i = 0; i < b->n_volumes; i++)
                pawl_volume_close_p(&b->volumes[i].v); /* the keys leave our memory */
        pawl_sealed_done(&b->set);
        return PAWL_OK;
}

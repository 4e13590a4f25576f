/* SPDX-License-Identifier: BSD-2-Clause */
/* The new partitions of a factory reset, by the same steps as on the first boot. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "userspace/host/file.h"
#include "userspace/init/mounts.h"
#include "userspace/init/reset.h"

/* The root image is not opened in this boot: an empty place for the mount points. */
static pawl_err make_root(const pawl_boot *b, pawl_diag *d)
{
        if (mount("tmpfs", PAWL_SYSROOT, "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, "mode=0755") <
                0)
                return pawl_fail_errno(d, errno, PAWL_SYSROOT ": cannot mount a tmpfs");
        for (size_t i = 0; i < b->n_volumes; i++) {
                char path[PATH_MAX];

                if (!b->volumes[i].def->mount_point)
                        continue;
                (void)snprintf(
                        path, sizeof(path), PAWL_SYSROOT "%s", b->volumes[i].def->mount_point);
                (void)mkdir(path, 0755);
        }
        return PAWL_OK;
}

/* Volumes that are not marked are not touched, and not opened. */
static void keep_new_ones(pawl_reset_run *r)
{
        pawl_boot *b = r->b;
        size_t kept = 0;

        for (size_t i = 0; i < b->n_volumes; i++) {
                pawl_boot_volume *v = &b->volumes[i];

                if (v->is_fresh && v->def->is_factory_reset) {
                        b->volumes[kept++] = *v;
                        continue;
                }
                pawl_volume_close_p(&v->v);
                pawl_reset_note(r, v->node, "not marked for a reset, left as it is");
        }
        for (size_t i = kept; i < b->n_volumes; i++)
                b->volumes[i] = (pawl_boot_volume){ 0 };
        b->n_volumes = kept;
}

static void write_report(pawl_reset_run *r)
{
        const char *text = json_object_to_json_string_ext(
                r->report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        pawl_diag d = { 0 };

        for (size_t i = 0; i < r->b->n_volumes; i++) {
                const pawl_boot_volume *v = &r->b->volumes[i];
                char path[PATH_MAX];

                if (!v->is_mounted || !v->def->is_encrypted)
                        continue;
                (void)snprintf(path, sizeof(path), PAWL_SYSROOT "%s/lib/pawl/reset-report.json",
                        v->def->mount_point);
                if (pawl_file_write(path, pawl_span_str(text), 0600, &d) == PAWL_OK)
                        return;
                pawl_reset_note(r, "report", pawl_diag_text(&d));
        }
        pawl_consoles_say(&r->b->consoles, "reset: no new volume takes the report");
}

pawl_err pawl_reset_remake(pawl_reset_run *r, pawl_diag *d)
{
        pawl_boot *b = r->b;

        PAWL_TRY(pawl_step_partitions(b, d));
        keep_new_ones(r);
        PAWL_TRY(make_root(b, d));
        PAWL_TRY(pawl_step_make(b, d));
        PAWL_TRY(pawl_step_mount(b, d));
        for (size_t i = 0; i < b->n_volumes; i++)
                pawl_reset_note(r, b->volumes[i].node, "made anew");
        write_report(r);
        pawl_boot_close_volumes(b);
        sync();
        return PAWL_OK;
}

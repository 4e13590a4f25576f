/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/forecast-inputs.h"

#include "userspace/host/efi-var.h"
#include "userspace/host/output.h"

void pawl_forecast_inputs_done(pawl_forecast_inputs *i)
{
        pawl_next_start_done(&i->start);
        for (size_t v = 0; v < PAWL_FORECAST_VARIABLE_MAX_; v++)
                pawl_buffer_done(&i->variables[v]);
}

/* --- Secure Boot --- */

/* An update as firmware vendors and fwupd ship it has a signature in front: UEFI 2.10, 8.2.2,
 * EFI_VARIABLE_AUTHENTICATION_2. */
#define TIME_SIZE          16u
#define CERTIFICATE_TYPE   0x0ef1u
#define CERTIFICATE_HEADER 8u

static pawl_span without_signature(pawl_span file)
{
        pawl_reader r = pawl_reader_of(file);
        pawl_span rest;
        uint32_t len = 0;
        uint16_t revision = 0, type = 0;

        if (pawl_read_skip(&r, TIME_SIZE) != PAWL_OK || pawl_read_le32(&r, &len) != PAWL_OK ||
                pawl_read_le16(&r, &revision) != PAWL_OK || pawl_read_le16(&r, &type) != PAWL_OK ||
                revision != 0x0200 || type != CERTIFICATE_TYPE || len < CERTIFICATE_HEADER ||
                len > file.len - TIME_SIZE ||
                pawl_span_slice(file, TIME_SIZE + len, file.len - TIME_SIZE - len, &rest) !=
                        PAWL_OK)
                return file;
        return rest;
}

static pawl_err take_update(
        pawl_forecast_inputs *i, pawl_forecast_variable v, const char *path, pawl_diag *d)
{
        if (!path)
                return PAWL_OK;
        pawl_buffer_done(&i->variables[v]);
        PAWL_TRY(pawl_file_read(path, PAWL_EFI_VAR_SIZE_MAX, &i->variables[v], d));
        i->wish.variables[v].data = without_signature(pawl_buffer_span(&i->variables[v]));
        i->wish.variables[v].is_update = i->wish.variables[v].is_given = true;
        return PAWL_OK;
}

static pawl_err read_variable(
        pawl_forecast_inputs *i, pawl_forecast_variable v, bool *ret_found, pawl_diag *d)
{
        char guid[PAWL_GUID_TEXT_SIZE];
        pawl_err err;

        pawl_guid_text(pawl_forecast_variable_guid(v), guid);
        err = pawl_efi_var_read(pawl_forecast_variable_name(v), guid, &i->variables[v], NULL, d);
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        *ret_found = true;
        i->wish.variables[v].data = pawl_buffer_span(&i->variables[v]);
        return PAWL_OK;
}

/* As they are now: they may have been changed since this boot measured them. Where none is to be
 * had, the logs are another machine's; where only some are, the others were deleted. */
static pawl_err take_variables(const pawl_forecast_args *a, pawl_forecast_inputs *i, pawl_diag *d)
{
        bool has_any = false;

        for (unsigned v = 0; v < PAWL_FORECAST_VARIABLE_MAX_; v++)
                PAWL_TRY(read_variable(i, v, &has_any, d));
        for (unsigned v = 0; v < PAWL_FORECAST_VARIABLE_MAX_; v++)
                i->wish.variables[v].is_given = has_any;
        /* without a platform key the firmware is in setup mode */
        i->wish.without_secure_boot = a->without_secure_boot ||
                                      (has_any && i->variables[PAWL_FORECAST_PK].len == 0);
        PAWL_TRY(take_update(i, PAWL_FORECAST_DB, a->db, d));
        return take_update(i, PAWL_FORECAST_DBX, a->dbx, d);
}

/* --- what is started --- */

static void take_programs(pawl_forecast_inputs *i)
{
        pawl_next_start *n = &i->start;

        if (n->loader.path) {
                i->wish.programs[PAWL_FORECAST_LOADER].pe = &n->loader.pe;
                i->wish.programs[PAWL_FORECAST_LOADER].was = n->loader_was;
        }
        if (n->image.path) {
                i->wish.programs[PAWL_FORECAST_IMAGE].pe = &n->image.pe;
                i->wish.programs[PAWL_FORECAST_IMAGE].was = i->has_start ? n->image_was : NULL;
        }
}

static void take_start(pawl_forecast_inputs *i)
{
        pawl_next_start *n = &i->start;

        i->wish.has_start = n->is_known;
        i->wish.unknown_start = n->is_known ? NULL : n->why;
        i->wish.profile = n->profile;
        i->wish.is_loader_ours = n->is_ours;
        i->wish.has_conf = n->has_conf;
        i->wish.conf = pawl_buffer_span(&n->conf);
        for (size_t k = 0; k < PAWL_SIDECAR_MAX_; k++)
                i->wish.sidecars[k] = pawl_buffer_span(&n->sidecars[k]);
}

static pawl_err read_start(const pawl_forecast_args *a, pawl_forecast_inputs *i, pawl_diag *d)
{
        pawl_err err = pawl_next_start_read(&a->start, &i->start, d);

        i->has_start = err == PAWL_OK;
        if (err == PAWL_OK)
                take_start(i);
        else if (err != PAWL_ERR_NOT_FOUND)
                return err;
        else if (a->start.loader || a->start.esp)
                return pawl_fail_prefix(d, err, "the boot partition cannot be looked at");
        else if (a->start.uki)
                PAWL_TRY(pawl_image_open(a->start.uki, &i->start.image, d));
        take_programs(i);
        return PAWL_OK;
}

static pawl_err take_signature(pawl_forecast_inputs *i, pawl_diag *d)
{
        pawl_uki uki;

        if (!i->start.image.path)
                return PAWL_OK;
        PAWL_TRY(pawl_image_read_uki(&i->start.image, i->wish.profile, &uki, d));
        i->has_signature = true;
        i->signature = uki.has[PAWL_UKI_PCRSIG] ? uki.content[PAWL_UKI_PCRSIG] : PAWL_SPAN_NULL;
        return PAWL_OK;
}

static bool has_boot_variables(void)
{
        pawl_autobuffer pawl_buffer current = { 0 };

        return pawl_efi_var_read("BootCurrent", PAWL_EFI_GLOBAL_GUID, &current, NULL, NULL) ==
               PAWL_OK;
}

pawl_err pawl_forecast_inputs_read(
        const pawl_forecast_args *a, pawl_forecast_inputs *ret, pawl_diag *d)
{
        ret->wish.has_live_variables = has_boot_variables();
        PAWL_TRY(read_start(a, ret, d));
        PAWL_TRY(take_signature(ret, d));
        return take_variables(a, ret, d);
}

void pawl_forecast_inputs_tell(const pawl_forecast_args *a, const pawl_forecast_inputs *i)
{
        if (!i->has_start && !a->start.uki)
                pawl_say("the firmware does not say what it started: this is for the image that "
                         "runs now; for another one say --with-uki=");
        if (i->start.image.path)
                pawl_say("this is for %s%s", i->start.image.path,
                        i->start.waits ? ", the default of a menu that waits for a person" : "");
}

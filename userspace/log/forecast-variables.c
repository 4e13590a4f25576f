/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "core/efi-siglist.h"
#include "userspace/host/cleanup.h"
#include "userspace/host/efi-var.h"
#include "userspace/host/utf16.h"
#include "userspace/log/forecast-internal.h"

const char *pawl_forecast_variable_name(pawl_forecast_variable v)
{
        static const char *const names[] = { "PK", "KEK", "db", "dbx" };

        return names[v];
}

const uint8_t *pawl_forecast_variable_guid(pawl_forecast_variable v)
{
        return v == PAWL_FORECAST_DB || v == PAWL_FORECAST_DBX ? pawl_guid_image_security
                                                               : pawl_guid_global;
}

/* --- Secure Boot --- */

static pawl_err write_variable(pawl_span new, const pawl_efi_variable *v, pawl_buffer *ret)
{
        const size_t size = PAWL_GUID_SIZE + 8 + 8 + v->name.len + new.len;
        pawl_writer w;

        PAWL_TRY(pawl_buffer_new(size, ret));
        w = pawl_writer_of(ret->data, size);
        PAWL_TRY(pawl_write_bytes(&w, v->guid));
        PAWL_TRY(pawl_write_le64(&w, v->name.len / 2));
        PAWL_TRY(pawl_write_le64(&w, new.len));
        PAWL_TRY(pawl_write_bytes(&w, v->name));
        return pawl_write_bytes(&w, new);
}

static pawl_err put_variable(
        pawl_forecast_job *j, const pawl_event *ev, const pawl_efi_variable *v, pawl_span new)
{
        pawl_autobuffer pawl_buffer record = { 0 };

        PAWL_TRY(write_variable(new, v, &record));
        return pawl_forecast_put_data(j, ev->pcr, ev->type, pawl_buffer_span(&record));
}

/* As EDK II appends to such a variable: what is there, then each list of the update with the
 * entries that are not. Other firmware may do otherwise. */
static pawl_err merge(pawl_forecast_job *j, pawl_span old, pawl_span update, pawl_buffer *ret)
{
        pawl_writer w;
        pawl_err err;

        PAWL_TRY(pawl_buffer_new(old.len + update.len, ret));
        w = pawl_writer_of(ret->data, ret->len);
        PAWL_TRY(pawl_write_bytes(&w, old));
        err = pawl_siglist_write_missing(old, update, &w);
        if (err != PAWL_OK)
                return pawl_fail(j->d, err, "the update is no list of Secure Boot signatures");
        ret->len = w.len;
        return PAWL_OK;
}

static pawl_err put_database(pawl_forecast_job *j, const pawl_event *ev, const pawl_efi_variable *v,
        pawl_forecast_variable which, bool *ret_done)
{
        const pawl_span new = j->wish->variables[which].data;
        pawl_autobuffer pawl_buffer merged = { 0 };

        *ret_done = true;
        if (!j->wish->variables[which].is_update)
                return put_variable(j, ev, v, new);
        PAWL_TRY(merge(j, v->data, new, &merged));
        /* everything that it brings is there already */
        *ret_done = merged.len > v->data.len;
        if (!*ret_done)
                return PAWL_OK;
        pawl_forecast_differs(j, ev->pcr,
                which == PAWL_FORECAST_DBX
                        ? "dbx will hold more, in the order that the firmware gives it"
                        : "db will hold more, in the order that the firmware gives it");
        return put_variable(j, ev, v, pawl_buffer_span(&merged));
}

static pawl_err take_secure_boot(
        pawl_forecast_job *j, const pawl_event *ev, const pawl_efi_variable *v, bool *ret_done)
{
        if (j->wish->without_secure_boot &&
                pawl_efi_variable_is(v, "SecureBoot", pawl_guid_global)) {
                const uint8_t off = 0;

                *ret_done = true;
                return put_variable(j, ev, v, pawl_span_of(&off, 1));
        }
        for (unsigned i = 0; i < PAWL_FORECAST_VARIABLE_MAX_; i++)
                if (j->wish->variables[i].is_given &&
                        pawl_efi_variable_is(
                                v, pawl_forecast_variable_name(i), pawl_forecast_variable_guid(i)))
                        return put_database(j, ev, v, i, ret_done);
        return PAWL_OK;
}

/* --- the boot order: a list of LE16, UEFI 2.10, 3.1.1 --- */

static uint16_t number_at(pawl_span list, size_t i)
{
        return (uint16_t)(list.data[2 * i] | list.data[2 * i + 1] << 8);
}

static size_t place_of(pawl_span list, uint16_t number)
{
        size_t i = 0;

        while (i < list.len / 2 && number_at(list, i) != number)
                i++;
        return i;
}

/* Whether a boot option that was not tried in this boot will be tried before the one that this boot
 * came by. */
static bool is_overtaken(pawl_span before, pawl_span now, uint16_t current)
{
        const size_t last = place_of(before, current), n = place_of(now, current);

        if (n == now.len / 2)
                return true;
        for (size_t i = 0; i < n; i++)
                if (place_of(before, number_at(now, i)) >= last)
                        return true;
        return false;
}

static void judge_order(pawl_forecast_job *j, pawl_span before, pawl_span now)
{
        static const char why[] = "another boot option comes first now (BootOrder), and what it "
                                  "starts is not known";
        pawl_autobuffer pawl_buffer current = { 0 };

        if (pawl_efi_var_read("BootCurrent", PAWL_EFI_GLOBAL_GUID, &current, NULL, NULL) !=
                        PAWL_OK ||
                current.len != 2 ||
                !is_overtaken(before, now, number_at(pawl_buffer_span(&current), 0)))
                return;
        pawl_forecast_cannot_tell_start(j, why);
}

/* Firmware may write them anew before it measures them, so that another value is no certain one. */
static pawl_err check_boot_variable(pawl_forecast_job *j, const pawl_efi_variable *v)
{
        pawl_autobuffer pawl_buffer now = { 0 };
        char name[64], guid[PAWL_GUID_TEXT_SIZE];
        pawl_err err;

        (void)pawl_utf16_to_utf8(v->name, name, sizeof(name));
        if (strchr(name, '/'))
                return PAWL_OK;
        pawl_guid_text(v->guid.data, guid);
        err = pawl_efi_var_read(name, guid, &now, NULL, j->d);
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND)
                return err;
        if (err == PAWL_OK && pawl_span_equal(pawl_buffer_span(&now), v->data))
                return PAWL_OK;
        pawl_forecast_cannot_tell(j, PAWL_PCR_PLATFORM_CONFIG,
                "the boot order or a boot option was changed since, and the firmware may change it "
                "again");
        if (strcmp(name, "BootOrder") == 0 && err == PAWL_OK)
                judge_order(j, v->data, pawl_buffer_span(&now));
        return PAWL_OK;
}

pawl_err pawl_forecast_take_variable(pawl_forecast_job *j, const pawl_event *ev, bool *ret_done)
{
        const bool is_boot = ev->type == PAWL_EV_EFI_VARIABLE_BOOT ||
                             ev->type == PAWL_EV_EFI_VARIABLE_BOOT2;
        pawl_efi_variable v;

        *ret_done = false;
        if (!(is_boot || ev->type == PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG) ||
                pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                return PAWL_OK;
        if (is_boot && j->wish->has_live_variables)
                return check_boot_variable(j, &v);
        return ev->pcr == PAWL_PCR_SECURE_BOOT ? take_secure_boot(j, ev, &v, ret_done) : PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/variables.h"
#include "boot-loader/loader.h"
#include "efi-common/text.h"

/* LoaderFeatures: what this loader does. https://systemd.io/BOOT_LOADER_INTERFACE */
#define FEATURE_TIMEOUT         (UINT64_C(1) << 0)
#define FEATURE_TIMEOUT_ONESHOT (UINT64_C(1) << 1)
#define FEATURE_DEFAULT         (UINT64_C(1) << 2)
#define FEATURE_ONESHOT         (UINT64_C(1) << 3)
#define FEATURE_COUNTING        (UINT64_C(1) << 4)
#define FEATURE_MENU_DISABLED   (UINT64_C(1) << 13)
#define FEATURE_PROFILES        (UINT64_C(1) << 14)

static void tell(pawl_loader *l, const char *name, pawl_err err)
{
        if (err != PAWL_OK)
                pawl_loader_say(l, "EFI variable ", name, ": ", pawl_err_text(err));
}

/* An empty text takes the variable away: one that lasted over a reset must not speak for this boot.
 */
static void put_text(pawl_loader *l, const char *name, const char *text)
{
        tell(l, name,
                text[0] ? pawl_variable_put_text(l->platform, name, text)
                        : pawl_variable_drop(l->platform, name));
}

void pawl_loader_tell_time(pawl_loader *l, const char *name)
{
        char text[24];
        pawl_writer w = pawl_writer_of(text, sizeof(text));
        uint64_t now = l->platform->time_usec(l->platform->ctx);

        if (now != 0 && pawl_write_decimal(&w, now) == PAWL_OK && pawl_write_u8(&w, 0) == PAWL_OK)
                put_text(l, name, text);
}

/* Every id with its NUL, one after the other. */
static pawl_err write_ids(const pawl_loader *l, pawl_writer *w)
{
        for (size_t i = 0; i < l->n_entries; i++) {
                PAWL_TRY(pawl_utf16_write(w, pawl_span_str(l->entries[i].id)));
                PAWL_TRY(pawl_write_le16(w, 0));
        }
        return PAWL_OK;
}

static pawl_err put_entries(const pawl_loader *l)
{
        const pawl_platform *p = l->platform;
        size_t size = 2 * l->n_entries * PAWL_ENTRY_NAME_MAX;
        void *buf;
        pawl_writer w;
        pawl_err err;

        PAWL_TRY(p->allocate(p->ctx, size, &buf));
        w = pawl_writer_of(buf, size);
        err = write_ids(l, &w);
        if (err == PAWL_OK)
                err = pawl_variable_put_bytes(p, "LoaderEntries", pawl_written(&w));
        p->free(p->ctx, buf, size);
        return err;
}

static pawl_err put_features(const pawl_loader *l)
{
        uint8_t value[8];
        pawl_writer w = pawl_writer_of(value, sizeof(value));

        PAWL_TRY(pawl_write_le64(&w, FEATURE_TIMEOUT | FEATURE_TIMEOUT_ONESHOT | FEATURE_DEFAULT |
                                             FEATURE_ONESHOT | FEATURE_COUNTING |
                                             FEATURE_MENU_DISABLED | FEATURE_PROFILES));
        return pawl_variable_put_bytes(l->platform, "LoaderFeatures", pawl_written(&w));
}

void pawl_loader_tell_found(pawl_loader *l)
{
        put_text(l, "LoaderInfo", "pawl-boot " PAWL_VERSION);
        tell(l, "LoaderFeatures", put_features(l));
        put_text(l, "LoaderImageIdentifier", l->self.path);
        put_text(l, "LoaderDevicePartUUID", l->self.part_uuid);
        put_text(l, "LoaderFirmwareInfo", l->self.firmware_info);
        put_text(l, "LoaderFirmwareType", l->self.firmware_type);
        tell(l, "LoaderEntries", put_entries(l));
}

void pawl_loader_tell_selected(pawl_loader *l, const char *counted_path)
{
        put_text(l, "LoaderEntrySelected", l->entries[l->selected].id);
        put_text(l, "LoaderBootCountPath", counted_path);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/reset/request.h"

#include <string.h>

#include "core/uki.h"
#include "userspace/host/efi-var.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/host/utf16.h"

#define OS_RELEASE_MAX (64u << 10) /* bytes */
#define ATTRIBUTES     (PAWL_EFI_VAR_NON_VOLATILE | PAWL_EFI_VAR_BOOT | PAWL_EFI_VAR_RUNTIME)
#define BOOT_ID_FILE   "/proc/sys/kernel/random/boot_id"

const char *pawl_reset_state_name(pawl_reset_state s)
{
        static const char *const names[] = {
                [PAWL_RESET_OFF] = "off",
                [PAWL_RESET_PENDING] = "pending",
                [PAWL_RESET_ON] = "on",
                [PAWL_RESET_OTHER] = "other",
        };

        return names[s];
}

static pawl_err get(pawl_span text, const char *key, char *ret, size_t size)
{
        pawl_err err = pawl_osrel_get(text, key, ret, size);

        if (err == PAWL_ERR_NOT_FOUND || err == PAWL_ERR_MISSING) {
                ret[0] = '\0';
                return PAWL_OK;
        }
        return err;
}

pawl_err pawl_reset_os_read(const char *path, pawl_reset_os *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        pawl_reset_os os = { 0 };
        pawl_span s;
        pawl_err err;

        PAWL_TRY(pawl_file_read(path, OS_RELEASE_MAX, &text, d));
        s = pawl_buffer_span(&text);
        err = get(s, "ID", os.id, sizeof(os.id));
        if (err == PAWL_OK)
                err = get(s, "VERSION_ID", os.version_id, sizeof(os.version_id));
        if (err == PAWL_OK)
                err = get(s, "IMAGE_ID", os.image_id, sizeof(os.image_id));
        if (err == PAWL_OK)
                err = get(s, "IMAGE_VERSION", os.image_version, sizeof(os.image_version));
        if (err != PAWL_OK)
                return pawl_fail(d, err, "%s: %s", path, pawl_err_text(err));
        if (os.id[0] == '\0')
                return pawl_fail(d, PAWL_ERR_MISSING,
                        "%s: it has no ID=, so that no other OS could tell whose request it is",
                        path);
        *ret = os;
        return PAWL_OK;
}

/* An UUID with or without dashes. */
static bool take_id(const char *text, char ret[static PAWL_BOOT_ID_SIZE])
{
        size_t n = 0;

        for (; *text && *text != '\n'; text++) {
                if (*text == '-')
                        continue;
                if (!strchr("0123456789abcdefABCDEF", *text) || n == PAWL_BOOT_ID_SIZE - 1)
                        return false;
                ret[n++] = (char)(*text >= 'A' && *text <= 'F' ? *text + ('a' - 'A') : *text);
        }
        ret[n] = '\0';
        return n == PAWL_BOOT_ID_SIZE - 1;
}

pawl_err pawl_boot_id(char ret[static PAWL_BOOT_ID_SIZE], pawl_diag *d)
{
        const char *env = secure_getenv("PAWL_BOOT_ID");
        const char *path = env ? env : BOOT_ID_FILE;
        pawl_autobuffer pawl_buffer text = { 0 };

        PAWL_TRY(pawl_file_read(path, 64, &text, d));
        return take_id((const char *)text.data, ret)
                       ? PAWL_OK
                       : pawl_fail(d, PAWL_ERR_FORMAT, "%s: no id of a boot", path);
}

static pawl_err add_if(json_object *o, const char *key, const char *value)
{
        return value[0] != '\0' ? pawl_json_add_text(o, key, value) : PAWL_OK;
}

/* Names and numbers of an OS are ASCII (os-release(5)); anything else becomes '?'. */
static pawl_err widen(const char *text, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_buffer_new(2 * strlen(text) + 2, &b));
        w = pawl_writer_of(b.data, b.len);
        for (const char *p = text; *p; p++)
                PAWL_TRY(pawl_write_le16(&w, (uint8_t)*p < 0x80 ? (uint16_t)*p : '?'));
        *ret = b; /* zeros at the end: the NUL */
        b = (pawl_buffer){ 0 };
        return PAWL_OK;
}

pawl_err pawl_reset_request_format(const pawl_reset_os *os, const char *boot_id, pawl_buffer *ret)
{
        pawl_autojson json_object *o = json_object_new_object();

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "osReleaseId", os->id));
        PAWL_TRY(add_if(o, "osReleaseVersionId", os->version_id));
        PAWL_TRY(add_if(o, "osReleaseImageId", os->image_id));
        PAWL_TRY(add_if(o, "osReleaseImageVersion", os->image_version));
        PAWL_TRY(pawl_json_add_text(o, "bootId", boot_id));
        return widen(json_object_to_json_string_ext(
                             o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                ret);
}

static pawl_err same(
        json_object *o, const char *key, const char *own, bool *ret_is_same, pawl_diag *d)
{
        const char *text = "";
        bool has = false;

        PAWL_TRY(pawl_json_text(o, key, PAWL_RESET_MAX, &has, &text, d));
        *ret_is_same = strcmp(has ? text : "", own) == 0;
        return PAWL_OK;
}

static pawl_err judge(json_object *o, const pawl_reset_os *os, const char *boot_id,
        pawl_reset_state *ret, pawl_diag *d)
{
        char asked_in[PAWL_BOOT_ID_SIZE];
        const char *text = NULL;
        bool is_id = false, is_image = false;

        PAWL_TRY(same(o, "osReleaseId", os->id, &is_id, d));
        PAWL_TRY(same(o, "osReleaseImageId", os->image_id, &is_image, d));
        PAWL_TRY(pawl_json_text(o, "bootId", 64, NULL, &text, d));
        if (!take_id(text, asked_in))
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"bootId\": not an id of a boot");
        *ret = !is_id || !is_image              ? PAWL_RESET_OTHER
               : strcmp(asked_in, boot_id) == 0 ? PAWL_RESET_PENDING
                                                : PAWL_RESET_ON;
        return PAWL_OK;
}

pawl_err pawl_reset_request_judge(pawl_span value, const pawl_reset_os *os, const char *boot_id,
        pawl_reset_state *ret, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL;
        pawl_autobuffer pawl_buffer text = { 0 };
        size_t len;

        if (value.len > PAWL_RESET_MAX || value.len % 2 != 0)
                return pawl_fail(d, PAWL_ERR_FORMAT, "not text in UTF-16");
        PAWL_TRY(pawl_buffer_new(2 * value.len + 1, &text));
        len = pawl_utf16_to_utf8(value, (char *)text.data, text.len);
        PAWL_TRY(pawl_json_parse(pawl_span_of(text.data, len), &o, d));
        if (!json_object_is_type(o, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "not a JSON object");
        return judge(o, os, boot_id, ret, d);
}

bool pawl_reset_request_is_there(void)
{
        pawl_autobuffer pawl_buffer value = { 0 };

        return pawl_efi_var_read(PAWL_RESET_VARIABLE, PAWL_RESET_GUID, &value, NULL, NULL) !=
               PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_reset_request_read(const pawl_reset_os *os, pawl_reset_state *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer value = { 0 };
        char boot_id[PAWL_BOOT_ID_SIZE];
        pawl_err err = pawl_efi_var_read(PAWL_RESET_VARIABLE, PAWL_RESET_GUID, &value, NULL, d);

        *ret = PAWL_RESET_OFF;
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        PAWL_TRY(pawl_boot_id(boot_id, d));
        return pawl_fail_prefix(d,
                pawl_reset_request_judge(pawl_buffer_span(&value), os, boot_id, ret, d),
                "EFI variable " PAWL_RESET_VARIABLE);
}

pawl_err pawl_reset_request_write(const pawl_reset_os *os, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer value = { 0 };
        char boot_id[PAWL_BOOT_ID_SIZE];

        PAWL_TRY(pawl_boot_id(boot_id, d));
        PAWL_TRY(pawl_reset_request_format(os, boot_id, &value));
        return pawl_efi_var_write(
                PAWL_RESET_VARIABLE, PAWL_RESET_GUID, ATTRIBUTES, pawl_buffer_span(&value), d);
}

pawl_err pawl_reset_request_delete(pawl_diag *d)
{
        pawl_autobuffer pawl_buffer value = { 0 };
        pawl_err err;

        PAWL_TRY(pawl_efi_var_delete(PAWL_RESET_VARIABLE, PAWL_RESET_GUID, d));
        err = pawl_efi_var_read(PAWL_RESET_VARIABLE, PAWL_RESET_GUID, &value, NULL, d);
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_MISMATCH,
                "EFI variable " PAWL_RESET_VARIABLE
                ": the firmware deleted it and still has it; delete it in the firmware's setup");
}

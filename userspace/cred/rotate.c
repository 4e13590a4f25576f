/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/rotate.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "userspace/cred/make.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"

void pawl_rotate_request_done(pawl_rotate_request *r)
{
        for (size_t i = 0; i < r->n_folders; i++)
                free(r->folders[i]);
        *r = (pawl_rotate_request){ 0 };
}

static void request_path(const char *store, char *buf, size_t size)
{
        (void)snprintf(buf, size, "%s/rotate", store);
}

static pawl_err add_folders(json_object *o, const pawl_rotate_request *r)
{
        json_object *list = json_object_new_array();

        PAWL_TRY(pawl_json_add(o, "folders", list));
        for (size_t i = 0; i < r->n_folders; i++)
                if (json_object_array_add(list, json_object_new_string(r->folders[i])) != 0)
                        return PAWL_ERR_NO_MEMORY;
        return PAWL_OK;
}

pawl_err pawl_rotate_request_write(const char *store, const pawl_rotate_request *r, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        char path[PATH_MAX];

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "profile", r->profile));
        PAWL_TRY(add_folders(o, r));
        request_path(store, path, sizeof(path));
        return pawl_file_write(path, pawl_span_str(json_object_to_json_string(o)), 0600, d);
}

static pawl_err take_request(json_object *o, pawl_rotate_request *ret, pawl_diag *d)
{
        json_object *list = NULL;
        const char *profile = NULL;

        PAWL_TRY(pawl_json_text(o, "profile", sizeof(ret->profile) - 1, NULL, &profile, d));
        pawl_copy(ret->profile, profile, strlen(profile) + 1);
        PAWL_TRY(pawl_json_field(o, "folders", json_type_array, NULL, &list, d));
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                json_object *f = json_object_array_get_idx(list, i);

                if (i == PAWL_ROTATE_FOLDERS_MAX || !json_object_is_type(f, json_type_string))
                        return pawl_fail(d, PAWL_ERR_FORMAT,
                                "field \"folders\": not a list of "
                                "at most 64 paths");
                ret->folders[i] = strdup(json_object_get_string(f));
                if (!ret->folders[i])
                        return PAWL_ERR_NO_MEMORY;
                ret->n_folders++;
        }
        return PAWL_OK;
}

pawl_err pawl_rotate_request_read(const char *store, pawl_rotate_request *ret, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL;
        pawl_autobuffer pawl_buffer text = { 0 };
        char path[PATH_MAX];

        request_path(store, path, sizeof(path));
        PAWL_TRY(pawl_file_read(path, PAWL_STORE_FILE_MAX, &text, d));
        PAWL_TRY(pawl_fail_prefix(d, pawl_json_parse(pawl_buffer_span(&text), &o, d), "%s", path));
        return pawl_fail_prefix(d, take_request(o, ret, d), "%s", path);
}

pawl_err pawl_rotate_request_remove(const char *store, pawl_diag *d)
{
        char path[PATH_MAX];

        request_path(store, path, sizeof(path));
        if (unlink(path) < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot be removed", path);
        return PAWL_OK;
}

static bool is_of_store(const pawl_cred_item *i)
{
        return i->envelope.type && (i->envelope.type->parts & PAWL_CRED_STORE) != 0;
}

/* A file that could not even be read may be one of the store's. */
pawl_err pawl_cred_rotate_check(const pawl_cred_item *items, size_t n, pawl_diag *d)
{
        for (size_t i = 0; i < n; i++)
                if (items[i].err != PAWL_OK && (is_of_store(&items[i]) || !items[i].envelope.type))
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "the key pair is not rotated, and nothing was changed: %s",
                                pawl_diag_text(&items[i].why));
        return PAWL_OK;
}

static pawl_err reseal(
        const pawl_cred_item *i, const pawl_store_public *p, const char *host_key, pawl_diag *d)
{
        const pawl_cred_make m = {
                .type = i->envelope.type,
                .name = i->own_name,
                .timestamp = i->timestamp,
                .not_after = i->not_after,
                .host_key = host_key,
                .store = p,
                .is_authenticated = pawl_cred_envelope_wants_host(&i->envelope),
        };
        pawl_autobuffer pawl_buffer text = { 0 };
        struct stat st;

        if (stat(i->file, &st) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot stat", i->file);
        PAWL_TRY(pawl_fail_prefix(
                d, pawl_cred_seal(&m, pawl_secret_span(&i->secret), &text, d), "%s", i->file));
        return pawl_file_write(i->file, pawl_buffer_span(&text), st.st_mode & 07777, d);
}

static pawl_err remove_others(const char *store, const pawl_store_public *p, pawl_diag *d)
{
        uint8_t ids[PAWL_STORE_KEYS_MAX][PAWL_STORE_ID_SIZE];
        size_t n = 0;

        PAWL_TRY(pawl_store_key_list(store, ids, PAWL_STORE_KEYS_MAX, &n, d));
        for (size_t i = 0; i < n; i++)
                if (!pawl_span_equal(pawl_span_of(ids[i], PAWL_STORE_ID_SIZE),
                            pawl_span_of(p->id, PAWL_STORE_ID_SIZE)))
                        PAWL_TRY(pawl_store_key_remove(store, ids[i], d));
        return PAWL_OK;
}

pawl_err pawl_cred_rotate(const char *store, const pawl_store_public *p,
        const pawl_cred_item *items, size_t n, const char *host_key, size_t *ret_n, pawl_diag *d)
{
        *ret_n = 0;
        PAWL_TRY(pawl_cred_rotate_check(items, n, d));
        for (size_t i = 0; i < n; i++)
                if (is_of_store(&items[i])) {
                        PAWL_TRY(reseal(&items[i], p, host_key, d));
                        ++*ret_n;
                }
        PAWL_TRY(pawl_store_current_write(store, p, d));
        PAWL_TRY(remove_others(store, p, d));
        return pawl_rotate_request_remove(
                store, d); /* last: whatever was interrupted is done again */
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/store-key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "userspace/cred/hpke.h"
#include "userspace/host/file.h"
#include "userspace/host/hash.h"
#include "userspace/host/json.h"
#include "userspace/host/state.h"

#define VERSION     1
#define FIELD_MAX   (16u << 10) /* bytes */
#define CURRENT     "current"
#define KEY_SUFFIX  ".key"
#define ID_HEX_SIZE (2 * PAWL_STORE_ID_SIZE + 1)

_Static_assert(PAWL_STORE_KEY_SIZE == PAWL_HPKE_KEY_SIZE, "X25519");

void pawl_store_key_done(pawl_store_key *k)
{
        pawl_buffer_done(&k->public_key_pem);
        pawl_buffer_done(&k->blob);
        pawl_buffer_done(&k->srk);
        *k = (pawl_store_key){ 0 };
}

const char *pawl_store_folder(char *buf, size_t size)
{
        (void)snprintf(buf, size, "%s/store", pawl_state_folder());
        return buf;
}

static pawl_err id_of(
        const uint8_t key[static PAWL_STORE_KEY_SIZE], uint8_t ret[static PAWL_STORE_ID_SIZE])
{
        pawl_digest h;

        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, pawl_span_of(key, PAWL_STORE_KEY_SIZE), &h));
        pawl_copy(ret, h.bytes, PAWL_STORE_ID_SIZE);
        return PAWL_OK;
}

/* The policy's pointers into the struct, after it was filled. */
static void link_policy(pawl_store_key *k)
{
        k->policy = (pawl_seal_policy){
                .public_key_pem = pawl_buffer_span(&k->public_key_pem),
                .signed_mask = k->profile.signed_mask,
                .ref = k->profile.ref,
                .literal = k->literal,
                .bank = k->literal.bank,
        };
}

static pawl_err seal_private(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_store_key *k, pawl_diag *d)
{
        pawl_autosecret pawl_secret private = { 0 };
        pawl_policy_digest digest;

        PAWL_TRY(pawl_hpke_generate(&private, k->public.key));
        PAWL_TRY(id_of(k->public.key, k->public.id));
        return pawl_seal(t, srk, &k->policy, pawl_secret_span(&private), PAWL_SPAN_NULL, &k->blob,
                &digest, d);
}

pawl_err pawl_store_key_make(pawl_tpm *t, const pawl_tpm_srk *srk, const pawl_profile *profile,
        const pawl_seal_policy *policy, pawl_store_key *ret, pawl_diag *d)
{
        ret->profile = *profile;
        ret->literal = policy->literal;
        ret->literal.bank = policy->bank;
        PAWL_TRY(pawl_buffer_dup(policy->public_key_pem, &ret->public_key_pem));
        link_policy(ret);
        PAWL_TRY(seal_private(t, srk, ret, d));
        return pawl_tpm_srk_export(t, srk, &ret->srk, d);
}

/* --- files --- */

static pawl_err path_of(const char *folder, pawl_span id, char *buf, size_t size, pawl_diag *d)
{
        pawl_autofree char *hex = NULL;

        PAWL_TRY(pawl_hex_encode(id, &hex));
        if ((size_t)snprintf(buf, size, "%s/%s" KEY_SUFFIX, folder, hex) >= size)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: the path is too long", folder);
        return PAWL_OK;
}

static pawl_err read_public(json_object *o, pawl_store_public *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer key = { 0 };
        uint64_t version = 0;

        PAWL_TRY(pawl_json_u64(o, "version", UINT32_MAX, NULL, &version, d));
        if (version != VERSION)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "a newer version made it");
        PAWL_TRY(pawl_json_base64(o, "public", PAWL_STORE_KEY_SIZE, NULL, &key, d));
        if (key.len != PAWL_STORE_KEY_SIZE)
                return pawl_fail(d, PAWL_ERR_FORMAT, "field \"public\": not 32 bytes");
        pawl_copy(ret->key, key.data, key.len);
        return id_of(ret->key, ret->id);
}

static pawl_err load(const char *path, json_object **ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 };

        PAWL_TRY(pawl_file_read(path, PAWL_STORE_FILE_MAX, &text, d));
        return pawl_fail_prefix(d, pawl_json_parse(pawl_buffer_span(&text), ret, d), "%s", path);
}

pawl_err pawl_store_public_read(const char *path, pawl_store_public *ret, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL;

        PAWL_TRY(load(path, &o, d));
        return pawl_fail_prefix(d, read_public(o, ret, d), "%s", path);
}

static pawl_err read_literal(json_object *o, pawl_pcr_set *ret, pawl_diag *d)
{
        json_object *list = NULL;
        const char *bank = NULL;

        PAWL_TRY(pawl_json_text(o, "bank", 16, NULL, &bank, d));
        if (pawl_alg_from_name(pawl_span_str(bank), &ret->bank) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "field \"bank\": not known");
        PAWL_TRY(pawl_json_mask(o, "literal", PAWL_PCR_COUNT, NULL, &ret->mask, d));
        PAWL_TRY(pawl_json_field(o, "values", json_type_object, NULL, &list, d));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                pawl_autobuffer pawl_buffer value = { 0 };
                char name[4];

                if (!(ret->mask >> i & 1))
                        continue;
                (void)snprintf(name, sizeof(name), "%u", i);
                PAWL_TRY(pawl_json_base64(list, name, PAWL_DIGEST_MAX, NULL, &value, d));
                if (value.len != pawl_alg_info_of(ret->bank)->size)
                        return pawl_fail(d, PAWL_ERR_FORMAT, "PCR %u: not of its bank's size", i);
                ret->values[i].alg = ret->bank;
                pawl_copy(ret->values[i].bytes, value.data, value.len);
        }
        return PAWL_OK;
}

static pawl_err read_policy(json_object *o, pawl_store_key *k, pawl_diag *d)
{
        const char *ref = NULL, *name = NULL;
        bool has_key = false, has_ref = false;

        PAWL_TRY(pawl_json_text(o, "profile", sizeof(k->profile.name) - 1, NULL, &name, d));
        pawl_copy(k->profile.name, name, strlen(name) + 1);
        PAWL_TRY(pawl_json_mask(o, "signed", PAWL_PCR_COUNT, NULL, &k->profile.signed_mask, d));
        PAWL_TRY(pawl_json_text(o, "reference", PAWL_POLICY_REF_MAX - 1, &has_ref, &ref, d));
        if (has_ref)
                pawl_copy(k->profile.ref, ref, strlen(ref) + 1);
        PAWL_TRY(pawl_json_base64(o, "publicKey", FIELD_MAX, &has_key, &k->public_key_pem, d));
        PAWL_TRY(read_literal(o, &k->literal, d));
        k->profile.literal_mask = k->literal.mask;
        PAWL_TRY(pawl_json_base64(o, "blob", FIELD_MAX, NULL, &k->blob, d));
        return pawl_json_base64(o, "srk", FIELD_MAX, NULL, &k->srk, d);
}

static pawl_err read_key(json_object *o, pawl_span id, pawl_store_key *k, pawl_diag *d)
{
        PAWL_TRY(read_public(o, &k->public, d));
        if (!pawl_span_equal(pawl_span_of(k->public.id, sizeof(k->public.id)), id))
                return pawl_fail(d, PAWL_ERR_MISMATCH, "it holds another key than its name says");
        PAWL_TRY(read_policy(o, k, d));
        link_policy(k);
        return PAWL_OK;
}

pawl_err pawl_store_key_read(const char *folder, pawl_span id, pawl_store_key *ret, pawl_diag *d)
{
        pawl_autojson json_object *o = NULL;
        char path[PATH_MAX];
        pawl_err err;

        PAWL_TRY(path_of(folder, id, path, sizeof(path), d));
        err = load(path, &o, d);
        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(d, err,
                        "%s: the key pair that it was sealed to is not there: it is of another "
                        "machine, or was rotated away",
                        path);
        PAWL_TRY(err);
        return pawl_fail_prefix(d, read_key(o, id, ret, d), "%s", path);
}

static pawl_err add_public(json_object *o, const pawl_store_public *p)
{
        PAWL_TRY(pawl_json_add(o, "version", json_object_new_int(VERSION)));
        return pawl_json_add_base64(o, "public", pawl_span_of(p->key, sizeof(p->key)));
}

static pawl_err add_literal(json_object *o, const pawl_pcr_set *set)
{
        json_object *list = json_object_new_object();

        PAWL_TRY(pawl_json_add_text(o, "bank", pawl_alg_info_of(set->bank)->name));
        PAWL_TRY(pawl_json_add_mask(o, "literal", set->mask));
        PAWL_TRY(pawl_json_add(o, "values", list));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                char name[4];

                (void)snprintf(name, sizeof(name), "%u", i);
                if (set->mask >> i & 1)
                        PAWL_TRY(pawl_json_add_base64(
                                list, name, pawl_digest_span(&set->values[i])));
        }
        return PAWL_OK;
}

static pawl_err add_key(json_object *o, const pawl_store_key *k)
{
        PAWL_TRY(add_public(o, &k->public));
        PAWL_TRY(pawl_json_add_text(o, "profile", k->profile.name));
        PAWL_TRY(pawl_json_add_mask(o, "signed", k->profile.signed_mask));
        if (k->profile.ref[0] != '\0')
                PAWL_TRY(pawl_json_add_text(o, "reference", k->profile.ref));
        if (k->public_key_pem.len > 0)
                PAWL_TRY(
                        pawl_json_add_base64(o, "publicKey", pawl_buffer_span(&k->public_key_pem)));
        PAWL_TRY(add_literal(o, &k->literal));
        PAWL_TRY(pawl_json_add_base64(o, "blob", pawl_buffer_span(&k->blob)));
        return pawl_json_add_base64(o, "srk", pawl_buffer_span(&k->srk));
}

static const char *text_of(json_object *o)
{
        return json_object_to_json_string_ext(
                o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static pawl_err make_folder(const char *folder, pawl_diag *d)
{
        pawl_autofree char *parent = strdup(folder);
        char *slash = parent ? strrchr(parent, '/') : NULL;

        if (slash && slash != parent) {
                *slash = '\0';
                if (mkdir(parent, 0700) < 0 && errno != EEXIST)
                        return pawl_fail_errno(d, errno, "%s: cannot be made", parent);
        }
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", folder);
        return PAWL_OK;
}

pawl_err pawl_store_key_write(const char *folder, const pawl_store_key *k, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        char path[PATH_MAX];

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(add_key(o, k));
        PAWL_TRY(make_folder(folder, d));
        PAWL_TRY(path_of(
                folder, pawl_span_of(k->public.id, sizeof(k->public.id)), path, sizeof(path), d));
        return pawl_file_write_new(path, pawl_span_str(text_of(o)), 0600, d);
}

pawl_err pawl_store_key_remove(
        const char *folder, const uint8_t id[static PAWL_STORE_ID_SIZE], pawl_diag *d)
{
        char path[PATH_MAX];

        PAWL_TRY(path_of(folder, pawl_span_of(id, PAWL_STORE_ID_SIZE), path, sizeof(path), d));
        if (unlink(path) < 0 && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot be removed", path);
        return PAWL_OK;
}

static bool take_id(const char *name, uint8_t ret[static PAWL_STORE_ID_SIZE])
{
        pawl_autobuffer pawl_buffer id = { 0 };
        size_t len = strlen(name);

        if (len != ID_HEX_SIZE - 1 + strlen(KEY_SUFFIX) ||
                strcmp(name + ID_HEX_SIZE - 1, KEY_SUFFIX) != 0 ||
                pawl_hex_decode(pawl_span_of(name, ID_HEX_SIZE - 1), &id) != PAWL_OK)
                return false;
        pawl_copy(ret, id.data, PAWL_STORE_ID_SIZE);
        return true;
}

static void closedir_p(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

pawl_err pawl_store_key_list(const char *folder, uint8_t (*ret)[PAWL_STORE_ID_SIZE], size_t max,
        size_t *ret_n, pawl_diag *d)
{
        pawl_cleanup(closedir_p) DIR *dir = opendir(folder);
        size_t n = 0;

        if (!dir && errno != ENOENT)
                return pawl_fail_errno(d, errno, "%s: cannot be read", folder);
        for (struct dirent *e; dir && (e = readdir(dir));) {
                uint8_t id[PAWL_STORE_ID_SIZE];

                if (!take_id(e->d_name, id))
                        continue;
                if (n == max)
                        return pawl_fail(
                                d, PAWL_ERR_LIMIT, "%s: more than %zu key pairs", folder, max);
                pawl_copy(ret[n++], id, sizeof(id));
        }
        *ret_n = n;
        return PAWL_OK;
}

static void current_path(const char *folder, char *buf, size_t size)
{
        (void)snprintf(buf, size, "%s/" CURRENT, folder);
}

pawl_err pawl_store_current_read(const char *folder, pawl_store_public *ret, pawl_diag *d)
{
        char path[PATH_MAX];

        current_path(folder, path, sizeof(path));
        return pawl_store_public_read(path, ret, d);
}

pawl_err pawl_store_current_write(const char *folder, const pawl_store_public *p, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        char path[PATH_MAX];

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(add_public(o, p));
        PAWL_TRY(make_folder(folder, d));
        current_path(folder, path, sizeof(path));
        return pawl_file_write(path, pawl_span_str(text_of(o)), 0644, d);
}

pawl_err pawl_store_lock(const char *folder, bool is_shared, int *ret_fd, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        int r;

        PAWL_TRY(make_folder(folder, d));
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened", folder);
        do
                r = flock(fd, is_shared ? LOCK_SH : LOCK_EX);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be locked", folder);
        *ret_fd = pawl_take_fd(&fd);
        return PAWL_OK;
}

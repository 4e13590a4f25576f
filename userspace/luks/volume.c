/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "userspace/luks/volume-internal.h"

#define UUID_LEN 36 /* characters */

/* libcryptsetup talks through a callback: the last error is kept for our own diag, nothing is
 * printed. */
static void keep_log(int level, const char *msg, void *ctx)
{
        pawl_volume *v = ctx;
        size_t n;

        if (level != CRYPT_LOG_ERROR)
                return;
        (void)snprintf(v->log, sizeof(v->log), "%s", msg);
        n = strlen(v->log);
        while (n > 0 && (v->log[n - 1] == '\n' || v->log[n - 1] == '.'))
                v->log[--n] = '\0';
}

pawl_err pawl_volume_fail(pawl_volume *v, int r, const char *what, pawl_diag *d)
{
        char log[sizeof(v->log)];

        (void)snprintf(log, sizeof(log), "%s", v->log);
        v->log[0] = '\0';
        if (log[0] != '\0') /* it says more than the errno does */
                return pawl_fail(d, pawl_fail_errno(NULL, -r, "%s", what), "%s: %s: %s", v->device,
                        what, log);
        return pawl_fail_errno(d, -r, "%s: %s", v->device, what);
}

void pawl_volume_close_p(pawl_volume **v)
{
        if (!*v)
                return;
        crypt_free((*v)->cd);
        pawl_secret_done(&(*v)->key);
        free((*v)->device);
        free(*v);
        *v = NULL;
}

static pawl_err volume_new(const char *device, pawl_volume **ret, pawl_diag *d)
{
        pawl_autovolume pawl_volume *v = calloc(1, sizeof(*v));
        int r;

        if (!v || !(v->device = strdup(device)))
                return PAWL_ERR_NO_MEMORY;
        if (access(device, F_OK) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened", device);
        crypt_token_external_disable(); /* the header must not choose code that we load */
        /* the callback without a device also catches what crypt_init says */
        crypt_set_log_callback(NULL, keep_log, v);
        r = crypt_init(&v->cd, device);
        crypt_set_log_callback(NULL, NULL, NULL);
        if (r < 0)
                return pawl_volume_fail(v, r, "cannot be opened as a volume", d);
        crypt_set_log_callback(v->cd, keep_log, v);
        crypt_set_rng_type(v->cd, CRYPT_RNG_URANDOM);
        *ret = pawl_take(&v);
        return PAWL_OK;
}

/* It goes into file names, the user log and what is measured; libcryptsetup takes any bytes. */
static bool is_uuid(const char *text)
{
        return text && strlen(text) == UUID_LEN &&
               strspn(text, "0123456789abcdefABCDEF-") == UUID_LEN;
}

pawl_err pawl_volume_open(const char *device, pawl_volume **ret, pawl_diag *d)
{
        pawl_autovolume pawl_volume *v = NULL;
        int r;

        PAWL_TRY(volume_new(device, &v, d));
        r = crypt_load(v->cd, CRYPT_LUKS2, NULL);
        if (r == -EINVAL && crypt_load(v->cd, CRYPT_LUKS1, NULL) == 0)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "%s: LUKS1; convert it with 'cryptsetup convert --type luks2'", device);
        if (r == -EINVAL)
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "%s: no valid LUKS2 header (no volume, or its metadata is damaged)",
                        device);
        if (r < 0)
                return pawl_volume_fail(v, r, "the LUKS2 header cannot be read", d);
        if (!is_uuid(crypt_get_uuid(v->cd)))
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "%s: the UUID in the LUKS2 header is none; somebody else may have written "
                        "this header",
                        device);
        *ret = pawl_take(&v);
        return PAWL_OK;
}

/* A random secret needs no stretching: as systemd does for token keyslots. */
static const struct crypt_pbkdf_type kdf_random = {
        .type = CRYPT_KDF_PBKDF2,
        .hash = "sha512",
        .iterations = PAWL_VOLUME_PBKDF2_MIN,
        .flags = CRYPT_PBKDF_NO_BENCHMARK,
};
/* Fixed, so that a small initrd can open what a large machine enrolled. */
static const struct crypt_pbkdf_type kdf_typed = {
        .type = CRYPT_KDF_ARGON2ID,
        .hash = "sha512",
        .iterations = 6,
        .max_memory_kb = 128 << 10,
        .parallel_threads = 1,
        .flags = CRYPT_PBKDF_NO_BENCHMARK,
};

pawl_err pawl_volume_format(const char *device, const char *label, pawl_volume **ret, pawl_diag *d)
{
        pawl_autovolume pawl_volume *v = NULL;
        struct crypt_params_luks2 params = {
                .pbkdf = &kdf_random, .sector_size = 4096, .label = label
        };
        int r;

        PAWL_TRY(volume_new(device, &v, d));
        PAWL_TRY(pawl_secret_random(PAWL_VOLUME_KEY_SIZE, &v->key));
        r = crypt_set_pbkdf_type(v->cd, &kdf_random);
        if (r == 0)
                r = crypt_format(v->cd, CRYPT_LUKS2, PAWL_VOLUME_CIPHER, PAWL_VOLUME_MODE,
                        /* uuid= */ NULL, (const char *)v->key.data, v->key.len, &params);
        if (r < 0)
                return pawl_volume_fail(v, r, "cannot be formatted as LUKS2", d);
        *ret = pawl_take(&v);
        return PAWL_OK;
}

pawl_err pawl_volume_set_label(pawl_volume *v, const char *label, pawl_diag *d)
{
        /* a copy: libcryptsetup would copy its own string onto itself */
        pawl_autofree char *subsystem = NULL;
        const char *own = crypt_get_subsystem(v->cd);
        int r;

        if (own && !(subsystem = strdup(own)))
                return PAWL_ERR_NO_MEMORY;
        r = crypt_set_label(v->cd, label, subsystem);
        return r < 0 ? pawl_volume_fail(v, r, "the label cannot be written", d) : PAWL_OK;
}

const char *pawl_volume_label(pawl_volume *v)
{
        const char *label = crypt_get_label(v->cd);

        return label ? label : "";
}

const char *pawl_volume_uuid(pawl_volume *v)
{
        return crypt_get_uuid(v->cd);
}

uint64_t pawl_volume_data_offset(pawl_volume *v)
{
        return crypt_get_data_offset(v->cd) * 512;
}

const char *pawl_volume_device(const pawl_volume *v)
{
        return v->device;
}

pawl_err pawl_volume_flush(pawl_volume *v, pawl_diag *d)
{
        pawl_autoclose int fd = open(v->device, O_RDWR | O_CLOEXEC | O_NOCTTY);

        if (fd < 0 || fsync(fd) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be flushed", v->device);
        return PAWL_OK;
}

bool pawl_volume_is_unlocked(const pawl_volume *v)
{
        return v->key.len > 0;
}

uint32_t pawl_volume_keyslots(pawl_volume *v)
{
        uint32_t mask = 0;

        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++) {
                crypt_keyslot_info s = crypt_keyslot_status(v->cd, i);

                if (s == CRYPT_SLOT_ACTIVE || s == CRYPT_SLOT_ACTIVE_LAST)
                        mask |= (uint32_t)1 << i;
        }
        return mask;
}

uint32_t pawl_volume_unstretched_keyslots(pawl_volume *v)
{
        uint32_t used = pawl_volume_keyslots(v), mask = 0;

        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++) {
                struct crypt_pbkdf_type kdf = { 0 };

                if ((used >> i & 1) && crypt_keyslot_get_pbkdf(v->cd, i, &kdf) == 0 && kdf.type &&
                        strcmp(kdf.type, CRYPT_KDF_PBKDF2) == 0 && kdf.hash &&
                        strcmp(kdf.hash, kdf_random.hash) == 0 &&
                        kdf.iterations <= PAWL_VOLUME_PBKDF2_MIN)
                        mask |= (uint32_t)1 << i;
        }
        return mask;
}

const char *pawl_volume_keyslot_kdf(pawl_volume *v, int keyslot)
{
        struct crypt_pbkdf_type kdf = { 0 };

        return crypt_keyslot_get_pbkdf(v->cd, keyslot, &kdf) == 0 ? kdf.type : NULL;
}

pawl_err pawl_volume_unlock(
        pawl_volume *v, int keyslot, pawl_span passphrase, int *ret_keyslot, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 };
        size_t size = PAWL_VOLUME_KEY_SIZE;
        int r;

        PAWL_TRY(pawl_volume_check_crypto(v, d));
        if (keyslot >= PAWL_TOKEN_KEYSLOTS_MAX ||
                (keyslot >= 0 && !(pawl_volume_keyslots(v) >> keyslot & 1)))
                return pawl_fail(
                        d, PAWL_ERR_NOT_FOUND, "%s: there is no keyslot %d", v->device, keyslot);
        PAWL_TRY(pawl_secret_new(size, &key));
        r = crypt_volume_key_get(v->cd, keyslot < 0 ? CRYPT_ANY_SLOT : keyslot, (char *)key.data,
                &size, (const char *)passphrase.data, passphrase.len);
        if (r == -EPERM || (r == -ENOENT && keyslot < 0))
                return pawl_fail(d, PAWL_ERR_KEY, "%s: the key opens %s", v->device,
                        keyslot < 0 ? "no keyslot" : "not the keyslot that it belongs to");
        if (r == -ENOENT)
                return pawl_fail(
                        d, PAWL_ERR_NOT_FOUND, "%s: there is no keyslot %d", v->device, keyslot);
        if (r < 0)
                return pawl_volume_fail(v, r, "a keyslot cannot be opened", d);
        pawl_secret_done(&v->key);
        v->key = key;
        key = (pawl_secret){ 0 };
        if (ret_keyslot)
                *ret_keyslot = r;
        return PAWL_OK;
}

pawl_err pawl_volume_add_keyslot(
        pawl_volume *v, pawl_span passphrase, bool is_typed, int *ret_keyslot, pawl_diag *d)
{
        int r;

        if (!pawl_volume_is_unlocked(v))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "%s: not unlocked", v->device);
        r = crypt_set_pbkdf_type(v->cd, is_typed ? &kdf_typed : &kdf_random);
        if (r == 0)
                r = crypt_keyslot_set_encryption(
                        v->cd, PAWL_VOLUME_CIPHER "-" PAWL_VOLUME_MODE, PAWL_VOLUME_KEY_SIZE);
        if (r == 0)
                r = crypt_keyslot_add_by_volume_key(v->cd, CRYPT_ANY_SLOT,
                        (const char *)v->key.data, v->key.len, (const char *)passphrase.data,
                        passphrase.len);
        if (r < 0)
                return pawl_volume_fail(v, r, "a keyslot cannot be added", d);
        *ret_keyslot = r;
        return PAWL_OK;
}

pawl_err pawl_volume_remove_keyslot(pawl_volume *v, int keyslot, pawl_diag *d)
{
        int r = crypt_keyslot_destroy(v->cd, keyslot);

        return r < 0 ? pawl_volume_fail(v, r, "a keyslot cannot be removed", d) : PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/disk/verity.h"

#include <libcryptsetup.h>

#include "userspace/host/cleanup.h"

static void device_free_p(struct crypt_device **cd)
{
        if (*cd)
                crypt_free(*cd);
}

/* Keeps the first thing that libcryptsetup complains about; it would print it otherwise. */
static void keep_first(int level, const char *text, void *data)
{
        char *first = data;

        if (level == CRYPT_LOG_ERROR && first[0] == '\0')
                (void)snprintf(first, 256, "%.*s", (int)__builtin_strcspn(text, "\n"), text);
}

pawl_err pawl_verity_open(const char *name, const char *data_device, const char *hash_device,
        const uint8_t *root_hash, size_t len, pawl_diag *d)
{
        pawl_cleanup(device_free_p) struct crypt_device *cd = NULL;
        struct crypt_params_verity parameters = { .data_device = data_device };
        char said[256] = "";
        int rc;

        rc = crypt_init(&cd, hash_device);
        if (rc < 0)
                return pawl_fail_errno(d, -rc, "%s: cannot open", hash_device);
        crypt_set_log_callback(cd, keep_first, said);
        rc = crypt_load(cd, CRYPT_VERITY, &parameters);
        if (rc < 0)
                return pawl_fail_errno(
                        d, -rc, "%s: is no hash tree of dm-verity: %s", hash_device, said);
        rc = crypt_set_data_device(cd, data_device);
        if (rc == 0)
                rc = crypt_activate_by_volume_key(
                        cd, name, (const char *)root_hash, len, CRYPT_ACTIVATE_READONLY);
        if (rc < 0)
                return pawl_fail_errno(d, -rc,
                        "%s: does not match the root hash of the command line: %s", data_device,
                        said);
        return PAWL_OK;
}

pawl_err pawl_verity_close(const char *name, pawl_diag *d)
{
        int rc = crypt_deactivate(NULL, name);

        return rc == 0 ? PAWL_OK : pawl_fail_errno(d, -rc, "%s: cannot be closed", name);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* An unlocked volume in use: mapped by dm-crypt, and its key as PCR 15 knows it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/luks/volume-internal.h"

pawl_err pawl_volume_activate(pawl_volume *v, const char *name, pawl_diag *d)
{
        int r;

        if (!pawl_volume_is_unlocked(v))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "%s: not unlocked", v->device);
        r = crypt_activate_by_volume_key(
                v->cd, name, (const char *)v->key.data, v->key.len, /* flags= */ 0);
        if (r < 0)
                return pawl_volume_fail(v, r, "cannot be mapped", d);
        return PAWL_OK;
}

pawl_err pawl_volume_deactivate(const char *name, pawl_diag *d)
{
        pawl_autovolume pawl_volume *v = calloc(1, sizeof(*v));
        int r;

        if (!v || !(v->device = strdup(name)))
                return PAWL_ERR_NO_MEMORY;
        crypt_token_external_disable();
        r = crypt_init_by_name(&v->cd, name);
        if (r == 0)
                r = crypt_deactivate(v->cd, name);
        return r < 0 ? pawl_fail_errno(d, -r, "/dev/mapper/%s: cannot be closed", name) : PAWL_OK;
}

/* systemd's xescape(): what is not printable ASCII, the backslash, and ':' here. */
static pawl_err write_escaped(pawl_writer *w, const char *text)
{
        static const char digits[] = "0123456789abcdef";

        for (; *text; text++) {
                uint8_t c = (uint8_t)*text;

                if (c < ' ' || c >= 127 || c == '\\' || c == ':') {
                        PAWL_TRY(pawl_write_str(w, "\\x"));
                        PAWL_TRY(pawl_write_u8(w, (uint8_t)digits[c >> 4]));
                        c = (uint8_t)digits[c & 15];
                }
                PAWL_TRY(pawl_write_u8(w, c));
        }
        return PAWL_OK;
}

pawl_err pawl_volume_key_text(const char *name, const char *uuid, pawl_writer *w)
{
        PAWL_TRY(pawl_write_str(w, "cryptsetup:"));
        PAWL_TRY(write_escaped(w, name));
        PAWL_TRY(pawl_write_str(w, ":"));
        return pawl_write_str(w, uuid);
}

pawl_err pawl_volume_key_digests(pawl_volume *v, const char *name, uint32_t banks,
        pawl_digest *ret_digests, size_t *ret_n, pawl_diag *d)
{
        uint8_t buf[PAWL_VOLUME_KEY_TEXT_MAX];
        pawl_writer w = pawl_writer_of(buf, sizeof(buf));
        size_t n = 0;

        if (!pawl_volume_is_unlocked(v))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "%s: not unlocked", v->device);
        if (pawl_volume_key_text(name, pawl_volume_uuid(v), &w) != PAWL_OK)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "%s: the name %.32s… is too long", v->device, name);
        for (unsigned alg = 0; alg < PAWL_ALG_MAX_; alg++)
                if (banks >> alg & 1)
                        PAWL_TRY(pawl_hmac((pawl_alg)alg, pawl_secret_span(&v->key),
                                pawl_written(&w), &ret_digests[n++]));
        *ret_n = n;
        return PAWL_OK;
}

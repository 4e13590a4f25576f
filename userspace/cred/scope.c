/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/scope.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/host/hash.h"

#define MACHINE_ID_FILE "/etc/machine-id"
#define PASSWD_SIZE     16384 /* bytes of an entry */

pawl_err pawl_machine_id(uint8_t ret[static PAWL_MACHINE_ID_SIZE], pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 }, id = { 0 };
        pawl_span line = { 0 };
        pawl_reader r;

        PAWL_TRY(pawl_file_read(MACHINE_ID_FILE, 64, &text, d));
        r = pawl_reader_of(pawl_buffer_span(&text));
        if (pawl_read_line(&r, &line) != PAWL_OK || pawl_hex_decode(line, &id) != PAWL_OK ||
                id.len != PAWL_MACHINE_ID_SIZE)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        MACHINE_ID_FILE ": holds no machine id (32 hexadecimal digits)");
        pawl_copy(ret, id.data, id.len);
        return PAWL_OK;
}

pawl_err pawl_machine_id_for(const uint8_t application[static PAWL_MACHINE_ID_SIZE],
        uint8_t ret[static PAWL_MACHINE_ID_SIZE], pawl_diag *d)
{
        uint8_t id[PAWL_MACHINE_ID_SIZE];
        pawl_digest h;

        PAWL_TRY(pawl_machine_id(id, d));
        PAWL_TRY(pawl_hmac(PAWL_ALG_SHA256, pawl_span_of(id, sizeof(id)),
                pawl_span_of(application, PAWL_MACHINE_ID_SIZE), &h));
        pawl_copy(ret, h.bytes, PAWL_MACHINE_ID_SIZE);
        ret[6] = (ret[6] & 0x0f) | 0x40; /* RFC 9562: version 4, variant 10 */
        ret[8] = (ret[8] & 0x3f) | 0x80;
        return PAWL_OK;
}

static bool is_number(const char *s, uid_t *ret)
{
        uint64_t v = 0;

        for (const char *p = s; *p; p++) {
                if (*p < '0' || *p > '9')
                        return false;
                v = 10 * v + (uint64_t)(*p - '0');
                if (v >= UINT32_MAX) /* (uid_t)-1 is nobody's */
                        return false;
        }
        *ret = (uid_t)v;
        return s[0] != '\0';
}

static pawl_err find_user(const char *user, pawl_cred_scope *ret, pawl_diag *d)
{
        struct passwd entry, *found = NULL;
        char text[PASSWD_SIZE];
        uid_t uid = getuid();
        int r = strcmp(user, "self") == 0 || is_number(user, &uid)
                        ? getpwuid_r(uid, &entry, text, sizeof(text), &found)
                        : getpwnam_r(user, &entry, text, sizeof(text), &found);

        if (r != 0)
                return pawl_fail_errno(d, r, "user %s: cannot look it up", user);
        if (!found || strlen(found->pw_name) >= sizeof(ret->user))
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "there is no user %s", user);
        ret->uid = found->pw_uid;
        pawl_copy(ret->user, found->pw_name, strlen(found->pw_name) + 1);
        return PAWL_OK;
}

pawl_err pawl_cred_scope_of(const char *user, pawl_cred_scope *ret, pawl_diag *d)
{
        pawl_cred_scope s = { 0 };

        PAWL_TRY(find_user(user, &s, d));
        PAWL_TRY(pawl_machine_id(s.machine_id, d));
        *ret = s;
        return PAWL_OK;
}

pawl_err pawl_cred_scope_bind(const pawl_cred_scope *s, pawl_span key, pawl_secret *ret)
{
        uint8_t text[8 + 4 + PAWL_MACHINE_ID_SIZE + sizeof(s->user)];
        pawl_writer w = pawl_writer_of(text, sizeof(text));
        pawl_digest h;
        pawl_err err;

        PAWL_TRY(pawl_write_le64(&w, PAWL_CRED_SCOPE_ALL));
        PAWL_TRY(pawl_write_le32(&w, s->uid));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(s->machine_id, sizeof(s->machine_id))));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(s->user, strlen(s->user) + 1)));
        PAWL_TRY(pawl_hmac(PAWL_ALG_SHA256, key, pawl_written(&w), &h));
        err = pawl_secret_dup(pawl_digest_span(&h), ret);
        pawl_wipe(&h, sizeof(h));
        return err;
}

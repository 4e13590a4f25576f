/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/prompt.h"
#include "userspace/pawl/enroll.h"

static bool is_typed(const char *file, const char *env)
{
        return !file && !secure_getenv(env);
}

pawl_err pawl_new_secret(
        const char *file, const char *env, const char *what, pawl_secret *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret first = { 0 }, again = { 0 };
        bool is_asked_twice = is_typed(file, env);
        char question[64];

        (void)snprintf(question, sizeof(question), "New %s:", what);
        PAWL_TRY(pawl_secret_obtain(file, env, question, &first, d));
        if (first.len == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED, "an empty %s protects nothing", what);
        if (is_asked_twice) {
                (void)snprintf(question, sizeof(question), "The same %s again:", what);
                PAWL_TRY(pawl_secret_obtain(NULL, NULL, question, &again, d));
                if (again.len != first.len || !pawl_equal_ct(again.data, first.data, first.len))
                        return pawl_fail(d, PAWL_ERR_REFUSED,
                                "the two differ; nothing was written, start anew");
        }
        *ret = first;
        first = (pawl_secret){ 0 };
        return PAWL_OK;
}

pawl_err pawl_enroll_by_password(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d)
{
        pawl_autosecret pawl_secret password = { 0 };

        PAWL_TRY(pawl_new_secret(a->new_password_file, "NEWPASSWORD", "passphrase", &password, d));
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        return pawl_enroll_passphrase(k->volume, pawl_secret_span(&password), &ret->keyslot, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/open.h"

#include <string.h>

#include "userspace/cred/crypt.h"
#include "userspace/cred/host-key.h"
#include "userspace/cred/hpke.h"
#include "userspace/cred/tpm-part.h"
#include "userspace/cred/when.h"
#include "userspace/host/efi-var.h"

void pawl_cred_item_done(pawl_cred_item *i)
{
        pawl_secret_done(&i->secret);
        pawl_buffer_done(&i->bytes);
        *i = (pawl_cred_item){ 0 };
}

pawl_err pawl_cred_item_load(pawl_span text, pawl_cred_item *i, pawl_diag *d)
{
        pawl_autosecret pawl_secret bytes = { 0 };

        if (text.len > PAWL_CRED_TEXT_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "not a sealed credential: too large");
        if (text.len == 0)
                return pawl_fail(d, PAWL_ERR_TRUNCATED, "not a sealed credential: it is empty");
        if (pawl_base64_decode(text, &bytes) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_FORMAT, "not a sealed credential: it is not base64");
        PAWL_TRY(pawl_buffer_dup(pawl_secret_span(&bytes), &i->bytes));
        return pawl_cred_envelope_parse(pawl_buffer_span(&i->bytes), &i->envelope, d);
}

bool pawl_cred_null_is_weak(const char *tpm)
{
        bool is_on = false;

        return pawl_tpm_is_there(tpm) &&
               pawl_efi_var_flag("SecureBoot", PAWL_EFI_GLOBAL_GUID, &is_on, NULL) == PAWL_OK &&
               is_on;
}

/* --- what is decided before any key is asked for --- */

static pawl_err check_null(const pawl_cred_open_options *o, pawl_diag *d)
{
        if (o->allow_null || !pawl_cred_null_is_weak(o->tpm))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "it is sealed with a key that everybody knows, and this machine has a TPM and "
                "Secure Boot; seal it anew, or say --allow-null");
}

static pawl_err check_scope(
        const pawl_cred_open_options *o, const pawl_cred_envelope *e, pawl_diag *d)
{
        bool is_scoped = (e->type->parts & PAWL_CRED_SCOPED) != 0;

        if (is_scoped && e->scope != PAWL_CRED_SCOPE_ALL)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "a newer version made it");
        if (is_scoped && !o->scope)
                return pawl_fail(d, PAWL_ERR_REFUSED, "it is for one user; say which with --uid=");
        if (!is_scoped && o->scope)
                return pawl_fail(d, PAWL_ERR_REFUSED, "it is the system's, not that of user %s",
                        o->scope->user);
        return PAWL_OK;
}

static pawl_err check_beforehand(
        const pawl_cred_open_options *o, const pawl_cred_item *i, pawl_diag *d)
{
        const pawl_cred_envelope *e = &i->envelope;

        if (e->type->parts == 0)
                PAWL_TRY(check_null(o, d));
        if ((o->want_authenticated || i->is_foreign) && !pawl_cred_envelope_wants_host(e))
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "whoever can write the file could have sealed it: no key of this machine "
                        "was needed (seal with --authenticate, or --with-key=host+tpm2)");
        return check_scope(o, e, d);
}

/* --- after the keys --- */

static pawl_err check_name(const pawl_cred_item *i, pawl_diag *d)
{
        if (i->own_name[0] == '\0' || (!i->name && !i->other_name))
                return PAWL_OK;
        if ((i->name && strcmp(i->own_name, i->name) == 0) ||
                (i->other_name && strcmp(i->own_name, i->other_name) == 0))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_MISMATCH,
                "it was sealed under the name \"%s\", not \"%s\"; if that is meant, say "
                "--name=%s",
                i->own_name, i->name ? i->name : i->other_name, i->own_name);
}

static pawl_err check_time(uint64_t now, const pawl_cred_item *i, pawl_diag *d)
{
        char end[PAWL_WHEN_SIZE], today[PAWL_WHEN_SIZE];

        if (i->not_after == PAWL_CRED_NEVER || now <= i->not_after)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "the credential \"%s\" is expired: it was good until %s, and it is %s; seal it "
                "anew",
                i->own_name, pawl_when_text(i->not_after, end), pawl_when_text(now, today));
}

static pawl_err check(uint64_t now, const pawl_cred_item *i, pawl_diag *d)
{
        PAWL_TRY(check_name(i, d));
        return check_time(now, i, d);
}

static pawl_err take_inner(pawl_cred_item *i, pawl_span plaintext, pawl_diag *d)
{
        pawl_cred_inner inner;

        PAWL_TRY(pawl_cred_inner_parse(plaintext, &inner, d));
        pawl_copy(i->own_name, inner.name.data, inner.name.len);
        i->own_name[inner.name.len] = '\0';
        i->timestamp = inner.timestamp;
        i->not_after = inner.not_after;
        return pawl_secret_dup(inner.secret, &i->secret);
}

static pawl_err store_key(const pawl_cred_envelope *e, pawl_span private, pawl_secret *ret)
{
        pawl_span info = pawl_span_of(e->type->id, PAWL_CRED_ID_SIZE);

        return pawl_hpke_receive(private, e->ephemeral, info, ret);
}

static pawl_err data_key(const pawl_cred_open_options *o, const pawl_cred_envelope *e,
        const pawl_secret *host, pawl_span unsealed, pawl_secret *ret)
{
        pawl_span h = pawl_cred_envelope_wants_host(e) ? pawl_secret_span(host) : PAWL_SPAN_NULL;
        const pawl_cred_scope *scope = e->type->parts & PAWL_CRED_SCOPED ? o->scope : NULL;
        pawl_autosecret pawl_secret shared = { 0 };

        if (!(e->type->parts & PAWL_CRED_STORE))
                return pawl_cred_data_key(h, unsealed, scope, ret);
        PAWL_TRY(store_key(e, unsealed, &shared));
        return pawl_cred_data_key(h, pawl_secret_span(&shared), scope, ret);
}

static pawl_err finish(const pawl_cred_open_options *o, pawl_cred_item *i, const pawl_secret *host,
        pawl_span unsealed, pawl_diag *d)
{
        pawl_autosecret pawl_secret key = { 0 }, plaintext = { 0 };
        pawl_err err;

        PAWL_TRY(data_key(o, &i->envelope, host, unsealed, &key));
        err = pawl_cred_decrypt(pawl_secret_span(&key), &i->envelope, &plaintext);
        if (err == PAWL_ERR_KEY)
                return pawl_fail(d, err,
                        "it does not open: it was changed, or sealed with another key%s",
                        pawl_cred_envelope_wants_host(&i->envelope) ? " or on another machine"
                                                                    : "");
        PAWL_TRY(err);
        PAWL_TRY(take_inner(i, pawl_secret_span(&plaintext), d));
        return o->is_unchecked ? PAWL_OK : check(o->now, i, d);
}

void pawl_cred_item_check(uint64_t now, pawl_cred_item *i)
{
        if (i->err == PAWL_OK)
                i->err = pawl_fail_prefix(&i->why, check(now, i, &i->why), "%s", i->file);
}

/* Once for each: the message gets the file's name. */
static void conclude(pawl_cred_item *i, pawl_err err)
{
        i->err = pawl_fail_prefix(&i->why, err, "%s", i->file);
        if (i->err != PAWL_OK)
                pawl_secret_done(&i->secret);
}

/* --- all of them --- */

/* NOT_FOUND and the like count for those that want the key, not for the others. */
static pawl_err read_host_key(const pawl_cred_open_options *o, const pawl_cred_item *items,
        size_t n, pawl_secret *ret, pawl_diag *d)
{
        bool is_wanted = false;

        for (size_t i = 0; i < n; i++)
                is_wanted |= items[i].err == PAWL_OK &&
                             pawl_cred_envelope_wants_host(&items[i].envelope);
        return is_wanted ? pawl_host_key_read(o->host_key, ret, d) : PAWL_OK;
}

static pawl_err give_parts(const pawl_cred_open_options *o, pawl_cred_item *items, size_t n,
        pawl_tpm_parts *parts, pawl_diag *d)
{
        for (size_t i = 0; i < n; i++)
                if (items[i].err == PAWL_OK)
                        PAWL_TRY(pawl_tpm_parts_want(parts, o->store, &items[i].envelope, d));
        return PAWL_OK;
}

static pawl_err open_one(const pawl_cred_open_options *o, pawl_cred_item *i, pawl_err host_err,
        const pawl_diag *host_why, const pawl_secret *host, const pawl_tpm_parts *parts)
{
        pawl_span unsealed = PAWL_SPAN_NULL;

        if (host_err != PAWL_OK && pawl_cred_envelope_wants_host(&i->envelope)) {
                i->why = *host_why;
                return host_err;
        }
        PAWL_TRY(pawl_tpm_parts_get(parts, &i->envelope, &unsealed, &i->why));
        return finish(o, i, host, unsealed, &i->why);
}

pawl_err pawl_cred_open(const pawl_cred_open_options *o, pawl_cred_item *items, size_t n,
        pawl_cred_open_cost *ret_cost, pawl_diag *d)
{
        pawl_autotpmparts pawl_tpm_parts parts = { 0 };
        pawl_autosecret pawl_secret host = { 0 };
        pawl_diag host_why = { 0 };
        pawl_err host_err;

        for (size_t i = 0; i < n; i++)
                if (items[i].err == PAWL_OK)
                        conclude(&items[i], check_beforehand(o, &items[i], &items[i].why));
        host_err = read_host_key(o, items, n, &host, &host_why);
        PAWL_TRY(give_parts(o, items, n, &parts, d));
        pawl_tpm_parts_unseal(&parts, o, ret_cost);
        for (size_t i = 0; i < n; i++)
                if (items[i].err == PAWL_OK)
                        conclude(&items[i],
                                open_one(o, &items[i], host_err, &host_why, &host, &parts));
        return PAWL_OK;
}

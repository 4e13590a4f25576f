/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/cred-all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "userspace/cred/rotate.h"
#include "userspace/cred/serve.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/verb.h"

pawl_err pawl_cred_gather(int n, char **folders, pawl_cred_files *f, pawl_diag *d)
{
        for (int i = 0; i < n; i++)
                PAWL_TRY(pawl_cred_files_add_folder(f, folders[i], d));
        for (size_t i = 0; n == 0 && pawl_cred_places[i]; i++) {
                pawl_err err = pawl_cred_files_add_folder(f, pawl_cred_places[i], d);

                if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND)
                        return err;
        }
        return PAWL_OK;
}

/* Under which a service asks for it. */
static const char *name_of(const pawl_cred_item *i)
{
        if (i->own_name[0] != '\0')
                return i->own_name;
        return i->other_name ? i->other_name : i->name;
}

static bool has_earlier(const pawl_cred_item *items, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (items[i].err == PAWL_OK && strcmp(name_of(&items[i]), name_of(&items[n])) == 0)
                        return true;
        return false;
}

static pawl_err write_one(const pawl_cred_item *c, const char *folder, pawl_diag *d)
{
        char path[PATH_MAX];

        if (c->err != PAWL_OK) {
                *d = c->why;
                return c->err;
        }
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name_of(c)) >= sizeof(path))
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: the path is too long", folder);
        return pawl_file_write(path, pawl_secret_span(&c->secret), 0400, d);
}

/* Returns the worst exit status. What is there from before stays until its successor is. */
static int write_all(const pawl_cred_item *items, size_t n, const char *folder)
{
        int status = PAWL_EXIT_YES;

        for (size_t i = 0; i < n; i++) {
                pawl_diag d = { 0 };
                pawl_err err = PAWL_OK;
                int s;

                if (items[i].err != PAWL_OK || !has_earlier(items, i))
                        err = write_one(&items[i], folder, &d);
                if (err == PAWL_OK)
                        continue;
                s = pawl_cred_exit(err);
                (void)pawl_verb_fail(&d, err);
                status = s > status ? s : status;
        }
        return status;
}

/* --- a new key pair for the store --- */

static bool is_given(const pawl_cred_all *a, const char *folder)
{
        for (int i = 0; i < a->n_folders; i++)
                if (strcmp(a->folders[i], folder) == 0)
                        return true;
        return false;
}

/* Credentials that are not opened for anybody, but have to go along. */
static pawl_err gather_others(
        const pawl_cred_all *a, const pawl_rotate_request *r, pawl_cred_files *f, pawl_diag *d)
{
        if (a->n_folders > 0)
                PAWL_TRY(pawl_cred_gather(0, NULL, f, d));
        for (size_t i = 0; i < r->n_folders; i++)
                if (!is_given(a, r->folders[i]))
                        PAWL_TRY(pawl_cred_files_add_folder(f, r->folders[i], d));
        return PAWL_OK;
}

/* Whatever vouched for the boot in which the old pair was made did so now, or it had not opened. */
static pawl_err make_pair(const pawl_cred_all *a, const pawl_cred_opening *o,
        const pawl_rotate_request *r, pawl_store_public *ret, pawl_diag *d)
{
        pawl_cred_policy_args policy = a->policy;
        pawl_autotpm pawl_tpm *t = NULL;

        policy.profile = r->profile[0] != '\0' ? r->profile : NULL;
        policy.signature = a->common.signature;
        policy.firmware_log = a->common.firmware_log;
        policy.user_log = a->common.user_log;
        policy.accept_foreign_authority = true;
        PAWL_TRY(pawl_tpm_open(o->options.tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        return pawl_cred_store_new(o->store, t, &policy, ret, d);
}

static pawl_err rotate(const pawl_cred_all *a, const pawl_cred_opening *o,
        const pawl_rotate_request *r, const pawl_cred_files *f, pawl_diag *d)
{
        pawl_store_public p;
        size_t n = 0;

        PAWL_TRY(pawl_cred_rotate_check(f->items, f->n, d));
        PAWL_TRY(make_pair(a, o, r, &p, d));
        PAWL_TRY(pawl_cred_rotate(o->store, &p, f->items, f->n, a->common.host_key, &n, d));
        pawl_say("%s: a new key pair, and %zu credentials sealed to it", o->store, n);
        return PAWL_OK;
}

/* --- all of it --- */

typedef struct job {
        pawl_cred_files files;
        size_t n_own; /* of them are for the output; the others go along */
        pawl_cred_opening opening;
        pawl_rotate_request request;
        bool is_rotating;
        int lock; /* on the store's folder, or -1 */
        pawl_cred_open_cost cost;
} job;

static void job_done(job *j)
{
        pawl_cred_files_done(&j->files);
        pawl_rotate_request_done(&j->request);
        pawl_close_p(&j->lock);
}

/* A request that cannot be followed must not keep services from starting. */
static void settle(job *j, pawl_err err, const pawl_diag *d)
{
        j->is_rotating = err == PAWL_OK;
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND)
                pawl_say("the key pair is not rotated: %s", pawl_diag_text(d));
}

/* Locked before the files are looked for: what is sealed meanwhile would be missed. */
static void read_request(job *j)
{
        const char *store = j->opening.store;
        pawl_diag d = { 0 };
        pawl_err err = pawl_rotate_request_read(store, &j->request, &d);

        if (err == PAWL_OK)
                err = pawl_store_lock(store, /* is_shared= */ false, &j->lock, &d);
        settle(j, err, &d);
}

static pawl_err prepare(const pawl_cred_all *a, job *j, pawl_diag *d)
{
        pawl_diag why = { 0 };

        PAWL_TRY(pawl_cred_opening_make(&a->common, &j->opening, d));
        j->opening.options.is_unchecked = true;
        read_request(j);
        PAWL_TRY(pawl_cred_gather(a->n_folders, a->folders, &j->files, d));
        j->n_own = j->files.n;
        if (j->is_rotating)
                settle(j, gather_others(a, &j->request, &j->files, &why), &why);
        return PAWL_OK;
}

/* A rotation that fails costs nothing but itself. Returns an exit status. */
static int open_all(const pawl_cred_all *a, job *j, pawl_diag *d)
{
        int status = PAWL_EXIT_YES;
        pawl_err err = pawl_cred_open(&j->opening.options, j->files.items, j->files.n, &j->cost, d);

        if (err == PAWL_OK && j->is_rotating)
                err = rotate(a, &j->opening, &j->request, &j->files, d);
        if (err != PAWL_OK)
                status = pawl_verb_fail(d, err);
        for (size_t i = 0; i < j->n_own; i++)
                pawl_cred_item_check(j->opening.options.now, &j->files.items[i]);
        return status;
}

static pawl_err prepare_folder(const char *output, pawl_diag *d)
{
        if (!output)
                return pawl_cred_serve_setup(PAWL_CRED_OPENED, d);
        if (mkdir(output, 0700) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot be made", output);
        return PAWL_OK;
}

int pawl_cred_unseal_all(const pawl_cred_all *a)
{
        pawl_cleanup(job_done) job j = { .lock = -1 };
        size_t n_opened = 0;
        int status, written;
        pawl_diag d = { 0 };
        pawl_err err = prepare_folder(a->output, &d);

        if (err == PAWL_OK)
                err = prepare(a, &j, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        status = open_all(a, &j, &d);
        written = write_all(j.files.items, j.n_own, a->output ? a->output : PAWL_CRED_OPENED);
        for (size_t i = 0; i < j.n_own; i++)
                n_opened += j.files.items[i].err == PAWL_OK;
        pawl_say("%zu of %zu credentials opened, with %u TPM commands", n_opened, j.n_own,
                j.cost.n_commands);
        return written > status ? written : status;
}

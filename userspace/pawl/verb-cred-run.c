/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "userspace/cred/serve.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred.h"
#include "userspace/pawl/verbs.h"

#define CREDS_MAX  256
#define PLACES_MAX 16

typedef struct run_args {
        pawl_cred_args common;
        const char *user;
        char *creds[CREDS_MAX]; /* NAME or NAME=FILE */
        size_t n_creds;
        const char *places[PLACES_MAX]; /* --store; none: those of the system */
        size_t n_places;
        char **command;
} run_args;

enum {
        OPT_CRED = 1,
        OPT_STORE,
        OPT_USER,
        OPT_TPM,
        OPT_HOST_KEY,
        OPT_SIGNATURE,
        OPT_KEYS,
        OPT_AUTH,
        OPT_NULL
};
static const struct option options[] = {
        {"cred",             required_argument, NULL, OPT_CRED },
        { "store",              required_argument, NULL, OPT_STORE },
        { "user",                 required_argument, NULL, OPT_USER },
        { "tpm",required_argument, NULL, OPT_TPM },
        { "host-key",         required_argument, NULL, OPT_HOST_KEY },
        { "tpm2-signature",            required_argument, NULL, OPT_SIGNATURE },
        { "store-keys",              required_argument, NULL, OPT_KEYS },
        { "authenticate",                 no_argument, NULL, OPT_AUTH },
        { "allow-null",              no_argument, NULL, OPT_NULL },
        { 0          },
};

/* One that is asked for. */
typedef struct wanted {
        const char *name;   /* points into argv */
        pawl_secret secret; /* opened at boot */
        size_t item;        /* or this one of `files`, plus 1 */
} wanted;

typedef struct job {
        wanted creds[CREDS_MAX];
        size_t n;
        pawl_cred_files files; /* that have to be opened now */
        uid_t uid;
        gid_t gid;
        const char *user; /* NULL: nobody else than who we are */
} job;

static void job_done(job *j)
{
        for (size_t i = 0; i < j->n; i++)
                pawl_secret_done(&j->creds[i].secret);
        pawl_cred_files_done(&j->files);
}

static bool take_more(run_args *a, int c)
{
        switch (c) {
        case OPT_TPM:
                a->common.tpm = optarg;
                return true;
        case OPT_HOST_KEY:
                a->common.host_key = optarg;
                return true;
        case OPT_SIGNATURE:
                a->common.signature = optarg;
                return true;
        case OPT_KEYS:
                a->common.store = optarg;
                return true;
        case OPT_AUTH:
                a->common.is_authenticated = true;
                return true;
        case OPT_NULL:
                a->common.allow_null = true;
                return true;
        default:
                return false;
        }
}

static bool take_option(run_args *a, int c)
{
        switch (c) {
        case OPT_CRED:
                if (a->n_creds == CREDS_MAX)
                        return false;
                a->creds[a->n_creds++] = optarg;
                return true;
        case OPT_STORE:
                if (a->n_places == PLACES_MAX)
                        return false;
                a->places[a->n_places++] = optarg;
                return true;
        case OPT_USER:
                a->user = optarg;
                return true;
        default:
                return take_more(a, c);
        }
}

/* --- finding them --- */

/* What was opened at boot comes from the machine's own folder, unless somebody says where else. */
static pawl_err take_opened(const char *name, wanted *w, bool *ret_found, pawl_diag *d)
{
        char path[PATH_MAX];
        pawl_err err;

        (void)snprintf(path, sizeof(path), PAWL_CRED_OPENED "/%s", name);
        err = pawl_file_read_secret(path, PAWL_CRED_SECRET_MAX, false, &w->secret, d);
        *ret_found = err == PAWL_OK;
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static bool find_in(const char *folder, const char *name, char *buf, size_t size)
{
        static const char *const endings[] = { "", ".cred" };

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
                if ((size_t)snprintf(buf, size, "%s/%s%s", folder, name, endings[i]) < size &&
                        access(buf, F_OK) == 0)
                        return true;
        return false;
}

static pawl_err find_sealed(
        const run_args *a, const char *name, char *buf, size_t size, pawl_diag *d)
{
        for (size_t i = 0; i < a->n_places; i++)
                if (find_in(a->places[i], name, buf, size))
                        return PAWL_OK;
        for (size_t i = 0; a->n_places == 0 && pawl_cred_places[i]; i++)
                if (find_in(pawl_cred_places[i], name, buf, size))
                        return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "credential %s: it was not opened at boot, and lies in no store; 'pawl cred list' "
                "shows what there is",
                name);
}

/* Which name it must have was said; that of the file does not matter then. */
static pawl_err add_file(job *j, wanted *w, const char *path, pawl_diag *d)
{
        PAWL_TRY(pawl_cred_files_add(&j->files, path, d));
        w->item = j->files.n;
        return PAWL_OK;
}

static pawl_err find(const run_args *a, char *word, job *j, pawl_diag *d)
{
        char *file = strchr(word, '=');
        wanted *w = &j->creds[j->n];
        char path[PATH_MAX];
        bool found = false;

        if (file)
                *file++ = '\0';
        *w = (wanted){ .name = word };
        if (!pawl_cred_name_is_valid(pawl_span_str(word)))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--cred=: \"%s\" cannot be the name of a credential", word);
        for (size_t i = 0; i < j->n; i++)
                if (strcmp(j->creds[i].name, word) == 0)
                        return pawl_fail(d, PAWL_ERR_USAGE, "--cred=%s: given twice", word);
        j->n++;
        if (file)
                return add_file(j, w, file, d);
        if (a->n_places == 0)
                PAWL_TRY(take_opened(word, w, &found, d));
        if (found)
                return PAWL_OK;
        PAWL_TRY(find_sealed(a, word, path, sizeof(path), d));
        return add_file(j, w, path, d);
}

static pawl_err open_rest(const run_args *a, job *j, pawl_diag *d)
{
        pawl_cred_open_cost cost;
        pawl_cred_opening o = { 0 };

        PAWL_TRY(pawl_cred_opening_make(&a->common, &o, d));
        for (size_t i = 0; i < j->n; i++)
                if (j->creds[i].item > 0) {
                        j->files.items[j->creds[i].item - 1].name = j->creds[i].name;
                        j->files.items[j->creds[i].item - 1].other_name = NULL;
                }
        if (j->files.n > 0)
                PAWL_TRY(pawl_cred_open(&o.options, j->files.items, j->files.n, &cost, d));
        for (size_t i = 0; i < j->files.n; i++)
                if (j->files.items[i].err != PAWL_OK) {
                        *d = j->files.items[i].why;
                        return j->files.items[i].err;
                }
        return PAWL_OK;
}

/* --- giving them --- */

static pawl_err choose_user(const run_args *a, job *j, pawl_diag *d)
{
        const struct passwd *p;

        j->uid = geteuid();
        j->gid = getegid();
        if (!a->user)
                return PAWL_OK;
        p = getpwnam(a->user);
        if (!p)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "--user=: there is no user %s", a->user);
        j->uid = p->pw_uid;
        j->gid = p->pw_gid;
        j->user = a->user;
        return PAWL_OK;
}

static pawl_err become_user(const job *j, pawl_diag *d)
{
        if (!j->user)
                return PAWL_OK;
        if (initgroups(j->user, j->gid) < 0 || setgid(j->gid) < 0 || setuid(j->uid) < 0)
                return pawl_fail_errno(d, errno, "user %s: cannot become", j->user);
        return PAWL_OK;
}

static pawl_err serve(const job *j, pawl_diag *d)
{
        pawl_cred_served list[CREDS_MAX];
        const char *path = NULL;

        for (size_t i = 0; i < j->n; i++)
                list[i] = (pawl_cred_served){ j->creds[i].name,
                        pawl_secret_span(j->creds[i].item > 0
                                                 ? &j->files.items[j->creds[i].item - 1].secret
                                                 : &j->creds[i].secret) };
        PAWL_TRY(pawl_cred_serve_private(list, j->n, j->uid, j->gid, &path, d));
        if (setenv("CREDENTIALS_DIRECTORY", path, 1) < 0)
                return pawl_fail_errno(d, errno, "the environment cannot be set");
        return PAWL_OK;
}

static pawl_err prepare(const run_args *a, job *j, pawl_diag *d)
{
        PAWL_TRY(choose_user(a, j, d));
        for (size_t i = 0; i < a->n_creds; i++)
                PAWL_TRY(find(a, a->creds[i], j, d));
        PAWL_TRY(open_rest(a, j, d));
        PAWL_TRY(serve(j, d));
        return become_user(j, d);
}

/* No process is left between the service and its supervisor. Our copies of the secrets are wiped
 * before the command starts. */
static pawl_err start(const run_args *a, pawl_diag *d)
{
        pawl_cleanup(job_done) job j = { 0 };

        return prepare(a, &j, d);
}

static int run(int argc, char **argv)
{
        run_args a = { 0 };
        pawl_diag d = { 0 };
        pawl_err err;

        for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;)
                if (!take_option(&a, c))
                        return c == '?' ? PAWL_EXIT_USAGE
                                        : pawl_verb_usage(&pawl_verb_cred_run,
                                                  "too many credentials or stores");
        if (optind == argc || a.n_creds == 0)
                return pawl_verb_usage(&pawl_verb_cred_run, "--cred= and a command are wanted");
        err = start(&a, &d);
        if (err == PAWL_OK) {
                (void)execvp(argv[optind], argv + optind);
                err = pawl_fail_errno(&d, errno, "%s: cannot be started", argv[optind]);
        }
        (void)pawl_verb_fail(&d, err);
        return pawl_cred_exit(err);
}

const pawl_verb pawl_verb_cred_run = {
        .noun = "cred",
        .verb = "run",
        .args = "--cred=NAME[=FILE]... [OPTIONS] -- COMMAND [ARG...]",
        .summary = "start a command that gets credentials",
        .help = "  --cred=NAME[=FILE]  may stand often; from what was opened at boot, else from a\n"
                "                      store, or the sealed FILE\n"
                "  --store=DIR         take sealed ones from there only; may stand often\n"
                "  --user=USER         run the command as that user\n"
                "  --authenticate --allow-null --tpm2-signature=FILE --host-key=FILE\n"
                "  --store-keys=DIR --tpm=SPEC   as with 'pawl cred unseal'\n"
                "\n"
                "The command finds a read-only file for each in $CREDENTIALS_DIRECTORY, which is "
                "in\n"
                "memory, never swapped out, seen by it and its children only, and gone with them.\n"
                "If one is missing or does not open, the command is not started.\n"
                "Example: pawl cred run --cred=db-password --user=postgres -- /usr/lib/db/server\n",
        .run = run,
};

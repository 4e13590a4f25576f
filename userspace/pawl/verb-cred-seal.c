/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/cred/describe.h"
#include "userspace/cred/make.h"
#include "userspace/cred/when.h"
#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/pawl/cred-esp.h"
#include "userspace/pawl/cred-policy.h"
#include "userspace/pawl/cred.h"
#include "userspace/pawl/verbs.h"

#define DEVICE_KEY_MAX 4096 /* bytes */

typedef struct seal_args {
        pawl_cred_args common;
        pawl_cred_policy_args policy;
        const char *name, *key, *not_after, *timestamp, *device_key, *store_public, *reader;
        pawl_cred_esp_args esp;
        const char *in, *out;
} seal_args;

static const pawl_option options[] = {
        PAWL_CRED_OPTIONS(seal_args, common),
        PAWL_TEXT("name", seal_args, name),
        PAWL_TEXT("with-key", seal_args, key),
        PAWL_TEXT("not-after", seal_args, not_after),
        PAWL_TEXT("timestamp", seal_args, timestamp),
        PAWL_TEXT("profile", seal_args, policy.profile),
        PAWL_TEXT("tpm2-pcrs", seal_args, policy.pcrs),
        PAWL_TEXT("tpm2-public-key", seal_args, policy.public_key),
        PAWL_TEXT("tpm2-public-key-pcrs", seal_args, policy.public_key_pcrs),
        PAWL_TEXT("tpm2-device-key", seal_args, device_key),
        PAWL_TEXT("store-key", seal_args, store_public),
        PAWL_TEXT("for", seal_args, reader),
        PAWL_TEXT("firmware-log", seal_args, policy.firmware_log),
        PAWL_TEXT("user-log", seal_args, policy.user_log),
        PAWL_TEXT("re-enroll", seal_args, esp.re_enroll),
        PAWL_TEXT("unlock-key-file", seal_args, esp.unlock_key_file),
        PAWL_FLAG("yes", seal_args, esp.is_yes),
        PAWL_FLAG("accept-foreign-authority", seal_args, policy.accept_foreign_authority),
};

/* What the request borrows from. */
typedef struct job {
        pawl_cred_make make;
        pawl_cred_scope scope;
        pawl_cred_policy_choice policy;
        pawl_buffer device_key;
        pawl_store_public store;
        char folder[512];
        int lock; /* on the store's folder, or -1 */
        pawl_tpm *t;
} job;

static void job_done(job *j)
{
        pawl_cred_policy_done(&j->policy);
        pawl_buffer_done(&j->device_key);
        pawl_tpm_close_p(&j->t);
        pawl_close_p(&j->lock);
}

/* The best that this machine has. */
static const char *choose_key(const seal_args *a)
{
        if (a->key && strcmp(a->key, "auto") != 0)
                return a->key;
        if (a->device_key)
                return a->policy.public_key ? "tpm2-with-public-key" : "tpm2";
        if (!pawl_tpm_is_there(a->common.tpm))
                return "host";
        return a->policy.public_key || pawl_cred_image_signs(NULL, a->policy.signature)
                       ? "host+tpm2-with-public-key"
                       : "host+tpm2";
}

static pawl_err choose_type(const seal_args *a, const pawl_cred_type **ret, pawl_diag *d)
{
        const char *key = choose_key(a);
        unsigned with = PAWL_CRED_SRK | (a->common.uid ? PAWL_CRED_SCOPED : 0);

        if (a->reader && strcmp(a->reader, "systemd-252") == 0)
                with &= ~(unsigned)PAWL_CRED_SRK;
        else if (a->reader && strcmp(a->reader, "systemd") != 0)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "--for=: not systemd or systemd-252: %s", a->reader);
        *ret = pawl_cred_type_of_key(key, with);
        if (*ret)
                return PAWL_OK;
        if (a->common.uid && pawl_cred_type_of_key(key, PAWL_CRED_SRK))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--with-key=%s cannot be for one user: it needs the machine's key file",
                        key);
        return pawl_fail(d, PAWL_ERR_USAGE,
                "--with-key=: not one of host, tpm2, host+tpm2, tpm2-with-public-key, "
                "host+tpm2-with-public-key, null, store, auto: %s",
                key);
}

static pawl_err choose_times(const seal_args *a, pawl_cred_make *m, pawl_diag *d)
{
        const uint64_t now = pawl_when_now();

        m->timestamp = now;
        m->not_after = PAWL_CRED_NEVER;
        if (a->timestamp)
                PAWL_TRY(pawl_fail_prefix(
                        d, pawl_when_parse(a->timestamp, now, &m->timestamp, d), "--timestamp="));
        if (a->not_after)
                PAWL_TRY(pawl_fail_prefix(
                        d, pawl_when_parse(a->not_after, now, &m->not_after, d), "--not-after="));
        return PAWL_OK;
}

static pawl_err choose_name(const seal_args *a, pawl_cred_make *m, pawl_diag *d)
{
        const char *shorter = NULL;
        char buf[PAWL_CRED_NAME_MAX];

        m->name = a->name ? a->name : "";
        if (a->name)
                return PAWL_OK;
        if (strcmp(a->out, "-") == 0)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "a name is wanted: --name=NAME, or --name= for one that is good for "
                        "every name");
        pawl_cred_names_of(a->out, &m->name, &shorter, buf);
        return PAWL_OK;
}

/* What is sealed with the TPM alone is as weak as its policy. */
static void warn(const job *j)
{
        const pawl_cred_envelope e = { .type = j->make.type,
                .literal_mask = j->policy.policy.literal.mask,
                .signed_mask = j->policy.policy.signed_mask };
        const char *weakness = pawl_cred_weakness(&e);

        if (weakness)
                pawl_say("weak: %s", weakness);
}

static pawl_err prepare_tpm(const seal_args *a, job *j, pawl_diag *d)
{
        const bool is_signed = (j->make.type->parts & PAWL_CRED_PUBLIC_KEY) != 0;

        if (a->device_key)
                PAWL_TRY(pawl_file_read(a->device_key, DEVICE_KEY_MAX, &j->device_key, d));
        else
                PAWL_TRY(pawl_tpm_open(a->common.tpm, PAWL_TPM_DEADLINE_MS, &j->t, d));
        PAWL_TRY(pawl_cred_policy_choose(j->t, &a->policy, is_signed, &j->policy, d));
        j->make.t = j->t;
        j->make.device_key = pawl_buffer_span(&j->device_key);
        j->make.policy = &j->policy.policy;
        return PAWL_OK;
}

/* The first one makes the pair, alone. */
static pawl_err lock_store(job *j, pawl_diag *d)
{
        pawl_store_public p;
        pawl_err err;

        PAWL_TRY(pawl_store_lock(j->folder, /* is_shared= */ true, &j->lock, d));
        err = pawl_store_current_read(j->folder, &p, d);
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        pawl_close_p(&j->lock);
        j->lock = -1;
        return pawl_store_lock(j->folder, /* is_shared= */ false, &j->lock, d);
}

static pawl_err prepare_store(const seal_args *a, job *j, pawl_diag *d)
{
        bool is_new = false;

        if (a->common.store)
                (void)snprintf(j->folder, sizeof(j->folder), "%s", a->common.store);
        else
                (void)pawl_store_folder(j->folder, sizeof(j->folder));
        j->make.store = &j->store;
        j->make.is_authenticated = a->common.is_authenticated;
        if (a->store_public)
                return pawl_store_public_read(a->store_public, &j->store, d);
        PAWL_TRY(lock_store(j, d));
        PAWL_TRY(
                pawl_cred_store_setup(j->folder, a->common.tpm, &a->policy, &j->store, &is_new, d));
        if (is_new)
                pawl_say("%s: a new key pair; what is sealed to it opens at the next boot, before "
                         "the system is ready",
                        j->folder);
        return PAWL_OK;
}

static pawl_err check_options(const seal_args *a, const pawl_cred_type *type, pawl_diag *d)
{
        const bool is_tpm2 = (type->parts & PAWL_CRED_TPM2) != 0;
        const bool is_store = (type->parts & PAWL_CRED_STORE) != 0;

        if (!is_tpm2 && (a->policy.pcrs || a->device_key || a->policy.public_key_pcrs))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--with-key=%s: PCRs and a device key want one that uses the TPM",
                        type->key);
        if (a->device_key && (type->parts & PAWL_CRED_HOST))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--with-key=%s and --tpm2-device-key=: the other machine has not this "
                        "one's key file; say --with-key=tpm2 or tpm2-with-public-key",
                        type->key);
        if (a->common.is_authenticated && !is_store && !(type->parts & PAWL_CRED_HOST))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--authenticate wants --with-key=store, or one with the host's key");
        if (!is_tpm2 && !is_store && a->policy.profile)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--with-key=%s: a profile wants one that uses the TPM", type->key);
        return PAWL_OK;
}

static pawl_err prepare(const seal_args *a, job *j, pawl_diag *d)
{
        PAWL_TRY(choose_type(a, &j->make.type, d));
        PAWL_TRY(check_options(a, j->make.type, d));
        PAWL_TRY(choose_times(a, &j->make, d));
        PAWL_TRY(choose_name(a, &j->make, d));
        if (a->common.uid) {
                PAWL_TRY(pawl_fail_prefix(
                        d, pawl_cred_scope_of(a->common.uid, &j->scope, d), "--uid="));
                j->make.scope = &j->scope;
        }
        j->make.host_key = a->common.host_key;
        if (j->make.type->parts & PAWL_CRED_TPM2)
                PAWL_TRY(prepare_tpm(a, j, d));
        if (j->make.type->parts & PAWL_CRED_STORE)
                PAWL_TRY(prepare_store(a, j, d));
        warn(j);
        return PAWL_OK;
}

static pawl_err seal(const seal_args *a, pawl_diag *d)
{
        pawl_cleanup(job_done) job j = { .lock = -1 };
        pawl_autosecret pawl_secret secret = { 0 };
        pawl_autobuffer pawl_buffer text = { 0 };

        PAWL_TRY(pawl_file_read_secret(a->in, PAWL_CRED_SECRET_MAX, false, &secret, d));
        PAWL_TRY(prepare(a, &j, d));
        PAWL_TRY(pawl_cred_seal(&j.make, pawl_secret_span(&secret), &text, d));
        pawl_tpm_close_p(&j.t); /* another conversation may follow */
        PAWL_TRY(pawl_cred_esp_prepare(&a->esp, a->out, pawl_buffer_span(&text), d));
        return pawl_file_write(a->out, pawl_buffer_span(&text), 0600, d);
}

static int run(int argc, char **argv)
{
        seal_args a = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return PAWL_EXIT_USAGE;
        if (argc - first != 2)
                return pawl_verb_usage(&pawl_verb_cred_seal, "IN and OUT are wanted ('-': standard "
                                                             "input, standard output)");
        a.in = argv[first];
        a.out = argv[first + 1];
        a.policy.signature = a.common.signature;
        a.esp.tpm = a.common.tpm;
        a.esp.public_key = a.policy.public_key;
        a.esp.firmware_log = a.policy.firmware_log;
        a.esp.user_log = a.policy.user_log;
        err = seal(&a, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_cred_seal = {
        .noun = "cred",
        .verb = "seal",
        .args = "[OPTIONS] IN OUT",
        .summary = "seal a secret for services of this machine",
        .help = "  --with-key=K        host, tpm2, host+tpm2, null, tpm2-with-public-key,\n"
                "                      host+tpm2-with-public-key (systemd's format), store (this\n"
                "                      machine's key pair), or auto: the best in systemd's format\n"
                "  --name=N            the name that it is bound to (default: that of OUT)\n"
                "  --not-after=T       \"2027-01-31 12:00\", +30d, infinity; --timestamp=T\n"
                "  --profile=NAME      policy, or of PCRs as they are now: --tpm2-pcrs=7+12\n"
                "  --tpm2-public-key=FILE  with --tpm2-public-key-pcrs= (default: the image's, "
                "11)\n"
                "  --authenticate      with store: the machine's key file takes part too\n"
                "  --uid=USER          for one user; --host-key=FILE, --store-keys=DIR\n"
                "  --tpm2-device-key=FILE  for another machine, from its storage root key\n"
                "  --store-key=FILE    for another machine's store, from its 'current' file\n"
                "  --for=systemd-252   in the format that systemd before 262 reads\n"
                "  --yes, --re-enroll=auto|DEVICE, --unlock-key-file=FILE  for an OUT beside an "
                "image\n"
                "                      on the boot partition: the next boot measures it to PCR 12\n"
                "  --tpm=SPEC --firmware-log= --user-log= --accept-foreign-authority\n"
                "\n"
                "Example: pawl cred seal --with-key=store password.txt "
                "/var/lib/pawl/credstore/db-password\n",
        .run = run,
};

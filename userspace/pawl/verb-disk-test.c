/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        const char *type, *token, *key_file, *pin_file, *signature, *tpm;
        int token_id; /* -1: any */
        bool is_json;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("type", args, type),
        PAWL_TEXT("token-id", args, token),
        PAWL_TEXT("key-file", args, key_file),
        PAWL_TEXT("pin-file", args, pin_file),
        PAWL_TEXT("tpm2-signature", args, signature),
        PAWL_TEXT("tpm", args, tpm),
        PAWL_FLAG("json", args, is_json),
};

/* `kind` of what is typed is PAWL_TOKEN_OTHER. */
static const struct {
        const char *word;
        pawl_token_kind kind;
} types[] = {
        {"tpm2",      PAWL_TOKEN_TPM2  },
        { "fido2",    PAWL_TOKEN_FIDO2 },
        { "pkcs11",   PAWL_TOKEN_PKCS11},
        { "recovery", PAWL_TOKEN_OTHER },
        { "password", PAWL_TOKEN_OTHER },
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* Everything that one test needs. */
typedef struct test {
        const args *a;
        pawl_token_kind kind; /* PAWL_TOKEN_OTHER: any */
        pawl_disk disk;
        pawl_buffer signature;
        pawl_terminal terminal;
        pawl_means means;
        json_object *results; /* NULL: print text */
} test;

static void test_done(test *t)
{
        pawl_disk_done(&t->disk);
        pawl_means_done(&t->means);
        pawl_terminal_done(&t->terminal);
        pawl_buffer_done(&t->signature);
        pawl_json_put_p(&t->results);
}

static pawl_err test_start(test *t, const char *device, pawl_diag *d)
{
        PAWL_TRY(pawl_disk_open(device, &t->disk, d));
        PAWL_TRY(pawl_signatures_read(t->a->signature, &t->signature, d));
        pawl_terminal_init(&t->terminal, t->a->pin_file);
        t->means = (pawl_means){ .tpm = t->a->tpm,
                .signature_json = pawl_buffer_span(&t->signature),
                .ask = &t->terminal.ask };
        t->results = t->a->is_json ? json_object_new_array() : NULL;
        return PAWL_OK;
}

/* Whether an error is an answer ("this does not open it") or the lack of one. */
static int status_of(pawl_err err)
{
        switch ((int)err) {
        case PAWL_OK:
                return PAWL_EXIT_YES;
        case PAWL_ERR_KEY:
        case PAWL_ERR_TPM_POLICY:
        case PAWL_ERR_TPM_OTHER:
        case PAWL_ERR_TPM_LOCKOUT:
        case PAWL_ERR_MISMATCH:
        case PAWL_ERR_NOT_FOUND:
                return PAWL_EXIT_NO;
        default:
                return PAWL_EXIT_UNSURE;
        }
}

/* One answer: on stdout as text, or into the JSON list. `id` -1: what was typed. */
static pawl_err report(test *t, const pawl_token *token, int status, const char *why)
{
        static const char *const words[] = { "opens", "does not open", "could not be tested" };
        json_object *o = t->results ? json_object_new_object() : NULL;

        if (!t->results) {
                if (token)
                        (void)printf("token %d (%s): ", token->id, token->type);
                (void)printf(
                        "%s%s%s\n", words[status], status == 0 ? "" : ": ", status == 0 ? "" : why);
                return PAWL_OK;
        }
        if (!o || json_object_array_add(t->results, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        if (token)
                PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(token->id)));
        PAWL_TRY(pawl_json_add_text(o, "type", token ? token->type : "typed"));
        if (status == PAWL_EXIT_UNSURE) {
                if (json_object_object_add(o, "opens", NULL) != 0)
                        return PAWL_ERR_NO_MEMORY;
        } else {
                PAWL_TRY(pawl_json_add(o, "opens", json_object_new_boolean(status == 0)));
        }
        return status == 0 ? PAWL_OK : pawl_json_add_text(o, "why", why);
}

static bool is_wanted(const test *t, const pawl_token *token)
{
        if (t->a->token_id >= 0 && token->id != t->a->token_id)
                return false;
        if (t->kind != PAWL_TOKEN_OTHER)
                return token->kind == t->kind;
        return t->a->token_id >= 0 || token->kind != PAWL_TOKEN_RECOVERY;
}

/* Yes if one token opens; no only if each was tried and none does. */
static int test_tokens(test *t)
{
        int status = PAWL_EXIT_USAGE;

        for (size_t i = 0; i < t->disk.n_tokens; i++) {
                const pawl_token *token = &t->disk.tokens[i];
                pawl_diag d = { 0 };
                int s;

                if (!is_wanted(t, token))
                        continue;
                pawl_disk_say_weaknesses(token);
                s = status_of(pawl_means_unlock(&t->means, t->disk.volume, token, &d));
                /* a wrong PIN is not given to the next token: it may be the same device */
                if (s == PAWL_EXIT_YES)
                        t->terminal.is_spent = false;
                if (report(t, token, s, pawl_diag_text(&d)) != PAWL_OK)
                        return PAWL_EXIT_UNSURE;
                if (status == PAWL_EXIT_USAGE || s == PAWL_EXIT_YES ||
                        (status == PAWL_EXIT_NO && s == PAWL_EXIT_UNSURE))
                        status = s;
        }
        if (status != PAWL_EXIT_USAGE)
                return status;
        pawl_say("%s: no token of that kind", pawl_volume_device(t->disk.volume));
        return PAWL_EXIT_NO;
}

static int test_typed(test *t)
{
        pawl_autosecret pawl_secret typed = { 0 };
        pawl_way_in way = PAWL_WAY_PASSPHRASE;
        pawl_diag d = { 0 };
        pawl_err err = pawl_secret_obtain(
                t->a->key_file, "PASSWORD", "Passphrase or recovery key:", &typed, &d);
        int status;

        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        err = pawl_open_typed(t->disk.volume, pawl_secret_span(&typed), &way, &d);
        if (err == PAWL_OK && t->a->type && strcmp(t->a->type, "recovery") == 0 &&
                way != PAWL_WAY_RECOVERY)
                err = pawl_fail(&d, PAWL_ERR_KEY, "it is a passphrase, not a recovery key");
        status = status_of(err);
        return report(t, NULL, status, pawl_diag_text(&d)) == PAWL_OK ? status : PAWL_EXIT_UNSURE;
}

static int run_test(const args *a, pawl_token_kind kind, const char *device)
{
        pawl_cleanup(test_done) test t = { .a = a, .kind = kind };
        pawl_autojson json_object *top = a->is_json ? json_object_new_object() : NULL;
        bool is_typed = a->type ? kind == PAWL_TOKEN_OTHER : a->key_file != NULL;
        pawl_diag d = { 0 };
        pawl_err err = test_start(&t, device, &d);
        int status;

        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        status = is_typed ? test_typed(&t) : test_tokens(&t);
        if (!a->is_json)
                return status;
        if (pawl_json_add_text(top, "device", device) != PAWL_OK ||
                pawl_json_add(top, "opens", json_object_new_boolean(status == PAWL_EXIT_YES)) !=
                        PAWL_OK ||
                pawl_json_add(top, "results", json_object_get(t.results)) != PAWL_OK ||
                pawl_json_print(top) != PAWL_OK)
                return PAWL_EXIT_UNSURE;
        return status;
}

static bool find_type(const char *word, pawl_token_kind *ret)
{
        for (size_t i = 0; i < N_TYPES; i++)
                if (strcmp(word, types[i].word) == 0) {
                        *ret = types[i].kind;
                        return true;
                }
        return false;
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_token_kind kind = PAWL_TOKEN_OTHER;
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_test, "a wrong option");
        if (!pawl_disk_token_id(a.token, &a.token_id))
                return pawl_verb_usage(&pawl_verb_disk_test, "--token-id: not a token's number");
        if (argc - first != 1)
                return pawl_verb_usage(&pawl_verb_disk_test, "one device or image is wanted");
        if (a.type && !find_type(a.type, &kind))
                return pawl_verb_usage(&pawl_verb_disk_test, "--type: no such kind: %s", a.type);
        return run_test(&a, kind, argv[first]);
}

const pawl_verb pawl_verb_disk_test = {
        .noun = "disk",
        .verb = "test",
        .args = "[OPTIONS] DEVICE",
        .summary = "say whether a way in opens the volume now, and why not",
        .help = "  --type=KIND                    tpm2, pkcs11, recovery, password (default: "
                "every\n"
                "                                 token, or what --key-file holds)\n"
                "  --token-id=N                   only this token\n"
                "  --key-file=FILE                passphrase or recovery key; '-' for stdin\n"
                "  --pin-file=FILE                PIN of the token; else PIN from the environment\n"
                "  --tpm2-signature=FILE          PCR signatures of the image (JSON)\n"
                "  --tpm=DEVICE                   /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                         print JSON\n"
                "\n"
                "Nothing is changed and nothing is mapped. A wrong PIN costs one of the TPM's or "
                "token's tries.\n"
                "Exit status: 0 it opens, 1 it does not, 2 could not tell.\n"
                "Example: pawl disk test --type=tpm2 /dev/vda3\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/host/prompt.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/verbs.h"

enum {
        OPT_TYPE = 0x100,
        OPT_TOKEN_ID,
        OPT_KEY_FILE,
        OPT_PIN_FILE,
        OPT_SIGNATURE,
        OPT_TPM,
        OPT_JSON,
};

static const struct option options[] = {
        {"type",             required_argument, NULL, OPT_TYPE },
        { "token-id",              required_argument, NULL, OPT_TOKEN_ID },
        { "key-file",                 required_argument, NULL, OPT_KEY_FILE },
        { "pin-file",required_argument, NULL, OPT_PIN_FILE },
        { "tpm2-signature",      required_argument, NULL, OPT_SIGNATURE },
        { "tpm",        required_argument, NULL, OPT_TPM },
        { "json",              no_argument, NULL, OPT_JSON },
        { 0                },
};

typedef struct args {
        const char *type, *key_file, *pin_file, *signature, *tpm;
        int token_id; /* -1: any */
        bool is_json;
} args;

/* Everything that one test needs; the TPM is opened when the first token wants it. */
typedef struct test {
        const args *a;
        pawl_disk disk;
        pawl_tpm *tpm;
        pawl_buffer signature;
        pawl_secret pin;
        json_object *results; /* NULL: print text */
} test;

static void test_done(test *t)
{
        pawl_disk_done(&t->disk);
        pawl_tpm_close_p(&t->tpm);
        pawl_buffer_done(&t->signature);
        pawl_secret_done(&t->pin);
        pawl_json_put_p(&t->results);
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

static pawl_err prepare_tpm(test *t, const pawl_token *token, pawl_diag *d)
{
        if (!t->tpm) {
                PAWL_TRY(pawl_disk_signatures(t->a->signature, &t->signature, d));
                PAWL_TRY(pawl_tpm_open(t->a->tpm, PAWL_TPM_DEADLINE_MS, &t->tpm, d));
        }
        if (token->tpm2.has_pin && t->pin.len == 0)
                PAWL_TRY(pawl_secret_obtain(t->a->pin_file, "PIN", "PIN:", &t->pin, d));
        return PAWL_OK;
}

static pawl_err try_token(test *t, const pawl_token *token, pawl_diag *d)
{
        if (token->why)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s", token->why);
        if (token->kind != PAWL_TOKEN_TPM2)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "%s is not supported yet", token->type);
        PAWL_TRY(pawl_volume_check_crypto(t->disk.volume, d));
        PAWL_TRY(prepare_tpm(t, token, d));
        return pawl_open_tpm2(t->disk.volume, token, t->tpm, pawl_buffer_span(&t->signature),
                pawl_secret_span(&t->pin), d);
}

static void say_weaknesses(const pawl_token *token)
{
        const char *weak[PAWL_WEAK_MAX];
        size_t n = pawl_token_weaknesses(token, weak);

        for (size_t i = 0; i < n; i++)
                pawl_say("token %d: %s", token->id, weak[i]);
}

static bool is_wanted(const args *a, const pawl_token *token)
{
        if (a->token_id >= 0)
                return token->id == a->token_id;
        return token->kind != PAWL_TOKEN_RECOVERY;
}

/* Yes if one token opens; no only if each was tried and none does. */
static int test_tokens(test *t)
{
        int status = PAWL_EXIT_USAGE;

        for (size_t i = 0; i < t->disk.n_tokens; i++) {
                const pawl_token *token = &t->disk.tokens[i];
                pawl_diag d = { 0 };
                int s;

                if (!is_wanted(t->a, token))
                        continue;
                s = status_of(try_token(t, token, &d));
                if (report(t, token, s, pawl_diag_text(&d)) != PAWL_OK)
                        return PAWL_EXIT_UNSURE;
                say_weaknesses(token);
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

static int run_test(const args *a, const char *device)
{
        pawl_cleanup(test_done) test t = { .a = a };
        pawl_autojson json_object *top = a->is_json ? json_object_new_object() : NULL;
        bool is_typed = a->type ? strcmp(a->type, "tpm2") != 0 : a->key_file != NULL;
        pawl_diag d = { 0 };
        pawl_err err = pawl_disk_open(device, &t.disk, &d);
        int status;

        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        t.results = a->is_json ? json_object_new_array() : NULL;
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

static bool take_number(const char *text, int max, int *ret)
{
        int n = 0;

        for (const char *p = text; *p; p++) {
                if (*p < '0' || *p > '9' || n > max)
                        return false;
                n = n * 10 + (*p - '0');
        }
        *ret = n;
        return *text != '\0' && n <= max;
}

static int run(int argc, char **argv)
{
        args a = { .token_id = -1 };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                if (c == OPT_TYPE)
                        a.type = optarg;
                else if (c == OPT_KEY_FILE)
                        a.key_file = optarg;
                else if (c == OPT_PIN_FILE)
                        a.pin_file = optarg;
                else if (c == OPT_SIGNATURE)
                        a.signature = optarg;
                else if (c == OPT_TPM)
                        a.tpm = optarg;
                else if (c == OPT_JSON)
                        a.is_json = true;
                else if (c != OPT_TOKEN_ID || !take_number(optarg, 31, &a.token_id))
                        return pawl_verb_usage(&pawl_verb_disk_test, "a wrong option");
        }
        if (argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_disk_test, "one device or image is wanted");
        if (a.type && strcmp(a.type, "tpm2") != 0 && strcmp(a.type, "recovery") != 0 &&
                strcmp(a.type, "password") != 0)
                return pawl_verb_usage(&pawl_verb_disk_test, "--type: no such kind: %s", a.type);
        return run_test(&a, argv[optind]);
}

const pawl_verb pawl_verb_disk_test = {
        .noun = "disk",
        .verb = "test",
        .args = "[OPTIONS] DEVICE",
        .summary = "say whether a way in opens the volume now, and why not",
        .help = "  --type=tpm2|recovery|password  what to try (default: every token, or what\n"
                "                                 --key-file holds)\n"
                "  --token-id=N                   only this token\n"
                "  --key-file=FILE                passphrase or recovery key; '-' for stdin\n"
                "  --pin-file=FILE                PIN of the token; else PIN from the environment\n"
                "  --tpm2-signature=FILE          PCR signatures of the image (JSON)\n"
                "  --tpm=DEVICE                   /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                         print JSON\n"
                "\n"
                "Nothing is changed and nothing is mapped. A wrong PIN costs one of the TPM's "
                "tries.\n"
                "Exit status: 0 it opens, 1 it does not, 2 could not tell.\n"
                "Example: pawl disk test --type=tpm2 /dev/vda3\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/enroll-policy.h"
#include "userspace/pawl/recovery-proof.h"
#include "userspace/pawl/verbs.h"
#include "userspace/token/recovery-key.h"

enum {
        OPT_TPM2 = 0x100,
        OPT_RECOVERY_KEY,
        OPT_NO_VERIFY,
        OPT_PROFILE,
        OPT_PCRS,
        OPT_PUBLIC_KEY,
        OPT_POLICYREF,
        OPT_SIGNATURE,
        OPT_ACCEPT_FOREIGN,
        OPT_FIRMWARE_LOG,
        OPT_USER_LOG,
        OPT_UNLOCK_KEY_FILE,
        OPT_UNLOCK_TPM2,
        OPT_TPM,
};

static const struct option options[] = {
        {"tpm2",             no_argument, NULL, OPT_TPM2 },
        { "recovery-key",              no_argument, NULL, OPT_RECOVERY_KEY },
        { "no-verify",                 no_argument, NULL, OPT_NO_VERIFY },
        { "profile",required_argument, NULL, OPT_PROFILE },
        { "tpm2-pcrs",  required_argument, NULL, OPT_PCRS },
        { "tpm2-public-key",       required_argument, NULL, OPT_PUBLIC_KEY },
        { "tpm2-public-key-policyref",              required_argument, NULL, OPT_POLICYREF },
        { "tpm2-signature",                 required_argument, NULL, OPT_SIGNATURE },
        { "accept-foreign-authority",        no_argument, NULL, OPT_ACCEPT_FOREIGN },
        { "firmware-log",       required_argument, NULL, OPT_FIRMWARE_LOG },
        { "user-log",       required_argument, NULL, OPT_USER_LOG },
        { "unlock-key-file",              required_argument, NULL, OPT_UNLOCK_KEY_FILE },
        { "unlock-tpm2",                 no_argument, NULL, OPT_UNLOCK_TPM2 },
        { "tpm",required_argument, NULL, OPT_TPM },
        { 0   },
};

typedef struct args {
        bool tpm2, recovery_key, no_verify;
        pawl_enroll_options policy;
        pawl_disk_unlock unlock;
} args;

static bool take_flag(args *a, int c)
{
        bool *flag = c == OPT_TPM2             ? &a->tpm2
                     : c == OPT_RECOVERY_KEY   ? &a->recovery_key
                     : c == OPT_NO_VERIFY      ? &a->no_verify
                     : c == OPT_ACCEPT_FOREIGN ? &a->policy.boot.accept_foreign_authority
                     : c == OPT_UNLOCK_TPM2    ? &a->unlock.by_tpm2
                                               : NULL;

        if (flag)
                *flag = true;
        return flag != NULL;
}

static bool take_text(args *a, int c, const char *text)
{
        const char **to = c == OPT_PROFILE           ? &a->policy.profile
                          : c == OPT_PCRS            ? &a->policy.pcrs
                          : c == OPT_PUBLIC_KEY      ? &a->policy.boot.public_key
                          : c == OPT_POLICYREF       ? &a->policy.ref
                          : c == OPT_SIGNATURE       ? &a->policy.boot.signature
                          : c == OPT_FIRMWARE_LOG    ? &a->policy.boot.firmware_log
                          : c == OPT_USER_LOG        ? &a->policy.boot.user_log
                          : c == OPT_UNLOCK_KEY_FILE ? &a->unlock.key_file
                          : c == OPT_TPM             ? &a->unlock.tpm
                                                     : NULL;

        if (to)
                *to = text;
        return to != NULL;
}

static void say_token(const pawl_disk *k, int id)
{
        const char *weak[PAWL_WEAK_MAX];

        for (size_t i = 0; i < k->n_tokens; i++) {
                pawl_autofree char *needs = NULL;
                size_t n = pawl_token_weaknesses(&k->tokens[i], weak);

                if (k->tokens[i].id != id || pawl_token_describe(&k->tokens[i], &needs) != PAWL_OK)
                        continue;
                (void)printf("token %d, keyslot %d: %s\n", id,
                        k->tokens[i].n_keyslots > 0 ? k->tokens[i].keyslots[0] : -1, needs);
                for (size_t j = 0; j < n; j++)
                        pawl_say("token %d: %s", id, weak[j]);
        }
}

/* Everything that can refuse comes before the volume is unlocked, and all of it before it is
 * written. */
static pawl_err enroll_tpm2(const args *a, pawl_disk *k, int *ret_id, pawl_diag *d)
{
        pawl_autoenrollpolicy pawl_enroll_policy p = { 0 };
        pawl_autosealed pawl_sealed s = { 0 };
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_span json = PAWL_SPAN_NULL;
        bool is_new = false;

        PAWL_TRY(pawl_tpm_open(a->unlock.tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_enroll_policy_make(t, &a->policy, &p, d));
        if (p.boot.is_now)
                json = pawl_buffer_span(&p.boot.signature_json);
        PAWL_TRY(pawl_tpm_srk_setup(t, &srk, &is_new, d));
        PAWL_TRY(pawl_seal_new(t, srk, &p.boot.policy, json, &s, d));
        pawl_tpm_srk_free_p(&srk);
        srk = NULL;
        pawl_tpm_close_p(&t); /* one conversation at a time: unlocking may want its own */
        t = NULL;
        PAWL_TRY(pawl_disk_unlock_volume(k, &a->unlock, d));
        PAWL_TRY(pawl_enroll_sealed(k->volume, &s, ret_id, d));
        if (json.len == 0)
                pawl_say(
                        "the new token was not tried: this machine is not in the state in which it "
                        "opens; 'pawl forecast' tells whether it will");
        return PAWL_OK;
}

static void show_key(const pawl_secret *text)
{
        (void)printf("%s\n", (const char *)text->data);
        (void)fflush(stdout);
        if (isatty(STDERR_FILENO) &&
                pawl_qr_print(pawl_secret_span(text), PAWL_QR_UTF8, stderr) != PAWL_OK)
                pawl_say("no QR code: built without libqrencode");
        pawl_say("this recovery key opens the volume without the TPM. Write it down and keep it "
                 "apart from the machine; it is not shown again.");
}

/* Only a key that somebody can type back is a way in. */
static pawl_err verify_key(const char *device, pawl_diag *d)
{
        pawl_autosecret pawl_secret typed = { 0 };
        pawl_autodisk pawl_disk k = { 0 };
        pawl_way_in way = PAWL_WAY_PASSPHRASE;

        PAWL_TRY(
                pawl_secret_obtain(NULL, NULL, "Type the recovery key from your copy:", &typed, d));
        PAWL_TRY(pawl_disk_open(device, &k, d));
        PAWL_TRY(pawl_open_typed(k.volume, pawl_secret_span(&typed), &way, d));
        if (way != PAWL_WAY_RECOVERY)
                return pawl_fail(d, PAWL_ERR_KEY, "that is not the recovery key");
        return pawl_recovery_set_proven(pawl_volume_uuid(k.volume), d);
}

static int enroll_recovery_key(const args *a, pawl_disk *k, pawl_diag *d)
{
        pawl_autosecret pawl_secret text = { 0 };
        pawl_err err = pawl_disk_unlock_volume(k, &a->unlock, d);

        if (err == PAWL_OK)
                err = pawl_enroll_recovery_key(k->volume, &text, d);
        if (err != PAWL_OK)
                return pawl_verb_fail(d, err);
        show_key(&text);
        if (!a->no_verify && isatty(STDERR_FILENO)) {
                err = verify_key(pawl_volume_device(k->volume), d);
                if (err == PAWL_OK)
                        return PAWL_EXIT_YES;
                pawl_say("%s", pawl_diag_text(d));
        }
        pawl_say("the key is not proven; check it with 'pawl disk recovery-check %s'",
                pawl_volume_device(k->volume));
        return err == PAWL_OK ? PAWL_EXIT_YES : PAWL_EXIT_NO;
}

static int enroll(const args *a, const char *device)
{
        pawl_autodisk pawl_disk k = { 0 }, after = { 0 };
        pawl_diag d = { 0 };
        int id = -1;
        pawl_err err = pawl_disk_open(device, &k, &d);

        if (err == PAWL_OK)
                err = pawl_volume_check_crypto(k.volume, &d);
        if (err == PAWL_OK && a->recovery_key)
                return enroll_recovery_key(a, &k, &d);
        if (err == PAWL_OK)
                err = enroll_tpm2(a, &k, &id, &d);
        if (err == PAWL_OK)
                err = pawl_disk_open(device, &after, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        say_token(&after, id);
        return PAWL_EXIT_YES;
}

static int run(int argc, char **argv)
{
        args a = { 0 };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
                if (!take_flag(&a, c) && !take_text(&a, c, optarg))
                        return pawl_verb_usage(&pawl_verb_disk_enroll, "a wrong option");
        if (argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_disk_enroll, "one device or image is wanted");
        if (a.tpm2 == a.recovery_key)
                return pawl_verb_usage(
                        &pawl_verb_disk_enroll, "say one of --tpm2 and --recovery-key");
        if (a.unlock.by_tpm2 && a.unlock.key_file)
                return pawl_verb_usage(&pawl_verb_disk_enroll,
                        "--unlock-tpm2 and --unlock-key-file= exclude "
                        "each other");
        a.unlock.signature = a.policy.boot.signature;
        return enroll(&a, argv[optind]);
}

const pawl_verb pawl_verb_disk_enroll = {
        .noun = "disk",
        .verb = "enroll",
        .args = "--tpm2|--recovery-key [OPTIONS] DEVICE",
        .summary = "add a way into a volume: this machine's TPM, or a recovery key",
        .help = "  --tpm2                            opens by itself in the state that is "
                "described by\n"
                "    --profile=signed-os|exact-boot  a named policy (default: signed-os), or\n"
                "    --tpm2-pcrs=LIST                own PCRs: 7+12, secure-boot-policy, "
                "4:sha256=HEX\n"
                "    --tpm2-public-key=FILE          key whose PCR 11 signatures open it (default "
                "with\n"
                "                                    a profile: the running image's)\n"
                "    --tpm2-public-key-policyref=REF reference of these signatures\n"
                "    --tpm2-signature=FILE           the signatures; the token is tried with them\n"
                "    --accept-foreign-authority      also where others' signatures take part in "
                "the boot\n"
                "    --firmware-log= --user-log=     logs to take PCR values from, held against "
                "the TPM\n"
                "  --recovery-key                    makes a key, prints it, asks for it again\n"
                "    --no-verify                     does not ask\n"
                "  --unlock-key-file=FILE            what opens the volume now; '-' for stdin "
                "(default:\n"
                "                                    PASSWORD from the environment, or a prompt)\n"
                "  --unlock-tpm2                     or a TPM2 token of it\n"
                "  --tpm=DEVICE                      /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "\n"
                "What fails leaves every way in as it was.\n"
                "Example: pawl disk enroll --tpm2 /dev/vda3\n",
        .run = run,
};

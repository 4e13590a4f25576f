/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/enroll.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"
#include "userspace/pawl/wipe.h"

#define FLAG(name, member) PAWL_FLAG(name, pawl_enroll_args, member)
#define TEXT(name, member) PAWL_TEXT(name, pawl_enroll_args, member)
static const pawl_option options[] = {
        FLAG("tpm2", tpm2),
        TEXT("fido2", fido2),
        TEXT("fido2-device", fido2), /* systemd-cryptenroll's name */
        TEXT("fido2-with-client-pin", fido2_pin),
        TEXT("fido2-with-user-presence", fido2_presence),
        TEXT("fido2-with-user-verification", fido2_verification),
        TEXT("fido2-credential-algorithm", fido2_algorithm),
        TEXT("pkcs11", pkcs11),
        TEXT("pkcs11-token-uri", pkcs11), /* systemd-cryptenroll's name */
        TEXT("pkcs11-padding", pkcs11_padding),
        TEXT("pin-file", pin_file),
        FLAG("recovery-key", recovery_key),
        FLAG("password", password),
        TEXT("profile", policy.profile),
        TEXT("tpm2-pcrs", policy.pcrs),
        TEXT("tpm2-public-key", policy.boot.public_key),
        TEXT("tpm2-public-key-pcrs", policy.public_key_pcrs),
        TEXT("tpm2-public-key-policyref", policy.ref),
        TEXT("tpm2-signature", policy.boot.signature),
        TEXT("tpm2-device-key", device_key),
        TEXT("for", reader),
        TEXT("tpm2-with-pin", with_pin),
        TEXT("new-pin-file", new_pin_file),
        TEXT("tpm2-argon2id-memory", argon_memory),
        TEXT("tpm2-argon2id-iterations", argon_iterations),
        TEXT("tpm2-argon2id-parallelism", argon_parallelism),
        FLAG("accept-foreign-authority", policy.boot.accept_foreign_authority),
        TEXT("firmware-log", policy.boot.firmware_log),
        TEXT("user-log", policy.boot.user_log),
        FLAG("no-verify", no_verify),
        TEXT("new-password-file", new_password_file),
        TEXT("unlock-key-file", unlock.key_file),
        FLAG("unlock-tpm2", unlock.by_tpm2),
        FLAG("unlock-pkcs11", unlock.by_pkcs11),
        TEXT("unlock-tpm2-device", unlock.tpm2_device),
        TEXT("unlock-fido2-device", unlock.fido2_device),
        TEXT("unlock-pin-file", unlock.pin_file),
        FLAG("accept-direct-pin", unlock.accepts_direct_pin),
        TEXT("wipe-slot", wipe),
        TEXT("tpm", unlock.tpm),
};

static pawl_enroll_kind *kind_of(const pawl_enroll_args *a)
{
        return a->device_key     ? pawl_enroll_by_device_key
               : a->tpm2         ? pawl_enroll_by_tpm2
               : a->fido2        ? pawl_enroll_by_fido2
               : a->pkcs11       ? pawl_enroll_by_pkcs11
               : a->recovery_key ? pawl_enroll_by_recovery_key
                                 : pawl_enroll_by_password;
}

/* An option of a kind that is not enrolled, or NULL: it would be dropped in silence. */
static const char *foreign_option(const pawl_enroll_args *a)
{
        const pawl_enroll_options *p = &a->policy;
        const struct {
                bool is_foreign;
                const char *name;
        } rows[] = {
                {!a->tpm2 && p->profile,                                                        "--profile"                  },
                { !a->tpm2 && p->pcrs,                                                          "--tpm2-pcrs"                },
                { !a->tpm2 && p->boot.public_key,                                               "--tpm2-public-key"          },
                { !a->tpm2 && p->public_key_pcrs,                                               "--tpm2-public-key-pcrs"     },
                { !a->tpm2 && p->ref,                                                           "--tpm2-public-key-policyref"},
                { !a->tpm2 && a->with_pin,                                                      "--tpm2-with-pin"            },
                { !a->tpm2 && a->new_pin_file,                                                  "--new-pin-file"             },
                { !a->tpm2 && (a->argon_memory || a->argon_iterations || a->argon_parallelism),
                 "--tpm2-argon2id-…"                                                                                       },
                { !a->tpm2 && a->reader,                                                        "--for"                      },
                { !a->fido2 && (a->fido2_pin || a->fido2_presence || a->fido2_verification ||
                                       a->fido2_algorithm),
                 "--fido2-…"                                                                                               },
                { !a->pkcs11 && a->pkcs11_padding,                                              "--pkcs11-padding"           },
                { !a->pkcs11 && !a->fido2 && a->pin_file,                                       "--pin-file"                 },
                { !a->password && a->new_password_file,                                         "--new-password-file"        },
                { !a->recovery_key && a->no_verify,                                             "--no-verify"                },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (rows[i].is_foreign)
                        return rows[i].name;
        return NULL;
}

static void say_token(const pawl_token *t)
{
        pawl_autofree char *needs = NULL;

        if (pawl_token_describe(t, &needs) == PAWL_OK)
                (void)printf("token %d, keyslot %d: %s\n", t->id,
                        t->n_keyslots > 0 ? t->keyslots[0] : -1, needs);
        pawl_disk_say_weaknesses(t);
}

/* The header as it is now says what was written. A recovery key is all that its verb prints. */
static pawl_err report(
        const pawl_enroll_args *a, pawl_disk *after, pawl_enrolled *new, pawl_diag *d)
{
        pawl_token *t = pawl_disk_token(after, new->token);

        if (new->token >= 0 && (!t || t->n_keyslots == 0))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "%s: the new token is not in the header",
                        pawl_volume_device(after->volume));
        if (t)
                new->keyslot = t->keyslots[0];
        if (t && !a->recovery_key)
                say_token(t);
        else if (!t)
                (void)printf("keyslot %d: a passphrase, typed\n", new->keyslot);
        return PAWL_OK;
}

/* After the new way in is written, never before. */
static pawl_err finish(
        const pawl_enroll_args *a, const char *device, pawl_enrolled *new, pawl_diag *d)
{
        pawl_autodisk pawl_disk after = { 0 };

        PAWL_TRY(pawl_disk_open(device, &after, d));
        PAWL_TRY(report(a, &after, new, d));
        if (a->wipe && new->is_unproven)
                pawl_say("nothing was removed: the new key is not proven");
        else if (a->wipe)
                return pawl_wipe_old(&after, a->wipe, new->keyslot, d);
        return PAWL_OK;
}

static pawl_err enroll(
        const pawl_enroll_args *a, const char *device, pawl_enrolled *new, pawl_diag *d)
{
        pawl_autodisk pawl_disk k = { 0 };

        PAWL_TRY(pawl_disk_open(device, &k, d));
        PAWL_TRY(pawl_volume_check_crypto(k.volume, d));
        if (a->wipe)
                PAWL_TRY(pawl_wipe_check(&k, a->wipe, d));
        PAWL_TRY(kind_of(a)(a, &k, new, d));
        pawl_disk_done(&k);
        return finish(a, device, new, d);
}

static int run(int argc, char **argv)
{
        pawl_enroll_args a = { 0 };
        pawl_enrolled new = { .token = -1, .keyslot = -1 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_enroll, "a wrong option");
        if (argc - first != 1)
                return pawl_verb_usage(&pawl_verb_disk_enroll, "one device or image is wanted");
        a.tpm2 |= a.device_key != NULL;
        if (a.tpm2 + (a.fido2 != NULL) + (a.pkcs11 != NULL) + a.recovery_key + a.password != 1)
                return pawl_verb_usage(&pawl_verb_disk_enroll,
                        "say one of --tpm2, --fido2, --pkcs11, --recovery-key and --password");
        if (foreign_option(&a))
                return pawl_verb_usage(&pawl_verb_disk_enroll,
                        "%s means nothing for what is enrolled here", foreign_option(&a));
        a.unlock.signature = a.policy.boot.signature;
        err = enroll(&a, argv[first], &new, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        return new.is_unproven ? PAWL_EXIT_NO : PAWL_EXIT_YES;
}

const pawl_verb pawl_verb_disk_enroll = {
        .noun = "disk",
        .verb = "enroll",
        .args = "KIND [OPTIONS] DEVICE",
        .summary = "add a way into a volume: a TPM, a token, a recovery key, a passphrase",
        .help = "  --tpm2                      opens by itself in the state that is described by\n"
                "    --profile=NAME            signed-os (default), exact-boot, signed-os+pin, or\n"
                "    --tpm2-pcrs=LIST          own PCRs: 7+12, secure-boot-policy, 4:sha256=HEX\n"
                "    --tpm2-public-key=FILE    key whose PCR signatures open it, with\n"
                "      --tpm2-public-key-pcrs= --tpm2-public-key-policyref= --tpm2-signature=FILE\n"
                "    --tpm2-with-pin=yes|direct|no  and a PIN (--new-pin-file=, NEWPIN, or typed)\n"
                "      --tpm2-argon2id-memory= --tpm2-argon2id-iterations= "
                "--tpm2-argon2id-parallelism=\n"
                "    --tpm2-device-key=FILE    for another machine's TPM, from its public SRK\n"
                "    --for=pawl|systemd|systemd-252  whose initrd opens it\n"
                "    --accept-foreign-authority  also where others' signatures take part in the "
                "boot\n"
                "    --firmware-log= --user-log=  where PCR values are taken from\n"
                "  --fido2=auto|PATH           a FIDO2 token; by default with PIN and touch\n"
                "    --fido2-with-client-pin= --fido2-with-user-presence= "
                "--fido2-with-user-verification=\n"
                "    --fido2-credential-algorithm=es256|rs256|eddsa\n"
                "  --pkcs11=URI|auto           the key of a PKCS#11 token\n"
                "    --pkcs11-padding=         oaep-sha256, oaep-sha1, pkcs1 (default: its best)\n"
                "    --pin-file=FILE           PIN of the token; else PIN, or a prompt\n"
                "  --recovery-key              makes a key, prints it, asks for it again\n"
                "    --no-verify               does not ask\n"
                "  --password                  a passphrase (--new-password-file=, NEWPASSWORD)\n"
                "  --unlock-key-file=FILE      what opens the volume now; '-' for stdin (default:\n"
                "                              PASSWORD from the environment, or a prompt), or\n"
                "  --unlock-tpm2-device=auto|TPM --unlock-fido2-device=auto|PATH --unlock-pkcs11\n"
                "    --unlock-pin-file=FILE    by a token that is in there already\n"
                "      --accept-direct-pin     also where its PIN goes to the TPM without "
                "Argon2id\n"
                "  --wipe-slot=LIST            then removes others: numbers, all, empty, "
                "password,\n"
                "                              recovery, pkcs11, fido2, tpm2\n"
                "  --tpm=DEVICE                /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "\n"
                "What fails leaves every way in as it was.\n"
                "Example: pawl disk enroll --tpm2 /dev/vda3\n",
        .run = run,
};

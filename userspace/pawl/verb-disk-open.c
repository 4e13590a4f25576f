/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/pawl/demand.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        pawl_disk_unlock how;
        const char *demand, *digest;
} args;

static const pawl_option options[] = {
        PAWL_TEXT("demand", args, demand),
        PAWL_TEXT("volume-key-digest", args, digest),
        PAWL_TEXT("unlock-key-file", args, how.key_file),
        PAWL_FLAG("unlock-tpm2", args, how.by_tpm2),
        PAWL_FLAG("unlock-pkcs11", args, how.by_pkcs11),
        PAWL_TEXT("unlock-tpm2-device", args, how.tpm2_device),
        PAWL_TEXT("unlock-fido2-device", args, how.fido2_device),
        PAWL_TEXT("unlock-pin-file", args, how.pin_file),
        PAWL_FLAG("accept-direct-pin", args, how.accepts_direct_pin),
        PAWL_TEXT("tpm2-signature", args, how.signature),
        PAWL_TEXT("tpm", args, how.tpm),
};

static pawl_err unlock(pawl_disk *k, const char *name, const args *a, pawl_diag *d)
{
        if (!a->demand && !a->digest)
                return pawl_disk_unlock_volume(k, &a->how, d);
        if (!a->demand || a->how.key_file || a->how.by_tpm2 || a->how.tpm2_device ||
                a->how.by_pkcs11 || a->how.fido2_device || a->how.pin_file || a->how.signature ||
                a->how.accepts_direct_pin)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--demand= goes with --volume-key-digest= and --tpm= only");
        return pawl_disk_unlock_demanded(k, name, a->demand, a->digest, a->how.tpm, d);
}

static int run(int argc, char **argv)
{
        pawl_autodisk pawl_disk k = { 0 };
        args a = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_open, "a wrong option");
        if (argc - first != 2)
                return pawl_verb_usage(&pawl_verb_disk_open, "a device and a name are wanted");
        err = pawl_disk_open(argv[first], &k, &d);
        if (err == PAWL_OK)
                err = unlock(&k, argv[first + 1], &a, &d);
        if (err == PAWL_OK)
                err = pawl_volume_activate(k.volume, argv[first + 1], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_open = {
        .noun = "disk",
        .verb = "open",
        .args = "[OPTIONS] DEVICE NAME",
        .summary = "open a volume as /dev/mapper/NAME",
        .help = "  --unlock-key-file=FILE  passphrase or recovery key; '-' for stdin (default: a\n"
                "                          prompt)\n"
                "  --unlock-tpm2-device=auto|TPM  by a TPM2 token, however weak\n"
                "  --unlock-fido2-device=auto|PATH  by a FIDO2 token\n"
                "  --unlock-tpm2           the same as =auto\n"
                "  --unlock-pkcs11         by a PKCS#11 token that is plugged in\n"
                "  --unlock-pin-file=FILE  its PIN; else PIN from the environment, or a prompt\n"
                "  --accept-direct-pin     its PIN may go to the TPM without Argon2id\n"
                "  --tpm2-signature=FILE   PCR signatures of the image (JSON)\n"
                "  --tpm=DEVICE            /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --demand=PROFILE        in an initrd: only by a TPM2 token with exactly the "
                "policy\n"
                "                          of that profile; measures the volume key to PCR 15\n"
                "  --volume-key-digest=HEX what 'pawl disk key-digest' printed for the volume\n"
                "\n"
                "Example: pawl disk open /dev/vdb1 data\n",
        .run = run,
};

static int run_close(int argc, char **argv)
{
        pawl_diag d = { 0 };
        pawl_err err;

        if (argc != 2 || argv[1][0] == '-')
                return pawl_verb_usage(&pawl_verb_disk_close, "one name is wanted");
        err = pawl_volume_deactivate(argv[1], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_close = {
        .noun = "disk",
        .verb = "close",
        .args = "NAME",
        .summary = "close /dev/mapper/NAME",
        .help = "Example: pawl disk close data\n",
        .run = run_close,
};

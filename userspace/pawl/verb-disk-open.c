/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

static const pawl_option options[] = {
        PAWL_TEXT("unlock-key-file", pawl_disk_unlock, key_file),
        PAWL_FLAG("unlock-tpm2", pawl_disk_unlock, by_tpm2),
        PAWL_FLAG("unlock-pkcs11", pawl_disk_unlock, by_pkcs11),
        PAWL_TEXT("unlock-tpm2-device", pawl_disk_unlock, tpm2_device),
        PAWL_TEXT("unlock-fido2-device", pawl_disk_unlock, fido2_device),
        PAWL_TEXT("unlock-pin-file", pawl_disk_unlock, pin_file),
        PAWL_TEXT("tpm2-signature", pawl_disk_unlock, signature),
        PAWL_TEXT("tpm", pawl_disk_unlock, tpm),
};

static int run(int argc, char **argv)
{
        pawl_autodisk pawl_disk k = { 0 };
        pawl_disk_unlock how = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &how);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_open, "a wrong option");
        if (argc - first != 2)
                return pawl_verb_usage(&pawl_verb_disk_open, "a device and a name are wanted");
        err = pawl_disk_open(argv[first], &k, &d);
        if (err == PAWL_OK)
                err = pawl_disk_unlock_volume(&k, &how, &d);
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
                "  --tpm2-signature=FILE   PCR signatures of the image (JSON)\n"
                "  --tpm=DEVICE            /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
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

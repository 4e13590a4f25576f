/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/verbs.h"

static const struct option options[] = {
        {"unlock-key-file", required_argument, NULL, 'k' },
        { "unlock-tpm2",             no_argument, NULL, 't' },
        { "tpm2-signature",                required_argument, NULL, 's' },
        { "tpm",required_argument, NULL, 'T' },
        { 0             },
};

static int run(int argc, char **argv)
{
        pawl_autodisk pawl_disk k = { 0 };
        pawl_disk_unlock how = { 0 };
        pawl_diag d = { 0 };
        pawl_err err;

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                if (c == 'k')
                        how.key_file = optarg;
                else if (c == 't')
                        how.by_tpm2 = true;
                else if (c == 's')
                        how.signature = optarg;
                else if (c == 'T')
                        how.tpm = optarg;
                else
                        return PAWL_EXIT_USAGE;
        }
        if (argc - optind != 2)
                return pawl_verb_usage(&pawl_verb_disk_open, "a device and a name are wanted");
        err = pawl_disk_open(argv[optind], &k, &d);
        if (err == PAWL_OK)
                err = pawl_disk_unlock_volume(&k, &how, &d);
        if (err == PAWL_OK)
                err = pawl_volume_activate(k.volume, argv[optind + 1], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_open = {
        .noun = "disk",
        .verb = "open",
        .args = "[OPTIONS] DEVICE NAME",
        .summary = "open a volume as /dev/mapper/NAME",
        .help = "  --unlock-key-file=FILE  passphrase or recovery key; '-' for stdin (default: a\n"
                "                          prompt)\n"
                "  --unlock-tpm2           by a TPM2 token, however weak\n"
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

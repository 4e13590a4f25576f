/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/recovery-proof.h"
#include "userspace/pawl/verbs.h"

static const struct option options[] = {
        {"key-file", required_argument, NULL, 'k' },
        { 0     },
};

static int answer(pawl_err err, const char *device, const char *uuid, pawl_way_in way, pawl_diag *d)
{
        if (err == PAWL_ERR_KEY) {
                pawl_say("%s", pawl_diag_text(d));
                (void)puts("no");
                return PAWL_EXIT_NO;
        }
        if (err != PAWL_OK)
                return pawl_verb_fail(d, err);
        if (way != PAWL_WAY_RECOVERY) {
                pawl_say("%s: this is a passphrase of the volume, not its recovery key", device);
                (void)puts("no");
                return PAWL_EXIT_NO;
        }
        (void)puts("yes");
        if (pawl_recovery_set_proven(uuid, d) != PAWL_OK)
                pawl_say("%s; the key opens the volume, but that is not remembered",
                        pawl_diag_text(d));
        return PAWL_EXIT_YES;
}

static int run(int argc, char **argv)
{
        pawl_autosecret pawl_secret typed = { 0 };
        pawl_autodisk pawl_disk k = { 0 };
        pawl_way_in way = PAWL_WAY_PASSPHRASE;
        const char *key_file = NULL;
        pawl_diag d = { 0 };
        pawl_err err;

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                if (c != 'k')
                        return PAWL_EXIT_USAGE;
                key_file = optarg;
        }
        if (argc - optind != 1)
                return pawl_verb_usage(
                        &pawl_verb_disk_recovery_check, "one device or image is wanted");
        err = pawl_disk_open(argv[optind], &k, &d);
        if (err == PAWL_OK)
                err = pawl_secret_obtain(key_file, "PASSWORD", "Recovery key:", &typed, &d);
        if (err == PAWL_OK)
                err = pawl_open_typed(k.volume, pawl_secret_span(&typed), &way, &d);
        return answer(err, argv[optind], k.volume ? pawl_volume_uuid(k.volume) : "", way, &d);
}

const pawl_verb pawl_verb_disk_recovery_check = {
        .noun = "disk",
        .verb = "recovery-check",
        .args = "[--key-file=FILE] DEVICE",
        .summary = "check that the recovery key that was written down opens the volume",
        .help = "  --key-file=FILE  the key; '-' for stdin (default: a prompt)\n"
                "\n"
                "Asks for the key as a person would type it: capitals, blanks and missing dashes "
                "are\n"
                "forgiven. When it opens a slot, the key counts as proven from then on.\n"
                "Exit status: 0 it opens the volume, 1 it does not.\n"
                "Example: pawl disk recovery-check /dev/vda3\n",
        .run = run,
};

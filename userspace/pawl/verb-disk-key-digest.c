/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "userspace/host/output.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

static const pawl_option options[] = {
        PAWL_TEXT("unlock-key-file", pawl_disk_unlock, key_file),
};

/* Name, UUID and digest: the line that the hooks of an initrd take into the image. */
static pawl_err print(pawl_disk *k, const char *name, pawl_diag *d)
{
        pawl_digest digests[PAWL_ALG_MAX_];
        pawl_autofree char *hex = NULL;
        size_t n = 0;

        PAWL_TRY(pawl_volume_key_digests(k->volume, name, 1u << PAWL_ALG_SHA256, digests, &n, d));
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(&digests[0]), &hex));
        if (printf("%s %s %s\n", name, pawl_volume_uuid(k->volume), hex) < 0 || fflush(stdout) != 0)
                return pawl_fail(d, PAWL_ERR_IO, "stdout: cannot be written");
        return PAWL_OK;
}

static int run(int argc, char **argv)
{
        pawl_autodisk pawl_disk k = { 0 };
        pawl_disk_unlock how = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &how);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_key_digest, "a wrong option");
        if (argc - first != 2)
                return pawl_verb_usage(
                        &pawl_verb_disk_key_digest, "a device and a name are wanted");
        err = pawl_disk_open(argv[first], &k, &d);
        if (err == PAWL_OK)
                err = pawl_disk_unlock_volume(&k, &how, &d);
        if (err == PAWL_OK)
                err = print(&k, argv[first + 1], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_key_digest = {
        .noun = "disk",
        .verb = "key-digest",
        .args = "[OPTIONS] DEVICE NAME",
        .summary = "print what ties an image to the volume that it opens as NAME",
        .help = "  --unlock-key-file=FILE  passphrase or recovery key; '-' for stdin (default: a\n"
                "                          prompt)\n"
                "\n"
                "Prints NAME, the volume's UUID, and the SHA-256 HMAC of both under its key.\n"
                "\n"
                "Example: pawl disk key-digest /dev/vda2 root >/etc/pawl/initramfs-volumes\n",
        .run = run,
};

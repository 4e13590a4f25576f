/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/output.h"
#include "userspace/pawl/announce.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        pawl_next_boot_args boot;
        pawl_announce_args announce;
} args;

static const pawl_option options[] = {
        PAWL_NEXT_BOOT_OPTIONS(args, boot),
        PAWL_TEXT("profile", args, announce.profile),
        PAWL_FLAG("accept-foreign-authority", args, announce.accept_foreign_authority),
        PAWL_FLAG("accept-boot-partition", args, announce.accept_boot_partition),
        PAWL_TEXT("unlock-key-file", args, announce.unlock.key_file),
        PAWL_TEXT("tpm2-public-key", args, announce.public_key),
};

static pawl_err announce(args *a, char **devices, int n, pawl_diag *d)
{
        pawl_autobootreport pawl_boot_report r = { 0 };
        pawl_cleanup(pawl_next_boot_done) pawl_next_boot b = { 0 };
        const char *names[PAWL_REPORT_VOLUMES_MAX];
        size_t n_names = 0;

        if (n > PAWL_REPORT_VOLUMES_MAX)
                return pawl_fail(d, PAWL_ERR_USAGE, "too many volumes");
        if (n == 0)
                PAWL_TRY(pawl_boot_report_volumes(&r, d));
        for (unsigned i = 0; n == 0 && i < r.n; i++)
                names[n_names++] = r.volumes[i].device;
        for (int i = 0; i < n; i++)
                names[n_names++] = devices[i];
        PAWL_TRY(pawl_next_boot_read(&a->boot, &b, d));
        pawl_forecast_inputs_tell(&a->boot.next, &b.inputs);
        return pawl_announce(&a->announce, &b, names, n_names, d);
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_boot_announce, "a wrong option");
        a.announce.boot = &a.boot;
        a.announce.unlock.tpm = a.boot.tpm;
        err = announce(&a, argv + first, argc - first, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_boot_announce = {
        .noun = "boot",
        .verb = "announce",
        .args = "[OPTIONS] [DEVICE…]",
        .summary = "enrol volumes for a boot that will measure something else",
        .help = "  --esp=FOLDER             the boot partition (/efi, /boot or /boot/efi)\n"
                "  --with-uki=FILE          another image will be started\n"
                "  --with-loader=FILE       the loader will be this one\n"
                "  --with-dbx=FILE          an update of the revocation list will be applied\n"
                "  --with-db=FILE           the same for the list of trusted signers\n"
                "  --profile=NAME           what to seal to (default: signed-os)\n"
                "  --accept-foreign-authority  also where others' signatures take part\n"
                "  --accept-boot-partition  what lies there now is meant to be there\n"
                "  --unlock-key-file=FILE   what opens the volumes now; '-' for stdin\n"
                "  --tpm2-public-key=FILE --tpm2-signature=FILE  instead of the image's\n"
                "  --firmware-log=FILE --user-log=FILE  instead of this boot's\n"
                "  --tpm=DEVICE             /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "\n"
                "To be called after something measured was changed, before the reboot: the\n"
                "volumes (without DEVICE: those of this boot) open in this state and the next.\n"
                "Nothing is written where they open anyway. Exit status: 0 all will open.\n"
                "Example: fwupdmgr update && pawl boot announce\n",
        .run = run,
};

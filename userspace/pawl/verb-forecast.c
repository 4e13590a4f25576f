/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/json.h"
#include "userspace/host/output.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/next-boot.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/store-prospect.h"
#include "userspace/pawl/verbs.h"

typedef struct args {
        pawl_next_boot_args boot;
        bool is_json;
} args;

static const pawl_option options[] = {
        PAWL_NEXT_BOOT_OPTIONS(args, boot),
        PAWL_FLAG("without-secure-boot", args, boot.next.without_secure_boot),
        PAWL_FLAG("json", args, is_json),
};

typedef struct job {
        const args *a;
        pawl_next_boot boot;
        json_object *list; /* NULL: text */
        int status;
} job;

static void job_done(job *j)
{
        pawl_next_boot_done(&j->boot);
        pawl_json_put_p(&j->list);
}

/* `token` -1: not a volume's. */
static pawl_err report(job *j, const char *object, int token, const pawl_prospect *p)
{
        json_object *o = j->list ? json_object_new_object() : NULL;
        char number[32] = "";

        if (token >= 0)
                (void)snprintf(number, sizeof(number), ", token %d", token);
        if (!j->list) {
                (void)printf(
                        "%s%s: %s: %s\n", object, number, pawl_outlook_text(p->outlook), p->reason);
                if (p->advice)
                        (void)printf("  next: %s\n", p->advice);
                return PAWL_OK;
        }
        if (!o || json_object_array_add(j->list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add_text(o, "device", object));
        if (token >= 0)
                PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(token)));
        PAWL_TRY(pawl_json_add_text(o, "forecast", pawl_outlook_text(p->outlook)));
        PAWL_TRY(pawl_json_add_text(o, "reason", p->reason));
        return p->advice ? pawl_json_add_text(o, "next", p->advice) : PAWL_OK;
}

static int status_of(pawl_outlook o)
{
        static const int statuses[] = {
                [PAWL_OUTLOOK_OPENS] = PAWL_EXIT_YES,
                [PAWL_OUTLOOK_STAYS_SHUT] = PAWL_EXIT_NO,
                [PAWL_OUTLOOK_UNSURE] = PAWL_EXIT_UNSURE,
        };

        return statuses[o];
}

static int better(int a, int b)
{
        return a == PAWL_EXIT_YES || b == PAWL_EXIT_YES         ? PAWL_EXIT_YES
               : a == PAWL_EXIT_UNSURE || b == PAWL_EXIT_UNSURE ? PAWL_EXIT_UNSURE
                                                                : PAWL_EXIT_NO;
}

static void count(job *j, int status)
{
        if (status == PAWL_EXIT_NO || j->status == PAWL_EXIT_YES)
                j->status = status;
}

/* One token that opens it is enough; one volume that does not open is enough for a no. */
static pawl_err volume(job *j, const char *device, pawl_diag *d)
{
        pawl_autodisk pawl_disk k = { 0 };
        int status = PAWL_EXIT_NO;
        bool has_any = false;

        PAWL_TRY(pawl_disk_open(device, &k, d));
        for (size_t i = 0; i < k.n_tokens; i++) {
                pawl_prospect p = { .outlook = PAWL_OUTLOOK_UNSURE };

                if (k.tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                has_any = true;
                PAWL_TRY(pawl_next_boot_token(&j->boot, &k.tokens[i], NULL, &p, d));
                PAWL_TRY(report(j, device, k.tokens[i].id, &p));
                status = better(status, status_of(p.outlook));
        }
        if (!has_any)
                pawl_say("%s: no TPM2 token: a person opens it, whatever is booted", device);
        else
                count(j, status);
        return PAWL_OK;
}

static pawl_err store(job *j, pawl_diag *d)
{
        pawl_prospect p = { .outlook = PAWL_OUTLOOK_UNSURE };
        pawl_err err = pawl_store_prospect(&j->boot, &p, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        count(j, status_of(p.outlook));
        return report(j, "credential store", -1, &p);
}

static pawl_err volumes_of_this_boot(job *j, pawl_diag *d)
{
        pawl_autobootreport pawl_boot_report r = { 0 };

        PAWL_TRY(pawl_boot_report_volumes(&r, d));
        for (unsigned i = 0; i < r.n; i++)
                PAWL_TRY(volume(j, r.volumes[i].device, d));
        return PAWL_OK;
}

static pawl_err forecast(job *j, char **devices, int n, pawl_diag *d)
{
        j->list = j->a->is_json ? json_object_new_array() : NULL;
        PAWL_TRY(pawl_next_boot_read(&j->a->boot, &j->boot, d));
        pawl_forecast_inputs_tell(&j->a->boot.next, &j->boot.inputs);
        if (n == 0)
                PAWL_TRY(volumes_of_this_boot(j, d));
        for (int i = 0; i < n; i++)
                PAWL_TRY(volume(j, devices[i], d));
        PAWL_TRY(store(j, d));
        return j->list ? pawl_json_print(j->list) : PAWL_OK;
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_cleanup(job_done) job j = { .a = &a, .status = PAWL_EXIT_YES };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_forecast, "a wrong option");
        err = forecast(&j, argv + first, argc - first, &d);
        return err == PAWL_OK ? j.status : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_forecast = {
        .noun = "forecast",
        .args = "[OPTIONS] [DEVICE…]",
        .summary = "say whether volumes and credentials will open at the next boot",
        .help = "  --esp=FOLDER             the boot partition (/efi, /boot or /boot/efi)\n"
                "  --with-uki=FILE          another image will be started\n"
                "  --with-loader=FILE       the loader will be this one\n"
                "  --with-dbx=FILE          an update of the revocation list, as fwupd applies it\n"
                "  --with-db=FILE           the same for the list of trusted signers\n"
                "  --without-secure-boot    Secure Boot will be switched off\n"
                "  --firmware-log=FILE --user-log=FILE  instead of this boot's\n"
                "  --tpm2-signature=FILE    PCR signatures of the image that runs (JSON)\n"
                "  --tpm=DEVICE             /dev/tpmrm0, auto, swtpm:path=SOCKET\n"
                "  --json                   print JSON\n"
                "\n"
                "From this boot's proven event log, the boot partition and the variables as they\n"
                "are now, for the volumes (without DEVICE: those of this boot) and the credential\n"
                "store. What only the firmware knows is told as such. Exit status: 0 all will\n"
                "open, 1 one will not, 2 cannot tell.\n"
                "Example: pawl forecast --with-uki=/efi/EFI/Linux/new.efi /dev/vda3\n",
        .run = run,
};

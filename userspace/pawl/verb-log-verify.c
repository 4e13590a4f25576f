/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/pawl/log-compare.h"
#include "userspace/pawl/log-input.h"
#include "userspace/pawl/log-uki.h"
#include "userspace/pawl/verbs.h"

#define DIGEST_SHOWN 16 /* hex digits in the table */

typedef struct options {
        const char *firmware_log, *user_log, *pcrs, *uki, *tpm;
        pawl_sidecar_options sidecars;
        bool json;
} options;

typedef struct report {
        pawl_table *table;        /* one of the two */
        json_object *json, *rows; /* `rows` is part of `json` */
        bool any_differs, any_compared;
} report;

static pawl_err report_json(report *rep, const pawl_log_comparison *c)
{
        pawl_autofree char *log_hex = NULL, *tpm_hex = NULL;
        json_object *o = json_object_new_object();

        if (!o || json_object_array_add(rep->rows, o) < 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(c->log), &log_hex));
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(c->tpm), &tpm_hex));
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_uint64(c->pcr)));
        PAWL_TRY(pawl_json_add_text(o, "bank", pawl_alg_info_of(c->log->alg)->name));
        PAWL_TRY(pawl_json_add_text(o, "log", log_hex));
        PAWL_TRY(pawl_json_add_text(o, "tpm", tpm_hex));
        return pawl_json_add(o, "agrees", json_object_new_boolean(c->agrees));
}

static pawl_err report_line(report *rep, const pawl_log_comparison *c)
{
        pawl_autofree char *log_hex = NULL, *tpm_hex = NULL;
        char number[8];

        PAWL_TRY(pawl_hex_encode(pawl_digest_span(c->log), &log_hex));
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(c->tpm), &tpm_hex));
        (void)snprintf(number, sizeof(number), "%u", c->pcr);
        log_hex[DIGEST_SHOWN] = tpm_hex[DIGEST_SHOWN] = '\0';
        const char *const cells[] = { number, pawl_alg_info_of(c->log->alg)->name,
                c->agrees ? "agrees" : "DIFFERS", log_hex, tpm_hex };
        return pawl_table_add(rep->table, cells);
}

static pawl_err take_comparison(void *ctx, const pawl_log_comparison *c)
{
        report *rep = ctx;

        rep->any_compared = true;
        rep->any_differs |= !c->agrees;
        return (rep->table ? report_line : report_json)(rep, c);
}

static pawl_err compare_uki(report *rep, const pawl_logs *l, options *o, pawl_diag *d)
{
        pawl_uki_match m;

        PAWL_TRY(pawl_log_uki_compare(l, o->uki, &o->sidecars, &m, d));
        rep->any_differs |= !m.is_match;
        if (rep->json)
                return pawl_log_uki_json(&m, rep->json);
        pawl_log_uki_say(&m, o->uki);
        return PAWL_OK;
}

static pawl_err start_report(const options *o, report *rep)
{
        static const char *const columns[] = { "PCR", "BANK", "RESULT", "LOG", "TPM", NULL };

        if (!o->json)
                return pawl_table_new(columns, &rep->table);
        rep->json = json_object_new_object();
        rep->rows = json_object_new_array();
        if (!rep->json)
                return PAWL_ERR_NO_MEMORY;
        return pawl_json_add(rep->json, "pcrs", rep->rows);
}

static int status_of(const report *rep)
{
        if (rep->any_differs)
                return PAWL_EXIT_NO;
        return rep->any_compared ? PAWL_EXIT_YES : PAWL_EXIT_UNSURE;
}

static pawl_err print_report(report *rep)
{
        static const char *const words[] = {
                [PAWL_EXIT_YES] = "agree", [PAWL_EXIT_NO] = "differ", [PAWL_EXIT_UNSURE] = "unsure"
        };

        if (rep->table)
                return pawl_table_print(rep->table);
        PAWL_TRY(pawl_json_add_text(rep->json, "result", words[status_of(rep)]));
        return pawl_json_print(rep->json);
}

static pawl_err verify(options *o, int *ret_status, pawl_diag *d)
{
        pawl_autologs pawl_logs l = { 0 };
        pawl_autotable pawl_table *table = NULL;
        pawl_autojson json_object *json = NULL;
        pawl_pcr_values v = { 0 };
        report rep = { 0 };
        pawl_err err;

        PAWL_TRY(pawl_log_input(o->firmware_log, o->user_log, &l, d));
        PAWL_TRY(pawl_log_input_values(o->pcrs, o->tpm, &v, d));
        err = start_report(o, &rep);
        table = rep.table;
        json = rep.json;
        PAWL_TRY(err);
        PAWL_TRY(pawl_log_compare(&l, &v, take_comparison, &rep, d));
        if (o->uki)
                PAWL_TRY(compare_uki(&rep, &l, o, d));
        PAWL_TRY(print_report(&rep));
        *ret_status = status_of(&rep);
        return PAWL_OK;
}

extern const pawl_verb pawl_verb_log_verify;

static bool take(options *o, int c)
{
        switch (c) {
        case 'f':
                o->firmware_log = optarg;
                return true;
        case 'u':
                o->user_log = optarg;
                return true;
        case 'p':
                o->pcrs = optarg;
                return true;
        case 'k':
                o->uki = optarg;
                return true;
        case 'c':
                o->sidecars.folders[PAWL_SIDECAR_CREDENTIALS] = optarg;
                return true;
        case 'g':
                o->sidecars.folders[PAWL_SIDECAR_GLOBAL_CREDENTIALS] = optarg;
                return true;
        case 't':
                o->tpm = optarg;
                return true;
        case 'j':
                o->json = true;
                return true;
        default:
                return false;
        }
}

static void options_done(options *o)
{
        pawl_sidecar_options_done(&o->sidecars);
}

static int run(int argc, char **argv)
{
        static const struct option known[] = {
                {"firmware-log",        required_argument, NULL, 'f'},
                { "user-log",           required_argument, NULL, 'u'},
                { "pcrs",               required_argument, NULL, 'p'},
                { "uki",                required_argument, NULL, 'k'},
                { "credentials",        required_argument, NULL, 'c'},
                { "global-credentials", required_argument, NULL, 'g'},
                { "tpm",                required_argument, NULL, 't'},
                { "json",               no_argument,       NULL, 'j'},
                { NULL,                 0,                 NULL, 0  },
        };
        pawl_diag d = { 0 };
        pawl_cleanup(options_done) options o = { 0 };
        int c, status = PAWL_EXIT_UNSURE;
        pawl_err err;

        while ((c = getopt_long(argc, argv, "", known, NULL)) >= 0)
                if (!take(&o, c))
                        return PAWL_EXIT_USAGE;
        if (optind < argc)
                return pawl_verb_usage(&pawl_verb_log_verify, "takes no arguments");
        if (!o.uki && pawl_sidecar_options_given(&o.sidecars))
                return pawl_verb_usage(&pawl_verb_log_verify,
                        "--credentials and --global-credentials lie beside an image: give --uki");
        err = verify(&o, &status, &d);
        return err == PAWL_OK ? status : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_log_verify = {
        .noun = "log",
        .verb = "verify",
        .args = "[OPTIONS]",
        .summary = "Tell whether the event logs lead to the TPM's PCR values",
        .help = "  --firmware-log=FILE  a TCG event log instead of this machine's\n"
                "  --user-log=FILE      a log of userspace's measurements (JSON-SEQ)\n"
                "  --pcrs=FILE          PCR values (output of tpm2_pcrread, or JSON) instead of\n"
                "                       those of the TPM\n"
                "  --tpm=TPM            auto, a device, or a TCTI such as swtpm:path=SOCK\n"
                "  --uki=FILE           also hold the stub's events against this image\n"
                "  --credentials=DIR    and against the *.cred files beside it (IMAGE.extra.d)\n"
                "  --global-credentials=DIR\n"
                "                       and against those of all images (/loader/credentials);\n"
                "                       if one of the two is given, the other is empty\n"
                "  --json               result, and both values of each PCR\n"
                "\nStatus 0: all agree; 1: some do not; 2: could not tell. PCR 10 belongs to the\n"
                "kernel's IMA and is judged only if one of the logs speaks of it.\n"
                "\nExample: pawl log verify --uki=/efi/EFI/Linux/os.efi\n",
        .run = run,
};

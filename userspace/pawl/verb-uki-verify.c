/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>

#include "userspace/host/output.h"
#include "userspace/pawl/verb.h"
#include "userspace/uki/verify.h"

extern const pawl_verb pawl_verb_uki_verify;

enum {
        OPT_CERTIFICATE = 0x100,
        OPT_PUBLIC_KEY,
        OPT_PHASE,
        OPT_JSON,
};

static const struct option options[] = {
        {"secureboot-certificate", required_argument, NULL, OPT_CERTIFICATE },
        { "pcr-public-key",                    required_argument, NULL, OPT_PUBLIC_KEY },
        { "phase",                       required_argument, NULL, OPT_PHASE },
        { "json",no_argument, NULL, OPT_JSON },
        { 0         },
};

typedef struct args {
        const char *certificate, *public_key;
        pawl_pcrsig_paths extra;
        bool is_json;
} args;

static const char *word_of(pawl_check_result r)
{
        switch (r) {
        case PAWL_CHECK_FAILED:
                return "no";
        case PAWL_CHECK_PASSED:
                return "yes";
        case PAWL_CHECK_SKIPPED:
                return "-";
        }
        return "?";
}

static pawl_err print_json(const pawl_checks *c)
{
        pawl_autojson json_object *o = json_object_new_object();
        json_object *list = json_object_new_array();

        if (!o ||
                json_object_object_add(
                        o, "verified", json_object_new_boolean(pawl_checks_all_passed(c))) ||
                json_object_object_add(o, "checks", list))
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < c->n_rows; i++) {
                json_object *row = json_object_new_object();

                if (!row || json_object_array_add(list, row) ||
                        json_object_object_add(
                                row, "check", json_object_new_string(c->rows[i].name)) ||
                        json_object_object_add(row, "result",
                                json_object_new_string(word_of(c->rows[i].result))) ||
                        json_object_object_add(
                                row, "text", json_object_new_string(c->rows[i].text)))
                        return PAWL_ERR_NO_MEMORY;
        }
        return pawl_json_print(o);
}

static pawl_err print_table(const pawl_checks *c)
{
        static const char *const columns[] = { "CHECK", "OK", "WHAT", NULL };
        pawl_autotable pawl_table *t = NULL;

        PAWL_TRY(pawl_table_new(columns, &t));
        for (size_t i = 0; i < c->n_rows; i++) {
                const char *const cells[] = { c->rows[i].name, word_of(c->rows[i].result),
                        c->rows[i].text };
                PAWL_TRY(pawl_table_add(t, cells));
        }
        return pawl_table_print(t);
}

static pawl_err verify(const args *a, const char *path, bool *ret, pawl_diag *d)
{
        pawl_autofree pawl_checks *checks = calloc(1, sizeof(*checks));
        pawl_autoimage pawl_image image = { 0 };
        pawl_autox509 X509 *certificate = NULL;
        pawl_autopkey EVP_PKEY *key = NULL;

        if (!checks)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_image_open(path, &image, d));
        if (a->certificate)
                PAWL_TRY(pawl_key_load_certificate(a->certificate, &certificate, d));
        if (a->public_key)
                PAWL_TRY(pawl_key_load_public(a->public_key, &key, d));
        PAWL_TRY(pawl_uki_verify(
                &(pawl_verify_input){ &image, certificate, key, &a->extra }, checks, d));
        PAWL_TRY(a->is_json ? print_json(checks) : print_table(checks));
        *ret = pawl_checks_all_passed(checks);
        return PAWL_OK;
}

static pawl_err take(args *a, int option, pawl_diag *d)
{
        switch (option) {
        case OPT_CERTIFICATE:
                a->certificate = optarg;
                return PAWL_OK;
        case OPT_PUBLIC_KEY:
                a->public_key = optarg;
                return PAWL_OK;
        case OPT_JSON:
                a->is_json = true;
                return PAWL_OK;
        default:
                return pawl_pcrsig_paths_add(&a->extra, optarg, /* ref= */ NULL, d);
        }
}

static int run(int argc, char **argv)
{
        pawl_err err = PAWL_OK;
        bool is_good = false;
        pawl_diag d = { 0 };
        args a = { 0 };
        int option;

        while (err == PAWL_OK && (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (option == '?')
                        return PAWL_EXIT_USAGE;
                err = take(&a, option, &d);
        }
        if (err == PAWL_OK && argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_uki_verify, "give one image");
        if (err == PAWL_OK)
                err = verify(&a, argv[optind], &is_good, &d);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        return is_good ? PAWL_EXIT_YES : PAWL_EXIT_NO;
}

const pawl_verb pawl_verb_uki_verify = {
        .noun = "uki",
        .verb = "verify",
        .args = "[OPTIONS] IMAGE",
        .summary = "Check the sections and the signatures of an image",
        .help = "  --secureboot-certificate=FILE  the image must be signed by it, the kernel must "
                "not\n"
                "  --pcr-public-key=FILE          the PCR signatures must be there and by this "
                "key\n"
                "  --phase=PATH                   a phase path of your own that may be signed\n"
                "  --json                         print JSON\n"
                "Exit status: 0 all holds, 1 something does not, 2 not an image that can be "
                "checked.\n"
                "Example: pawl uki verify --secureboot-certificate=db.crt os.efi\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>

#include "userspace/host/efi-var.h"
#include "userspace/host/json.h"
#include "userspace/pawl/verbs.h"
#include "userspace/tpm/tpm.h"

extern const pawl_verb pawl_verb_tpm_status;

typedef struct status {
        pawl_tpm_info tpm;
        const char *secure_boot; /* "on", "off", "setup mode"; NULL: cannot be told */
} status;

/* "10 min", "2 h", "1000 s": the largest unit that divides. */
static void put_duration(uint32_t seconds, char *ret, size_t size)
{
        static const struct {
                uint32_t seconds;
                const char *name;
        } units[] = {
                {86400, "d"  },
                { 3600, "h"  },
                { 60,   "min"},
                { 1,    "s"  }
        };
        size_t i = 0;

        while (units[i].seconds > 1 && (seconds == 0 || seconds % units[i].seconds != 0))
                i++;
        (void)snprintf(ret, size, "%u %s", seconds / units[i].seconds, units[i].name);
}

static void put_lockout(const pawl_tpm_info *i, char *ret, size_t size)
{
        char interval[32], back[96];

        put_duration(i->lockout_interval_s, interval, sizeof(interval));
        (void)snprintf(back, sizeof(back), "one given back every %s", interval);
        if (i->max_auth_fail == 0)
                (void)snprintf(ret, size, "locked: no tries are allowed at all");
        else if (i->lockout_interval_s == 0)
                (void)snprintf(ret, size, "never locks: wrong tries are not counted");
        else if (i->in_lockout)
                (void)snprintf(ret, size, "LOCKED, %u of %u tries used, %s", i->lockout_counter,
                        i->max_auth_fail, back);
        else
                (void)snprintf(ret, size, "not locked, %u of %u tries used, %s", i->lockout_counter,
                        i->max_auth_fail, back);
}

static void put_banks(uint32_t banks, char *ret, size_t size)
{
        size_t len = 0;

        ret[0] = '\0';
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((banks >> a & 1) != 0 && len < size)
                        len += (size_t)snprintf(ret + len, size - len, "%s%s", len != 0 ? ", " : "",
                                pawl_alg_info_of(a)->name);
}

static const char *secure_boot(void)
{
        bool is_on, is_setup;

        if (pawl_efi_var_flag("SecureBoot", PAWL_EFI_GLOBAL_GUID, &is_on, NULL) != PAWL_OK)
                return NULL;
        if (pawl_efi_var_flag("SetupMode", PAWL_EFI_GLOBAL_GUID, &is_setup, NULL) == PAWL_OK &&
                is_setup)
                return "setup mode";
        return is_on ? "on" : "off";
}

static pawl_err row(pawl_table *t, const char *what, const char *value)
{
        const char *const cells[] = { what, value };

        return pawl_table_add(t, cells);
}

static pawl_err add_key(pawl_table *t, const pawl_tpm_info *i)
{
        pawl_autofree char *name = NULL;

        if (!i->has_srk)
                return row(t, "storage root key",
                        "none: nothing is sealed to this TPM yet, or it was cleared");
        PAWL_TRY(pawl_hex_encode(pawl_span_of(i->srk_name, sizeof(i->srk_name)), &name));
        return row(t, "storage root key", name);
}

static pawl_err add_chip(pawl_table *t, const pawl_tpm_info *i)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                "%s %s, firmware %u.%u.%u.%u, specification 2.0 rev. %u.%02u", i->manufacturer,
                i->vendor, i->firmware_major >> 16, i->firmware_major & 0xffff,
                i->firmware_minor >> 16, i->firmware_minor & 0xffff, i->spec_revision / 100,
                i->spec_revision % 100);
        PAWL_TRY(row(t, "chip", text));
        put_banks(i->banks, text, sizeof(text));
        return row(t, "PCR banks", text);
}

static pawl_err add_authorisations(pawl_table *t, const pawl_tpm_info *i)
{
        char text[256];

        put_lockout(i, text, sizeof(text));
        PAWL_TRY(row(t, "lock-out", text));
        PAWL_TRY(row(t, "lockout authorisation",
                i->lockout_auth_set
                        ? "set: only who knows it can reset the counter or clear the TPM"
                        : "not set: whoever starts a system of their own here can reset "
                          "the counter, so PINs are not protected against many tries"));
        PAWL_TRY(row(t, "owner's password", i->owner_auth_set ? "set" : "not set"));
        return row(t, "clearing", i->disable_clear ? "disabled except by the firmware" : "allowed");
}

static pawl_err print_table(const status *s)
{
        static const char *const columns[] = { "WHAT", "STATE", NULL };
        pawl_autotable pawl_table *t = NULL;
        char text[64];

        PAWL_TRY(pawl_table_new(columns, &t));
        PAWL_TRY(add_chip(t, &s->tpm));
        PAWL_TRY(add_key(t, &s->tpm));
        PAWL_TRY(add_authorisations(t, &s->tpm));
        (void)snprintf(text, sizeof(text), "%u resets, %u restarts%s", s->tpm.reset_count,
                s->tpm.restart_count, s->tpm.is_clock_safe ? "" : " (clock not safe)");
        PAWL_TRY(row(t, "clock", text));
        PAWL_TRY(row(t, "Secure Boot", s->secure_boot ? s->secure_boot : "cannot be told"));
        return pawl_table_print(t);
}

static pawl_err add_null(json_object *o, const char *key)
{
        return json_object_object_add(o, key, NULL) == 0 ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static pawl_err json_lockout(json_object *root, const pawl_tpm_info *i)
{
        json_object *o = json_object_new_object();
        char words[192];

        put_lockout(i, words, sizeof(words));
        PAWL_TRY(pawl_json_add(root, "lockout", o));
        PAWL_TRY(pawl_json_add(o, "locked", json_object_new_boolean(i->in_lockout)));
        PAWL_TRY(pawl_json_add(o, "tries_used", json_object_new_uint64(i->lockout_counter)));
        PAWL_TRY(pawl_json_add(o, "tries", json_object_new_uint64(i->max_auth_fail)));
        PAWL_TRY(pawl_json_add(o, "interval_s", json_object_new_uint64(i->lockout_interval_s)));
        PAWL_TRY(pawl_json_add(o, "recovery_s", json_object_new_uint64(i->lockout_recovery_s)));
        PAWL_TRY(pawl_json_add(
                o, "authorisation_set", json_object_new_boolean(i->lockout_auth_set)));
        return pawl_json_add_text(o, "words", words);
}

static pawl_err json_chip(json_object *root, const pawl_tpm_info *i)
{
        json_object *banks = json_object_new_array();
        char firmware[64];

        PAWL_TRY(pawl_json_add_text(root, "manufacturer", i->manufacturer));
        PAWL_TRY(pawl_json_add_text(root, "vendor", i->vendor));
        (void)snprintf(
                firmware, sizeof(firmware), "%08x%08x", i->firmware_major, i->firmware_minor);
        PAWL_TRY(pawl_json_add_text(root, "firmware", firmware));
        PAWL_TRY(pawl_json_add(root, "banks", banks));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((i->banks >> a & 1) != 0 &&
                        json_object_array_add(
                                banks, json_object_new_string(pawl_alg_info_of(a)->name)) < 0)
                        return PAWL_ERR_NO_MEMORY;
        return PAWL_OK;
}

static pawl_err json_key(json_object *root, const pawl_tpm_info *i)
{
        pawl_autofree char *name = NULL;

        if (!i->has_srk)
                return add_null(root, "srk");
        PAWL_TRY(pawl_hex_encode(pawl_span_of(i->srk_name, sizeof(i->srk_name)), &name));
        return pawl_json_add_text(root, "srk", name);
}

static pawl_err print_json(const status *s)
{
        pawl_autojson json_object *root = json_object_new_object();
        const pawl_tpm_info *i = &s->tpm;

        PAWL_TRY(json_chip(root, i));
        PAWL_TRY(json_key(root, i));
        PAWL_TRY(json_lockout(root, i));
        PAWL_TRY(pawl_json_add(
                root, "owner_password_set", json_object_new_boolean(i->owner_auth_set)));
        PAWL_TRY(pawl_json_add(root, "clear_disabled", json_object_new_boolean(i->disable_clear)));
        PAWL_TRY(pawl_json_add(root, "reset_count", json_object_new_uint64(i->reset_count)));
        PAWL_TRY(s->secure_boot ? pawl_json_add_text(root, "secure_boot", s->secure_boot)
                                : add_null(root, "secure_boot"));
        return pawl_json_print(root);
}

static pawl_err read_status(const char *spec, status *ret, pawl_diag *d)
{
        pawl_autotpm pawl_tpm *t = NULL;

        PAWL_TRY(pawl_tpm_open(spec, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(pawl_tpm_get_info(t, &ret->tpm, d));
        ret->secure_boot = secure_boot();
        return PAWL_OK;
}

static int show(const char *spec, bool json)
{
        pawl_diag d = { 0 };
        status s = { 0 };
        pawl_err err = read_status(spec, &s, &d);

        if (err == PAWL_OK)
                err = json ? print_json(&s) : print_table(&s);
        if (err == PAWL_OK)
                return PAWL_EXIT_YES;
        (void)pawl_verb_fail(&d, err);
        return err == PAWL_ERR_TPM_ABSENT ? PAWL_EXIT_NO : PAWL_EXIT_UNSURE;
}

static int run(int argc, char **argv)
{
        static const struct option longs[] = {
                {"json", no_argument,       NULL, 'j'},
                { "tpm", required_argument, NULL, 't'},
                { NULL,  0,                 NULL, 0  },
        };
        const char *spec = NULL;
        bool json = false;
        int c;

        opterr = 0;
        while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
                if (c == 'j')
                        json = true;
                else if (c == 't')
                        spec = optarg;
                else
                        return pawl_verb_usage(
                                &pawl_verb_tpm_status, "unknown option, or one without its value");
        if (optind != argc)
                return pawl_verb_usage(&pawl_verb_tpm_status, "too many arguments");
        return show(spec, json);
}

const pawl_verb pawl_verb_tpm_status = {
        "tpm",
        "status",
        "[--json] [--tpm=TPM]",
        "Tell the TPM's make, PCR banks, storage root key and lock-out state in words",
        "  --json     as JSON\n"
        "  --tpm=TPM  auto, a device, or a TCTI such as swtpm:path=SOCKET\n"
        "\n"
        "Exit status 1: there is no TPM.\n"
        "Example: pawl tpm status\n",
        run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/cred-esp.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "userspace/host/file.h"
#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/host/sidecars.h"
#include "userspace/log/config-forecast.h"
#include "userspace/log/log.h"
#include "userspace/pawl/boot-report.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/verbs.h"
#include "userspace/seal/boot-policy.h"

#define PCR_CONFIG 12u

static bool ends_with(const char *text, const char *end)
{
        size_t n = strlen(text), m = strlen(end);

        return n >= m && strcasecmp(text + n - m, end) == 0;
}

static void folder_of(const char *path, char *buf, size_t size)
{
        const char *slash = strrchr(path, '/');

        (void)snprintf(buf, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

bool pawl_cred_esp_is(const char *path, pawl_sidecar *ret)
{
        char folder[PATH_MAX], resolved[PATH_MAX];

        folder_of(path, folder, sizeof(folder));
        if (!realpath(folder, resolved))
                return false;
        *ret = ends_with(resolved, "/loader/credentials") ? PAWL_SIDECAR_GLOBAL_CREDENTIALS
                                                          : PAWL_SIDECAR_CREDENTIALS;
        return *ret == PAWL_SIDECAR_GLOBAL_CREDENTIALS || ends_with(resolved, ".efi.extra.d");
}

/* --- what PCR 12 will be --- */

typedef struct forecast {
        pawl_sidecar kind;
        pawl_digest now, next;
} forecast;

static pawl_err choose_bank(pawl_tpm *t, const pawl_logs *logs, pawl_alg *ret, pawl_diag *d)
{
        uint32_t banks = 0;

        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        if (pawl_alg_best(banks & pawl_logs_banks(logs), ret) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "no PCR bank of this TPM is in the event log");
}

static pawl_err look_ahead(
        const pawl_cred_esp_args *a, pawl_span archive, forecast *f, pawl_diag *d)
{
        const pawl_span *archives[PAWL_SIDECAR_MAX_] = { 0 };
        pawl_autotpm pawl_tpm *t = NULL;
        pawl_autologs pawl_logs logs = { 0 };
        pawl_verified_log log;
        pawl_pcr_set now;
        pawl_alg bank = PAWL_ALG_SHA256;

        archives[f->kind] = &archive;
        PAWL_TRY(pawl_logs_load(a->firmware_log, a->user_log, &logs, d));
        PAWL_TRY(pawl_tpm_open(a->tpm, PAWL_TPM_DEADLINE_MS, &t, d));
        PAWL_TRY(choose_bank(t, &logs, &bank, d));
        PAWL_TRY(pawl_tpm_pcr_read(t, bank, 1u << PCR_CONFIG, &now, d));
        PAWL_TRY(pawl_logs_verify(&logs, &now, 1u << PCR_CONFIG, &log, d));
        f->now = now.values[PCR_CONFIG];
        return pawl_log_config_forecast(&log, archives, &f->next, d);
}

static pawl_err forecast_with(
        const pawl_cred_esp_args *a, const char *path, pawl_span content, forecast *f, pawl_diag *d)
{
        const char *slash = strrchr(path, '/');
        const pawl_sidecar_change change = { .name = slash ? slash + 1 : path, .content = content };
        pawl_autobuffer pawl_buffer archive = { 0 };
        char folder[PATH_MAX];

        if (!pawl_sidecar_is_wanted(change.name))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "%s: the stub takes only files whose name ends in .cred", path);
        folder_of(path, folder, sizeof(folder));
        PAWL_TRY(pawl_sidecars_pack(f->kind, folder, &change, &archive, d));
        return pawl_fail_prefix(d, look_ahead(a, pawl_buffer_span(&archive), f, d),
                "what PCR 12 will be at the next boot cannot be told");
}

/* --- which volumes it matters for --- */

static bool is_bound(const pawl_token *t)
{
        return t->kind == PAWL_TOKEN_TPM2 && !t->why && (t->tpm2.pcr_mask >> PCR_CONFIG & 1);
}

/* The last of them is the newest. */
static const pawl_token *bound_token(const pawl_disk *k)
{
        const pawl_token *found = NULL;

        for (size_t i = 0; i < k->n_tokens; i++)
                if (is_bound(&k->tokens[i]))
                        found = &k->tokens[i];
        return found;
}

/* --- enrolling them for the next boot too --- */

/* What is sealed to comes from the running image, which is measured, and never from the token: who
 * can write the header must not choose what protects the key. */
typedef struct way {
        pawl_profile profile;
        pawl_buffer key; /* PEM; empty where the image has no PCR signatures */
} way;

static void way_done(way *w)
{
        pawl_buffer_done(&w->key);
}

static pawl_err choose_way(const pawl_cred_esp_args *a, way *ret, pawl_diag *d)
{
        pawl_diag why = { 0 };
        pawl_err err = pawl_image_public_key(a->public_key, &ret->key, &why);

        if (err != PAWL_OK && a->public_key)
                return pawl_fail(d, err, "%s", pawl_diag_text(&why));
        return pawl_profile_load(
                NULL, err == PAWL_OK ? "signed-os" : "exact-boot", &ret->profile, d);
}

static pawl_err pcrs_text(const way *w, const forecast *f, char *buf, size_t size)
{
        pawl_autofree char *hex = NULL;
        FILE *out = fmemopen(buf, size, "w");

        if (!out)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(&f->next), &hex));
        (void)fprintf(
                out, "--tpm2-pcrs=%u:%s=%s", PCR_CONFIG, pawl_alg_info_of(f->next.alg)->name, hex);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (i != PCR_CONFIG && (w->profile.literal_mask >> i & 1))
                        (void)fprintf(out, "+%u", i);
        return fclose(out) == 0 ? PAWL_OK : PAWL_ERR_NO_SPACE;
}

static pawl_err key_file(const way *w, int *ret_fd, pawl_diag *d)
{
        int fd = memfd_create("public key", MFD_CLOEXEC);

        *ret_fd = fd;
        if (fd < 0 || pawl_fd_write_all(fd, pawl_buffer_span(&w->key)) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_IO, "the public key cannot be passed on");
        return PAWL_OK;
}

/* The verb itself, so that there is one way to enrol. */
static pawl_err enroll(
        const pawl_cred_esp_args *a, const char *device, const forecast *f, pawl_diag *d)
{
        pawl_cleanup(way_done) way w = { 0 };
        char pcrs[512] = "", key[64], ref[96], unlock[PATH_MAX + 32], tpm[512],
             log[2][PATH_MAX + 32];
        char *argv[16] = { (char *)(uintptr_t) "enroll", (char *)(uintptr_t) "--tpm2", pcrs };
        pawl_autoclose int fd = -1;
        int n = 3;

        PAWL_TRY(choose_way(a, &w, d));
        PAWL_TRY(pcrs_text(&w, f, pcrs, sizeof(pcrs)));
        if (w.profile.signed_mask != 0) {
                PAWL_TRY(key_file(&w, &fd, d));
                (void)snprintf(key, sizeof(key), "--tpm2-public-key=/proc/self/fd/%d", fd);
                (void)snprintf(ref, sizeof(ref), "--tpm2-public-key-policyref=%s", w.profile.ref);
                argv[n++] = key;
                argv[n++] = ref;
        }
        if (a->unlock_key_file) {
                (void)snprintf(unlock, sizeof(unlock), "--unlock-key-file=%s", a->unlock_key_file);
                argv[n++] = unlock;
        }
        if (a->tpm) {
                (void)snprintf(tpm, sizeof(tpm), "--tpm=%s", a->tpm);
                argv[n++] = tpm;
        }
        if (a->firmware_log) {
                (void)snprintf(log[0], sizeof(log[0]), "--firmware-log=%s", a->firmware_log);
                argv[n++] = log[0];
        }
        if (a->user_log) {
                (void)snprintf(log[1], sizeof(log[1]), "--user-log=%s", a->user_log);
                argv[n++] = log[1];
        }
        argv[n++] = (char *)(uintptr_t)device;
        optind = 0;
        if (pawl_verb_disk_enroll.run(n, argv) != PAWL_EXIT_YES)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%s was not enrolled for the next boot, and the credential is not written",
                        device);
        return PAWL_OK;
}

/* --- asking --- */

static pawl_err confirm(const pawl_cred_esp_args *a, const char *path, pawl_diag *d)
{
        bool is_there = false;

        if (a->is_yes || a->re_enroll)
                return PAWL_OK;
        if (pawl_prompt_word("Write it all the same? [y/N]", "y", &is_there))
                return PAWL_OK;
        return is_there ? pawl_fail(d, PAWL_ERR_CANCELLED, "%s: not written", path)
                        : pawl_fail(d, PAWL_ERR_REFUSED,
                                  "%s: not written, as nobody is there to ask; say --yes, or "
                                  "--re-enroll=auto",
                                  path);
}

static pawl_err handle_volume(
        const pawl_cred_esp_args *a, const char *device, const forecast *f, pawl_diag *d)
{
        pawl_autodisk pawl_disk k = { 0 };
        const pawl_token *t;
        char question[PATH_MAX + 64];
        bool is_there = false;

        PAWL_TRY(pawl_disk_open(device, &k, d));
        t = bound_token(&k);
        if (!t)
                return PAWL_OK;
        if (t->tpm2.has_pin) {
                pawl_say("%s is bound to PCR 12 as it is now, with a PIN, which nobody can enrol "
                         "for others: have the recovery key at hand for the next boot, and enrol "
                         "again after it",
                        device);
                return PAWL_OK;
        }
        pawl_say("%s is bound to PCR 12 as it is now: at the next boot it will ask for a person, "
                 "unless it is enrolled for that boot too",
                device);
        (void)snprintf(question, sizeof(question), "Enrol %s for it now? [y/N]", device);
        if (a->re_enroll || (!a->is_yes && pawl_prompt_word(question, "y", &is_there)))
                return enroll(a, device, f, d);
        return PAWL_OK;
}

static pawl_err handle_volumes(const pawl_cred_esp_args *a, const forecast *f, pawl_diag *d)
{
        pawl_autobootreport pawl_boot_report r = { 0 };
        bool is_auto = !a->re_enroll || strcmp(a->re_enroll, "auto") == 0;
        pawl_diag why = { 0 };

        if (!is_auto)
                return handle_volume(a, a->re_enroll, f, d);
        if (pawl_boot_report_read(&r, &why) != PAWL_OK)
                pawl_say("which volumes this boot needed is not known: %s", pawl_diag_text(&why));
        for (unsigned i = 0; i < r.n; i++)
                PAWL_TRY(handle_volume(a, r.volumes[i].device, f, d));
        return PAWL_OK;
}

pawl_err pawl_cred_esp_prepare(
        const pawl_cred_esp_args *a, const char *path, pawl_span content, pawl_diag *d)
{
        pawl_autofree char *hex = NULL;
        forecast f = { 0 };

        if (!pawl_cred_esp_is(path, &f.kind))
                return PAWL_OK;
        PAWL_TRY(forecast_with(a, path, content, &f, d));
        if (pawl_span_equal(pawl_digest_span(&f.now), pawl_digest_span(&f.next)))
                return PAWL_OK;
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(&f.next), &hex));
        pawl_say("%s: the stub measures it, so that PCR 12 will be another one at the next boot "
                 "(%s %s); the key pair of the store, if there is one, will not open then",
                path, pawl_alg_info_of(f.next.alg)->name, hex);
        PAWL_TRY(handle_volumes(a, &f, d));
        return confirm(a, path, d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/cleanup.h"
#include "userspace/host/hash.h"
#include "userspace/log/config-forecast.h"
#include "userspace/log/forecast-internal.h"

/* --- the programs --- */

/* Firmware names the file by its path, in UTF-16 with NUL, in a node of the device path: UEFI 2.10,
 * 10.3.5.4. What an image's event says is not measured; here it only tells events apart. */
static bool names_file(const pawl_event *ev, const char *path)
{
        uint8_t utf16[2048];
        pawl_writer w = pawl_writer_of(utf16, sizeof(utf16));

        for (const char *c = path; *c; c++)
                if (pawl_write_le16(&w, (uint8_t)*c) != PAWL_OK)
                        return false;
        return pawl_write_le16(&w, 0) == PAWL_OK && pawl_span_contains(ev->data, pawl_written(&w));
}

pawl_err pawl_forecast_authenticode(const pawl_pe *pe, pawl_alg alg, pawl_digest *ret)
{
        pawl_pe_hash_parts parts;

        PAWL_TRY(pawl_pe_authenticode_parts(pe, &parts));
        return pawl_openssl_hasher.hash(NULL, alg, parts.parts, parts.n_parts, parts.n_zeros, ret);
}

static pawl_err take_program(pawl_forecast_job *j, const pawl_event *ev, bool *ret_done)
{
        for (size_t i = 0; i < PAWL_FORECAST_PROGRAM_MAX_; i++) {
                const pawl_pe *pe = j->wish->programs[i].pe;
                pawl_digest digest;

                if (!pe || !j->wish->programs[i].was || j->is_program_seen[i] ||
                        !names_file(ev, j->wish->programs[i].was))
                        continue;
                if (pawl_forecast_authenticode(pe, j->now->bank, &digest) != PAWL_OK)
                        break; /* firmware and we may differ about it: told at the end */
                j->is_program_seen[i] = true;
                j->is_other_program[i] = !pawl_span_equal(
                        pawl_digest_span(&digest), pawl_digest_span(&ev->digests[j->now->bank]));
                *ret_done = true;
                return pawl_forecast_put_digest(j, ev, &digest);
        }
        return PAWL_OK;
}

static void judge_programs(pawl_forecast_job *j)
{
        for (size_t i = 0; i < PAWL_FORECAST_PROGRAM_MAX_; i++) {
                if (!j->wish->programs[i].pe || j->is_program_seen[i])
                        continue;
                j->is_other_program[i] = true;
                pawl_forecast_cannot_tell(j, PAWL_PCR_BOOT,
                        i == PAWL_FORECAST_IMAGE
                                ? "another image will be started, and which of this boot's events "
                                  "was the image's is not known"
                                : "another loader will be started, and which of this boot's events "
                                  "was the loader's is not known");
        }
}

/* --- loader.conf --- */

static pawl_err put_conf(pawl_forecast_job *j)
{
        const pawl_measurement m = pawl_loader_conf_measurement(j->wish->conf);

        if (!j->wish->has_start || !j->wish->is_loader_ours || j->has_written_conf)
                return PAWL_OK;
        j->has_written_conf = true;
        return j->wish->has_conf ? pawl_forecast_put_measurement(j, &m) : PAWL_OK;
}

static bool is_conf(const pawl_event *ev)
{
        pawl_reader r = pawl_reader_of(ev->data);
        uint32_t tag = 0;

        return ev->type == PAWL_EV_EVENT_TAG && pawl_read_le32(&r, &tag) == PAWL_OK &&
               tag == PAWL_TAG_LOADER_CONF;
}

/* The loader comes before the firmware gives up its services, which it measures to the same PCR. */
static pawl_err take_loader_config(pawl_forecast_job *j, const pawl_event *ev, bool *ret_done)
{
        if (is_conf(ev) && j->wish->has_start && j->wish->is_loader_ours) {
                *ret_done = true;
                return put_conf(j);
        }
        if (is_conf(ev) && j->wish->has_start)
                pawl_forecast_cannot_tell(j, PAWL_PCR_BOOT_LOADER_CONFIG,
                        "the loader that will be started is not Pawl's, and what it measures of "
                        "its configuration is not known");
        if (ev->type == PAWL_EV_EFI_ACTION &&
                pawl_span_has_prefix(ev->data, PAWL_SPAN_LITERAL("Exit Boot Services Invocation")))
                return put_conf(j);
        return PAWL_OK;
}

/* --- what the stub measures --- */

static bool is_sidecar(const pawl_measurement *m)
{
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                if (m->label == pawl_sidecar_label(k))
                        return true;
        return false;
}

/* The selector by which the loader passes the profile on: "@N" in UTF-16. */
static pawl_err put_selector(pawl_forecast_job *j)
{
        char text[16];
        uint8_t utf16[2 * sizeof(text)];
        pawl_writer w = pawl_writer_of(utf16, sizeof(utf16));
        pawl_measurement m;

        if (j->wish->profile == 0)
                return PAWL_OK;
        (void)snprintf(text, sizeof(text), "@%u", j->wish->profile);
        for (const char *c = text; *c; c++)
                PAWL_TRY(pawl_write_le16(&w, (uint8_t)*c));
        m = pawl_load_options_measurement(pawl_written(&w));
        return pawl_forecast_put_measurement(j, &m);
}

/* Load options of a boot without our loader come again as they are: only archives are written. */
static pawl_err put_plan(pawl_forecast_job *j)
{
        if (j->wish->has_start && j->wish->is_loader_ours)
                PAWL_TRY(put_selector(j));
        for (size_t i = 0; i < j->plan.n_items; i++) {
                const pawl_measurement *m = &j->plan.items[i];

                if (m->pcr == PAWL_PCR_KERNEL_BOOT ||
                        (j->wish->has_start && (j->wish->is_loader_ours || is_sidecar(m))))
                        PAWL_TRY(pawl_forecast_put_measurement(j, m));
        }
        return PAWL_OK;
}

/* What the stub did in this boot: it does the same anew, with what is there then. */
static pawl_err take_stub(pawl_forecast_job *j, const pawl_event *ev, bool *ret_done)
{
        pawl_sidecar kind;

        if (!j->has_plan)
                return PAWL_OK;
        if (ev->pcr == PAWL_PCR_KERNEL_BOOT) {
                *ret_done = true;
        } else if (j->wish->has_start && j->wish->is_loader_ours) {
                *ret_done = true;
        } else if (j->wish->has_start) {
                PAWL_TRY(pawl_event_sidecar(ev, j->now->bank, ret_done, &kind));
                if (!*ret_done && j->is_other_program[PAWL_FORECAST_IMAGE])
                        pawl_forecast_cannot_tell(j, PAWL_PCR_KERNEL_CONFIG,
                                "another image will be started, and what it makes of the command "
                                "line that it is given is not known");
        }
        return PAWL_OK;
}

static pawl_err read_image(pawl_forecast_job *j, const pawl_pe *pe)
{
        if (!pe)
                return PAWL_OK;
        PAWL_TRY(pawl_uki_read(pe, j->wish->profile, &j->uki));
        j->in = (pawl_boot_input){ .uki = &j->uki, .is_secure_boot = true };
        for (size_t i = 0; j->wish->has_start && i < PAWL_SIDECAR_MAX_; i++)
                j->in.sidecars[i] = j->wish->sidecars[i];
        PAWL_TRY(pawl_boot_plan(&j->in, &j->plan));
        j->has_plan = true;
        return PAWL_OK;
}

void pawl_forecast_cannot_tell_start(pawl_forecast_job *j, const char *why)
{
        static const unsigned pcrs[] = { PAWL_PCR_BOOT, PAWL_PCR_BOOT_LOADER_CONFIG,
                PAWL_PCR_SECURE_BOOT, PAWL_PCR_KERNEL, PAWL_PCR_KERNEL_BOOT,
                PAWL_PCR_KERNEL_CONFIG };

        for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++)
                pawl_forecast_cannot_tell(j, pcrs[i], why);
}

pawl_err pawl_forecast_read_start(pawl_forecast_job *j)
{
        if (j->wish->unknown_start)
                pawl_forecast_cannot_tell_start(j, j->wish->unknown_start);
        return read_image(j, j->wish->programs[PAWL_FORECAST_IMAGE].pe);
}

pawl_err pawl_forecast_take_start(pawl_forecast_job *j, const pawl_event *ev, bool *ret_done)
{
        *ret_done = false;
        switch (ev->pcr) {
        case PAWL_PCR_BOOT:
                return ev->type == PAWL_EV_EFI_BOOT_SERVICES_APP ? take_program(j, ev, ret_done)
                                                                 : PAWL_OK;
        case PAWL_PCR_BOOT_LOADER_CONFIG:
                return take_loader_config(j, ev, ret_done);
        case PAWL_PCR_KERNEL_BOOT:
        case PAWL_PCR_KERNEL_CONFIG:
                return take_stub(j, ev, ret_done);
        default:
                return PAWL_OK;
        }
}

/* Other loaders hand the image's own command line to it as load options, and measure that. */
static void judge_options(pawl_forecast_job *j)
{
        static const char why[] = "a loader that is not Pawl's will start the image, and what it "
                                  "hands over is not known";

        if (!j->wish->programs[PAWL_FORECAST_LOADER].pe || j->wish->is_loader_ours ||
                !(j->is_other_program[PAWL_FORECAST_LOADER] ||
                        j->is_other_program[PAWL_FORECAST_IMAGE]))
                return;
        pawl_forecast_cannot_tell(j, PAWL_PCR_KERNEL_CONFIG, why);
        pawl_forecast_cannot_tell(j, PAWL_PCR_KERNEL, why);
}

pawl_err pawl_forecast_end_start(pawl_forecast_job *j)
{
        judge_programs(j);
        judge_options(j);
        PAWL_TRY(put_conf(j));
        return j->has_plan ? put_plan(j) : PAWL_OK;
}

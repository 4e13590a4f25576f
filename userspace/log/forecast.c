/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/forecast.h"

#include <stdio.h>
#include <string.h>

#include "core/efi-siglist.h"
#include "core/efi-variable.h"
#include "core/pe-signer.h"
#include "core/plan.h"
#include "userspace/host/cleanup.h"
#include "userspace/host/hash.h"

#define PCR_BOOT 4u

const char *pawl_forecast_variable_name(pawl_forecast_variable v)
{
        static const char *const names[] = { "PK", "KEK", "db", "dbx" };

        return names[v];
}

const uint8_t *pawl_forecast_variable_guid(pawl_forecast_variable v)
{
        return v == PAWL_FORECAST_DB || v == PAWL_FORECAST_DBX ? pawl_guid_image_security
                                                               : pawl_guid_global;
}

void pawl_forecast_done(pawl_forecast *f)
{
        pawl_logs_done(&f->logs);
}

typedef struct job {
        const pawl_verified_log *now;
        const pawl_forecast_wish *wish;
        pawl_forecast *f;
        FILE *out;
        pawl_uki uki;
        pawl_boot_input in;
        pawl_plan plan; /* borrows from `in` */
        bool has_plan, has_written_plan;
        bool has_other_db;
        pawl_diag *d;
} job;

static void cannot_tell(job *j, unsigned pcr, const char *why)
{
        if (!(j->f->unknown >> pcr & 1))
                j->f->why[pcr] = why;
        j->f->unknown |= 1u << pcr;
}

/* --- writing records: PFP 1.05, 10.2.2, TCG_PCR_EVENT2 --- */

static void put_le(FILE *f, uint64_t v, size_t size)
{
        for (size_t i = 0; i < size; i++)
                (void)fputc((int)(v >> 8 * i & 0xff), f);
}

static void put_span(FILE *f, pawl_span s)
{
        if (s.len > 0)
                (void)fwrite(s.data, 1, s.len, f);
}

/* An event whose digests are those of `measured` and `n_zeros` zeros. */
static pawl_err put_event(
        job *j, uint32_t pcr, uint32_t type, pawl_span measured, size_t n_zeros, pawl_span data)
{
        const pawl_eventlog *log = j->now->log;

        put_le(j->out, pcr, 4);
        put_le(j->out, type, 4);
        put_le(j->out, log->n_algs, 4);
        for (size_t i = 0; i < log->n_algs; i++) {
                pawl_digest digest;
                pawl_alg alg;

                if (pawl_alg_from_tpm_id(log->algs[i].id, &alg) != PAWL_OK)
                        return pawl_fail(j->d, PAWL_ERR_UNSUPPORTED,
                                "the event log has digests of an unknown algorithm (0x%04x)",
                                log->algs[i].id);
                digest.alg = alg;
                PAWL_TRY(pawl_openssl_hasher.hash(NULL, alg, &measured, 1, n_zeros, &digest));
                put_le(j->out, log->algs[i].id, 2);
                put_span(j->out, pawl_digest_span(&digest));
        }
        put_le(j->out, data.len, 4);
        put_span(j->out, data);
        return PAWL_OK;
}

/* --- Secure Boot --- */

static pawl_err put_variable(
        job *j, const pawl_event *ev, const pawl_efi_variable *v, pawl_span new)
{
        pawl_autofree char *bytes = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&bytes, &len);
        pawl_span record;

        if (!f)
                return PAWL_ERR_NO_MEMORY;
        put_span(f, v->guid);
        put_le(f, v->name.len / 2, 8);
        put_le(f, new.len, 8);
        put_span(f, v->name);
        put_span(f, new);
        if (fclose(f) != 0 || !bytes)
                return PAWL_ERR_NO_MEMORY;
        record = pawl_span_of(bytes, len);
        return put_event(j, ev->pcr, ev->type, record, 0, record);
}

static bool has_entry(pawl_span list, const pawl_signature *wanted)
{
        pawl_siglist_cursor c = pawl_siglist_start(list);
        pawl_signature s;

        while (pawl_siglist_next(&c, &s) == PAWL_OK)
                if (s.kind == wanted->kind && pawl_span_equal(s.data, wanted->data))
                        return true;
        return false;
}

/* Whether everything that an update brings is there already: then it changes nothing. */
static pawl_err adds_something(job *j, pawl_span old, pawl_span update, bool *ret)
{
        pawl_siglist_cursor c = pawl_siglist_start(update);
        pawl_signature s;
        pawl_err err;

        *ret = false;
        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK)
                *ret |= !has_entry(old, &s);
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        return pawl_fail(j->d, err, "the update is no list of Secure Boot signatures");
}

static pawl_err put_database(job *j, const pawl_event *ev, const pawl_efi_variable *v,
        pawl_forecast_variable which, bool *ret_done)
{
        const pawl_span new = j->wish->variables[which].data;
        bool is_more = true;

        *ret_done = true;
        if (!j->wish->variables[which].is_update) {
                if (which == PAWL_FORECAST_DB && !pawl_span_equal(v->data, new))
                        j->has_other_db = true;
                return put_variable(j, ev, v, new);
        }
        PAWL_TRY(adds_something(j, v->data, new, &is_more));
        *ret_done = is_more;
        if (!is_more)
                return PAWL_OK;
        j->f->differ |= 1u << ev->pcr;
        return put_variable(j, ev, v, new);
}

/* A variable that Secure Boot stands on, if it will be another one. */
static pawl_err take_variable(job *j, const pawl_event *ev, bool *ret_done)
{
        pawl_efi_variable v;

        *ret_done = false;
        if (ev->type != PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG ||
                pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                return PAWL_OK;
        if (j->wish->without_secure_boot &&
                pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_global)) {
                const uint8_t off = 0;

                *ret_done = true;
                if (v.data.len != 1 || v.data.data[0] != 0)
                        j->f->differ |= 1u << ev->pcr;
                return put_variable(j, ev, &v, pawl_span_of(&off, 1));
        }
        for (unsigned i = 0; i < PAWL_FORECAST_VARIABLE_MAX_; i++)
                if (j->wish->variables[i].is_given &&
                        pawl_efi_variable_is(
                                &v, pawl_forecast_variable_name(i), pawl_forecast_variable_guid(i)))
                        return put_database(j, ev, &v, i, ret_done);
        return PAWL_OK;
}

/* Who vouched for what was started, by one entry of db. */
static pawl_span certificate_of(const pawl_event *ev)
{
        pawl_efi_variable v;

        if (pawl_efi_variable_read(ev->data, &v) != PAWL_OK || v.data.len <= PAWL_GUID_SIZE)
                return PAWL_SPAN_NULL;
        return pawl_span_of(v.data.data + PAWL_GUID_SIZE, v.data.len - PAWL_GUID_SIZE);
}

static pawl_err check_authority(job *j, const pawl_event *ev)
{
        const pawl_span certificate = certificate_of(ev);
        bool is_signed = true;

        if (j->has_other_db &&
                (certificate.len == 0 ||
                        !pawl_span_contains(
                                j->wish->variables[PAWL_FORECAST_DB].data, certificate))) {
                j->f->differ |= 1u << ev->pcr;
                cannot_tell(j, ev->pcr,
                        "the certificate that vouched for this boot is no longer in db: the "
                        "firmware may refuse to start");
        }
        if (!j->wish->uki)
                return PAWL_OK;
        if (certificate.len > 0 &&
                pawl_pe_is_signed_by(j->wish->uki, certificate, &is_signed) != PAWL_OK)
                is_signed = false;
        if (certificate.len == 0 || !is_signed)
                cannot_tell(j, ev->pcr,
                        "the new image is not signed by the certificate that vouched for this "
                        "boot");
        return PAWL_OK;
}

/* --- the image --- */

static pawl_err put_plan(job *j)
{
        for (size_t i = 0; i < j->plan.n_items; i++) {
                const pawl_measurement *m = &j->plan.items[i];
                uint8_t label[512];
                pawl_writer w = pawl_writer_of(label, sizeof(label));

                if (m->pcr != PAWL_PCR_KERNEL_BOOT)
                        continue;
                PAWL_TRY(pawl_measurement_event(m, &w));
                PAWL_TRY(put_event(
                        j, m->pcr, m->event_type, m->bytes, m->n_zeros, pawl_written(&w)));
        }
        j->has_written_plan = true;
        return PAWL_OK;
}

/* An event of the image of this boot, where another one will be started. */
static pawl_err take_image(job *j, const pawl_event *ev, bool *ret_done)
{
        *ret_done = j->has_plan && ev->pcr == PAWL_PCR_KERNEL_BOOT;
        if (j->has_plan && ev->pcr == PCR_BOOT && ev->type == PAWL_EV_EFI_BOOT_SERVICES_APP)
                cannot_tell(
                        j, PCR_BOOT, "another image will be started, which the firmware measures");
        return *ret_done && !j->has_written_plan ? put_plan(j) : PAWL_OK;
}

static pawl_err read_image(job *j)
{
        if (!j->wish->uki)
                return PAWL_OK;
        PAWL_TRY(pawl_uki_read(j->wish->uki, /* profile= */ 0, &j->uki));
        j->in = (pawl_boot_input){ .uki = &j->uki, .is_secure_boot = true };
        PAWL_TRY(pawl_boot_plan(&j->in, &j->plan));
        j->has_plan = true;
        return PAWL_OK;
}

/* --- all --- */

static pawl_err take(job *j, const pawl_event *ev, size_t end)
{
        const pawl_span bytes = j->now->log->bytes;
        bool is_done = false;

        if (ev->pcr == PAWL_PCR_SECURE_BOOT)
                PAWL_TRY(take_variable(j, ev, &is_done));
        if (!is_done)
                PAWL_TRY(take_image(j, ev, &is_done));
        if (!is_done && ev->type == PAWL_EV_EFI_VARIABLE_AUTHORITY && j->wish->without_secure_boot)
                return PAWL_OK; /* nobody vouches then */
        if (!is_done && ev->type == PAWL_EV_EFI_VARIABLE_AUTHORITY)
                PAWL_TRY(check_authority(j, ev));
        if (!is_done)
                put_span(j->out, pawl_span_of(bytes.data + ev->off, end - ev->off));
        return PAWL_OK;
}

static pawl_err write_log(job *j)
{
        pawl_log_cursor c = pawl_eventlog_start(j->now->log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(j->now->log, &c, &ev, NULL)) == PAWL_OK)
                PAWL_TRY(take(j, &ev, c.r.off));
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        if (j->has_plan && !j->has_written_plan)
                return put_plan(j);
        return PAWL_OK;
}

static pawl_err finish(job *j, char *bytes, size_t len)
{
        pawl_replay replay;

        PAWL_TRY(pawl_buffer_dup(pawl_span_of(bytes, len), &j->f->logs.bytes));
        PAWL_TRY(pawl_eventlog_open(
                pawl_buffer_span(&j->f->logs.bytes), &j->f->logs.firmware, NULL));
        j->f->logs.has_firmware = true;
        PAWL_TRY(pawl_logs_replay(&j->f->logs, j->now->bank, &replay, j->d));
        j->f->pcrs = (pawl_pcr_set){ .bank = j->now->bank, .mask = PAWL_PCRS_BOOT };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                j->f->pcrs.values[i] = replay.pcrs[i];
        return PAWL_OK;
}

pawl_err pawl_forecast_make(const pawl_verified_log *now, const pawl_forecast_wish *wish,
        pawl_forecast *ret, pawl_diag *d)
{
        pawl_autoforecast pawl_forecast f = { 0 };
        pawl_autofree char *bytes = NULL;
        job j = { .now = now, .wish = wish, .f = &f, .d = d };
        size_t len = 0;
        pawl_err err;

        if (!now->log->is_crypto_agile)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the event log has the format of TPM 1.2: nothing can be foretold from it");
        PAWL_TRY(read_image(&j));
        for (unsigned i = 0; i < PAWL_PCR_SYSTEM_IDENTITY; i++) /* which is zero at opening */
                if (!(now->mask >> i & 1))
                        cannot_tell(&j, i, "this boot's event log does not lead to its value");
        j.out = open_memstream(&bytes, &len);
        if (!j.out)
                return PAWL_ERR_NO_MEMORY;
        err = write_log(&j);
        if (fclose(j.out) != 0 && err == PAWL_OK)
                err = PAWL_ERR_NO_MEMORY;
        PAWL_TRY(err);
        PAWL_TRY(finish(&j, bytes, len));
        *ret = f;
        f = (pawl_forecast){ 0 };
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/secure-boot.h"

#include "core/plan.h"
#include "userspace/host/hash.h"

#define SIGNATURE_OWNER_SIZE PAWL_GUID_SIZE

/* EFI_SIGNATURE_DATA of an X.509 list: the owner, then the certificate. A hash in db has 32 bytes
 * there and is no DER sequence. UEFI 2.10, 32.4.1. */
static pawl_span certificate_of(const pawl_efi_variable *v)
{
        pawl_span cert;

        if (!pawl_efi_variable_is(v, "db", pawl_guid_image_security) || v->n_trailing > 0 ||
                v->data.len <= SIGNATURE_OWNER_SIZE + PAWL_SHA256_SIZE ||
                pawl_span_slice(v->data, SIGNATURE_OWNER_SIZE, v->data.len - SIGNATURE_OWNER_SIZE,
                        &cert) != PAWL_OK)
                return PAWL_SPAN_NULL;
        return cert.data[0] == 0x30 ? cert : PAWL_SPAN_NULL;
}

static bool is_known(const pawl_secure_boot *s, const pawl_event *ev)
{
        for (size_t i = 0; i < s->n_authorities; i++)
                if (s->authorities[i].is_proven &&
                        pawl_span_equal(s->authorities[i].event, ev->data))
                        return true;
        return false;
}

/* An event whose data is not what was measured is never a repetition: the data could be borrowed
 * from another event. */
static pawl_err add_authority(pawl_secure_boot *s, const pawl_event *ev, bool is_measured,
        bool is_before_loader, pawl_diag *d)
{
        pawl_authority a = {
                .event = ev->data, .is_proven = is_measured, .is_before_loader = is_before_loader
        };
        pawl_efi_variable v;

        if (is_measured && is_known(s, ev))
                return PAWL_OK;
        if (s->n_authorities == PAWL_AUTHORITIES_MAX)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "PCR 7: too many different authorities in the log");
        if (is_measured && pawl_efi_variable_read(ev->data, &v) == PAWL_OK) {
                a.variable = v.name;
                a.certificate = certificate_of(&v);
        }
        s->authorities[s->n_authorities++] = a;
        return PAWL_OK;
}

/* Where the reader is. An event's type and its place among the events of other PCRs are not
 * measured, so that only data and the order within PCR 7 decide what an event means. */
typedef struct progress {
        bool is_on, is_off;        /* values of SecureBoot; a second one may not contradict */
        bool after_separator;      /* before it: the configuration; after it: authorities */
        bool after_loader_started; /* for information only */
} progress;

static void read_config(pawl_secure_boot *s, progress *p, const pawl_event *ev)
{
        pawl_efi_variable v;

        if (pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                return;
        if (pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_global)) {
                bool is_on = v.data.len == 1 && v.data.data[0] == 1;

                p->is_on |= is_on;
                p->is_off |= !is_on;
        }
        if (pawl_efi_variable_is(&v, "PK", pawl_guid_global) && v.data.len > 0)
                s->has_platform_key = true;
}

static pawl_err read_pcr7(
        pawl_secure_boot *s, progress *p, const pawl_event *ev, pawl_alg bank, pawl_diag *d)
{
        bool is_measured;

        PAWL_TRY(pawl_event_data_is_measured(&pawl_openssl_hasher, ev, bank, &is_measured));
        if (p->after_separator)
                return add_authority(s, ev, is_measured, !p->after_loader_started, d);
        if (!is_measured)
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "event log: byte %zu: the data in PCR 7 is not what was measured", ev->off);
        if (pawl_span_equal(ev->data, PAWL_SPAN_LITERAL("\0\0\0\0")))
                p->after_separator = true;
        else
                read_config(s, p, ev);
        return PAWL_OK;
}

static pawl_err read_event(
        pawl_secure_boot *s, progress *p, const pawl_event *ev, pawl_alg bank, pawl_diag *d)
{
        if (ev->type == PAWL_EV_NO_ACTION)
                return PAWL_OK;
        if (ev->pcr == 4 && ev->type == PAWL_EV_EFI_BOOT_SERVICES_APP)
                p->after_loader_started = true;
        return ev->pcr == PAWL_PCR_SECURE_BOOT ? read_pcr7(s, p, ev, bank, d) : PAWL_OK;
}

pawl_err pawl_secure_boot_read(const pawl_verified_log *log, pawl_secure_boot *ret, pawl_diag *d)
{
        pawl_secure_boot s = { 0 };
        pawl_log_cursor c;
        pawl_event ev;
        pawl_err err;
        progress p = { 0 };

        if (log->verdict != PAWL_VERDICT_ACCEPT || (log->mask >> PAWL_PCR_SECURE_BOOT & 1) == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED, "PCR 7: the event log was not verified");
        c = pawl_eventlog_start(log->log);
        while ((err = pawl_eventlog_next(log->log, &c, &ev, NULL)) == PAWL_OK)
                PAWL_TRY(read_event(&s, &p, &ev, log->bank, d));
        if (err != PAWL_ERR_NOT_FOUND)
                return err;
        if (!p.after_separator)
                return pawl_fail(d, PAWL_ERR_MISSING, "PCR 7: the event log has no separator");
        s.is_on = p.is_on && !p.is_off;
        *ret = s;
        return PAWL_OK;
}

bool pawl_secure_boot_has_foreign(const pawl_secure_boot *s, pawl_span own)
{
        if (own.len == 0)
                return s->n_authorities > 1;
        for (size_t i = 0; i < s->n_authorities; i++)
                if (!pawl_span_equal(s->authorities[i].certificate, own))
                        return true;
        return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/efi-siglist.h"
#include "core/pe-signer.h"
#include "userspace/host/hash.h"
#include "userspace/log/forecast-internal.h"

/* What the two lists will hold; taken from this boot's log where nothing else is known. */
typedef struct lists {
        pawl_span db, dbx;
        bool is_db_other; /* than in this boot */
} lists;

/* A certificate that vouched in this boot. Firmware measures each one once. */
typedef struct authorities {
        pawl_span certificates[16];
        size_t n;
        bool is_readable; /* every one of them is a certificate in db */
        bool is_on;       /* Secure Boot, in this boot */
} authorities;

static bool is_list(const pawl_efi_variable *v, pawl_forecast_variable which)
{
        return pawl_efi_variable_is(
                v, pawl_forecast_variable_name(which), pawl_forecast_variable_guid(which));
}

static void read_config(const pawl_efi_variable *v, lists *l, authorities *a)
{
        if (pawl_efi_variable_is(v, "SecureBoot", pawl_guid_global))
                a->is_on = v->data.len == 1 && v->data.data[0] == 1;
        if (is_list(v, PAWL_FORECAST_DB))
                l->db = v->data;
        if (is_list(v, PAWL_FORECAST_DBX))
                l->dbx = v->data;
}

/* EFI_SIGNATURE_DATA: the owner, then the certificate. UEFI 2.10, 32.4.1. */
static void read_authority(const pawl_efi_variable *v, authorities *a)
{
        pawl_span certificate;

        if (!is_list(v, PAWL_FORECAST_DB) ||
                a->n == sizeof(a->certificates) / sizeof(a->certificates[0]) ||
                pawl_span_slice(v->data, PAWL_GUID_SIZE, v->data.len - PAWL_GUID_SIZE,
                        &certificate) != PAWL_OK ||
                certificate.len <= PAWL_SHA256_SIZE) {
                a->is_readable = false;
                return;
        }
        a->certificates[a->n++] = certificate;
}

static pawl_err read_event(pawl_forecast_job *j, const pawl_event *ev, lists *l, authorities *a)
{
        bool is_measured = false;
        pawl_efi_variable v;

        if (ev->pcr != PAWL_PCR_SECURE_BOOT || (ev->type != PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG &&
                                                       ev->type != PAWL_EV_EFI_VARIABLE_AUTHORITY))
                return PAWL_OK;
        PAWL_TRY(pawl_event_data_is_measured(&pawl_openssl_hasher, ev, j->now->bank, &is_measured));
        if (!is_measured || pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                a->is_readable = false;
        else if (ev->type == PAWL_EV_EFI_VARIABLE_AUTHORITY)
                read_authority(&v, a);
        else
                read_config(&v, l, a);
        return PAWL_OK;
}

static pawl_err read_log(pawl_forecast_job *j, lists *l, authorities *a)
{
        pawl_log_cursor c = pawl_eventlog_start(j->now->log);
        pawl_event ev;
        pawl_err err;

        a->is_readable = true;
        while ((err = pawl_eventlog_next(j->now->log, &c, &ev, NULL)) == PAWL_OK)
                PAWL_TRY(read_event(j, &ev, l, a));
        if (j->wish->variables[PAWL_FORECAST_DB].is_given &&
                !j->wish->variables[PAWL_FORECAST_DB].is_update) {
                l->is_db_other = !pawl_span_equal(l->db, j->wish->variables[PAWL_FORECAST_DB].data);
                l->db = j->wish->variables[PAWL_FORECAST_DB].data;
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static bool is_authority(const authorities *a, pawl_span certificate)
{
        for (size_t i = 0; i < a->n; i++)
                if (pawl_span_equal(a->certificates[i], certificate))
                        return true;
        return false;
}

static bool has(pawl_span list, pawl_signature_kind kind, pawl_span data)
{
        pawl_siglist_cursor c = pawl_siglist_start(list);
        pawl_signature s;

        while (pawl_siglist_next(&c, &s) == PAWL_OK)
                if (s.kind == kind && pawl_span_equal(s.data, data))
                        return true;
        return false;
}

/* --- one program --- */

typedef struct voucher {
        unsigned n_known, n_new; /* certificates of db that sign it: of this boot's, and others */
        bool is_by_hash;
        bool is_unreadable; /* db is no list, or holds what cannot be read */
} voucher;

static pawl_err find_vouchers(const pawl_pe *pe, const lists *l, const authorities *a, voucher *ret)
{
        pawl_siglist_cursor c = pawl_siglist_start(l->db);
        pawl_signature s;
        pawl_err err;

        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK) {
                bool is_signed = false;

                if (s.kind != PAWL_SIGNATURE_CERTIFICATE)
                        continue;
                if (pawl_pe_is_signed_by(pe, s.data, &is_signed) != PAWL_OK)
                        ret->is_unreadable = true;
                if (is_signed && is_authority(a, s.data))
                        ret->n_known++;
                else if (is_signed)
                        ret->n_new++;
        }
        ret->is_unreadable |= err != PAWL_ERR_NOT_FOUND;
        return PAWL_OK;
}

/* By its hash: revoked by dbx or by an update of it, or trusted by db. */
static bool is_revoked(pawl_forecast_job *j, const lists *l, pawl_span digest)
{
        return has(l->dbx, PAWL_SIGNATURE_HASH, digest) ||
               (j->wish->variables[PAWL_FORECAST_DBX].is_given &&
                       has(j->wish->variables[PAWL_FORECAST_DBX].data, PAWL_SIGNATURE_HASH,
                               digest));
}

/* By a certificate in dbx. Names alone are compared, so that it is not certain. */
static bool may_be_revoked(pawl_forecast_job *j, const lists *l, const pawl_pe *pe)
{
        const pawl_span places[] = { l->dbx, j->wish->variables[PAWL_FORECAST_DBX].data };
        pawl_signature s;

        for (size_t i = 0; i < 2; i++) {
                pawl_siglist_cursor c = pawl_siglist_start(places[i]);
                bool is_signed = false;

                while (!is_signed && pawl_siglist_next(&c, &s) == PAWL_OK)
                        if (s.kind == PAWL_SIGNATURE_CERTIFICATE &&
                                pawl_pe_is_signed_by(pe, s.data, &is_signed) != PAWL_OK)
                                is_signed = false;
                if (is_signed)
                        return true;
        }
        return false;
}

static const char *const revoked[] = {
        "dbx forbids the loader: the firmware will not start it",
        "dbx forbids the image: the firmware will not start it",
};
static const char *const untrusted[] = {
        "the loader is not signed by any certificate in db: the firmware will not start it",
        "the image is not signed by any certificate in db: the firmware will not start it",
};

static pawl_err judge_program(
        pawl_forecast_job *j, pawl_forecast_program which, const lists *l, const authorities *a)
{
        const pawl_pe *pe = j->wish->programs[which].pe;
        pawl_digest digest;
        voucher v = { 0 };

        if (!pe)
                return PAWL_OK;
        if (pawl_forecast_authenticode(pe, PAWL_ALG_SHA256, &digest) != PAWL_OK)
                return PAWL_OK; /* PCR 4 says that it cannot be told */
        if (is_revoked(j, l, pawl_digest_span(&digest))) {
                j->f->refused = revoked[which];
                return PAWL_OK;
        }
        if (may_be_revoked(j, l, pe))
                pawl_forecast_cannot_tell(j, PAWL_PCR_SECURE_BOOT,
                        "dbx forbids a certificate that signs what is to be started: the firmware "
                        "may refuse to start it");
        PAWL_TRY(find_vouchers(pe, l, a, &v));
        v.is_by_hash = has(l->db, PAWL_SIGNATURE_HASH, pawl_digest_span(&digest));
        /* the digest leaves the signatures out: the same program may have lost them */
        if (!v.is_unreadable && v.n_known + v.n_new == 0 && !v.is_by_hash)
                j->f->refused = untrusted[which];
        if (j->f->refused || (!j->is_other_program[which] && !l->is_db_other))
                return PAWL_OK;
        if (v.is_unreadable)
                pawl_forecast_cannot_tell(j, PAWL_PCR_SECURE_BOOT,
                        "db cannot be read, so that it is not known who vouches for the program "
                        "that will be started");
        else if (v.n_new > 0 && v.n_known > 0)
                pawl_forecast_cannot_tell(j, PAWL_PCR_SECURE_BOOT,
                        "several certificates of db sign the program that will be started, and "
                        "which of them counts is the firmware's choice");
        else if (v.n_known == 0)
                pawl_forecast_differs(j, PAWL_PCR_SECURE_BOOT,
                        "another certificate of db will vouch for what is started");
        return PAWL_OK;
}

/* One that nothing which will be started needs may have vouched for what is gone, or for an option
 * ROM, which stays. */
static void check_left_over(pawl_forecast_job *j, const authorities *a)
{
        for (size_t i = 0; i < a->n; i++) {
                bool is_needed = false, is_signed = false;

                for (size_t k = 0; k < PAWL_FORECAST_PROGRAM_MAX_; k++) {
                        const pawl_pe *pe = j->wish->programs[k].pe;

                        is_needed |= pe &&
                                     pawl_pe_is_signed_by(pe, a->certificates[i], &is_signed) ==
                                             PAWL_OK &&
                                     is_signed;
                }
                if (!is_needed && j->wish->programs[PAWL_FORECAST_IMAGE].pe)
                        pawl_forecast_cannot_tell(j, PAWL_PCR_SECURE_BOOT,
                                "a certificate that vouched for something in this boot signs none "
                                "of what will be started");
        }
}

pawl_err pawl_forecast_judge_authorities(pawl_forecast_job *j)
{
        lists l = { 0 };
        authorities a = { 0 };

        if (j->wish->without_secure_boot)
                return PAWL_OK;
        PAWL_TRY(read_log(j, &l, &a));
        if (!a.is_on)
                return PAWL_OK;
        for (pawl_forecast_program i = 0; i < PAWL_FORECAST_PROGRAM_MAX_; i++)
                PAWL_TRY(judge_program(j, i, &l, &a));
        if (!j->is_other_program[PAWL_FORECAST_LOADER] && !j->is_other_program[PAWL_FORECAST_IMAGE])
                return PAWL_OK;
        if (!a.is_readable)
                pawl_forecast_cannot_tell(j, PAWL_PCR_SECURE_BOOT,
                        "who vouched for this boot cannot be read from its log");
        check_left_over(j, &a);
        return PAWL_OK;
}

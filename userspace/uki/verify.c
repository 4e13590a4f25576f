/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/verify.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <string.h>

#include "userspace/uki/authenticode.h"
#include "userspace/uki/kernel.h"

#define SCN_EXECUTE 0x20000000u
#define SCN_WRITE   0x80000000u

static void add(pawl_checks *c, const char *name, pawl_check_result result, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

static void add(pawl_checks *c, const char *name, pawl_check_result result, const char *fmt, ...)
{
        pawl_check *row = &c->rows[c->n_rows];
        va_list ap;

        if (c->n_rows == PAWL_CHECKS_MAX)
                return;
        c->n_rows++;
        row->name = name;
        row->result = result;
        va_start(ap, fmt);
        if (vsnprintf(row->text, sizeof(row->text), fmt, ap) < 0)
                row->text[0] = '\0';
        va_end(ap);
        pawl_text_sanitize(row->text);
}

/* Overlap was refused when the image was opened. */
static void check_sections(const pawl_pe *pe, pawl_checks *c)
{
        const pawl_pe_section *twice = pawl_uki_find_duplicate(pe);

        if (twice)
                add(c, "sections", PAWL_CHECK_FAILED, "%s stands twice", twice->name);
        else
                add(c, "sections", PAWL_CHECK_PASSED, "%zu, none twice, no overlap",
                        pe->n_sections);
}

static void check_w_xor_x(const pawl_pe *pe, pawl_checks *c)
{
        for (size_t i = 0; i < pe->n_sections; i++) {
                uint32_t f = pe->sections[i].characteristics;

                if ((f & SCN_EXECUTE) && (f & SCN_WRITE)) {
                        add(c, "w^x", PAWL_CHECK_FAILED, "%s is writable and executable",
                                pe->sections[i].name);
                        return;
                }
        }
        add(c, "w^x", PAWL_CHECK_PASSED, "no section is writable and executable");
}

static void check_secure_boot(const pawl_verify_input *in, pawl_checks *c)
{
        const pawl_pe *pe = &in->image->pe;
        pawl_diag d = { 0 };

        if (!in->certificate)
                add(c, "secure-boot", PAWL_CHECK_SKIPPED, "%s; give --secureboot-certificate",
                        pe->cert_size > 0 ? "signed, not checked" : "not signed");
        else if (pawl_authenticode_verify(pe, in->certificate, &d) == PAWL_OK)
                add(c, "secure-boot", PAWL_CHECK_PASSED, "signed by the given certificate");
        else
                add(c, "secure-boot", PAWL_CHECK_FAILED, "%s", pawl_diag_text(&d));
}

/* Every kernel in the file, whatever profile it is in and whether or not it counts there: all that
 * somebody needs to start it by itself is to cut it out. */
static void check_kernels(const pawl_verify_input *in, pawl_checks *c)
{
        const pawl_pe *pe = &in->image->pe;
        pawl_diag d = { 0 };
        pawl_span kernel;
        size_t n_zeros;

        for (size_t i = 0; i < pe->n_sections; i++) {
                if (strcmp(pe->sections[i].name, ".linux") != 0 ||
                        pe->sections[i].virtual_size == 0)
                        continue;
                if (pawl_pe_section_content(pe, &pe->sections[i], &kernel, &n_zeros) == PAWL_OK &&
                        pawl_kernel_check(kernel, in->certificate, ".linux", &d) == PAWL_OK)
                        continue;
                add(c, "kernel", PAWL_CHECK_FAILED, "%s", pawl_diag_text(&d));
                return;
        }
        add(c, "kernel", PAWL_CHECK_PASSED, "%s",
                in->certificate ? "not signed by the given certificate" : "a PE image");
}

static void tell_signed(const pawl_pcrsig_entries *e, unsigned profile, pawl_checks *c)
{
        size_t n_after = 0;

        for (size_t i = 0; i < e->n_rows; i++)
                n_after += e->rows[i].ref[0] == '\0' &&
                           pawl_phase_path_is_after_initrd(pawl_span_str(e->rows[i].path));
        add(c, "pcr-signatures", PAWL_CHECK_PASSED, "profile %u: %zu right%s", profile, e->n_rows,
                n_after > 0 ? "; some hold after the initrd without a reference, so a disk that "
                              "demands none can be opened after boot"
                            : "");
}

static pawl_err check_pcrsig(
        const pawl_verify_input *in, const pawl_uki *uki, unsigned profile, pawl_checks *c)
{
        pawl_autoentries pawl_pcrsig_entries e = { 0 };
        pawl_autopkey EVP_PKEY *key = NULL;
        pawl_prediction p;
        pawl_diag d = { 0 };
        pawl_err err;

        if (!uki->has[PAWL_UKI_PCRPKEY]) {
                add(c, "pcr-signatures", PAWL_CHECK_FAILED, "profile %u: .pcrsig without .pcrpkey",
                        profile);
                return PAWL_OK;
        }
        err = pawl_key_parse_public(uki->content[PAWL_UKI_PCRPKEY], ".pcrpkey", &key, &d);
        if (err == PAWL_OK && in->pcr_key && EVP_PKEY_eq(key, in->pcr_key) != 1) {
                ERR_clear_error();
                err = pawl_fail(
                        &d, PAWL_ERR_MISMATCH, ".pcrpkey is another key than the one given");
        }
        if (err == PAWL_OK) {
                PAWL_TRY(pawl_predict(uki, PAWL_ALL_BANKS, &p, &d));
                err = pawl_pcrsig_check(&p, uki->content[PAWL_UKI_PCRSIG], key, in->extra, &e, &d);
        }
        if (err == PAWL_OK)
                tell_signed(&e, profile, c);
        else
                add(c, "pcr-signatures", PAWL_CHECK_FAILED, "profile %u: %s", profile,
                        pawl_diag_text(&d));
        return PAWL_OK;
}

static pawl_err check_profile(const pawl_verify_input *in, unsigned profile, pawl_checks *c)
{
        pawl_uki uki;

        if (pawl_uki_read(&in->image->pe, profile, &uki) != PAWL_OK) {
                add(c, "kernel", PAWL_CHECK_FAILED, "profile %u has no .linux section", profile);
                return PAWL_OK;
        }
        if (uki.has[PAWL_UKI_PCRSIG])
                return check_pcrsig(in, &uki, profile, c);
        add(c, "pcr-signatures", in->pcr_key ? PAWL_CHECK_FAILED : PAWL_CHECK_SKIPPED,
                "profile %u: none", profile);
        return PAWL_OK;
}

pawl_err pawl_uki_verify(const pawl_verify_input *in, pawl_checks *ret, pawl_diag *d)
{
        unsigned n_profiles;
        pawl_uki uki;

        *ret = (pawl_checks){ 0 };
        /* without a kernel it is no UKI, and there is nothing to answer about */
        PAWL_TRY(pawl_image_read_uki(in->image, 0, &uki, d));
        PAWL_TRY(pawl_uki_count_profiles(&in->image->pe, &n_profiles));
        check_sections(&in->image->pe, ret);
        check_w_xor_x(&in->image->pe, ret);
        check_secure_boot(in, ret);
        check_kernels(in, ret);
        for (unsigned p = 0; p < n_profiles; p++)
                PAWL_TRY(check_profile(in, p, ret));
        return PAWL_OK;
}

bool pawl_checks_all_passed(const pawl_checks *c)
{
        for (size_t i = 0; i < c->n_rows; i++)
                if (c->rows[i].result == PAWL_CHECK_FAILED)
                        return false;
        return c->n_rows > 0;
}

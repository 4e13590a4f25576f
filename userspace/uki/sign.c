/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/sign.h"

#include <openssl/err.h>
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/uki/authenticode.h"
#include "userspace/uki/kernel.h"

#define OUTPUT_MODE 0644

static pawl_err load_pcr_key(pawl_signing *s, pawl_diag *d)
{
        pawl_autopkey EVP_PKEY *public_key = NULL;

        if (!s->pcr_private_key && s->pcr_public_key)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--pcr-public-key needs --pcr-private-key; for the section alone use "
                        "--pcrpkey");
        if (!s->pcr_private_key)
                return PAWL_OK;
        PAWL_TRY(pawl_key_load_private(s->pcr_private_key, &s->pcr_key, d));
        if (!s->pcr_public_key)
                return PAWL_OK;
        PAWL_TRY(pawl_key_load_public(s->pcr_public_key, &public_key, d));
        if (EVP_PKEY_eq(s->pcr_key, public_key) == 1)
                return PAWL_OK;
        ERR_clear_error();
        return pawl_fail(d, PAWL_ERR_KEY, "%s: not the public half of %s", s->pcr_public_key,
                s->pcr_private_key);
}

pawl_err pawl_signing_load(pawl_signing *s, pawl_diag *d)
{
        if (!s->secureboot_private_key != !s->secureboot_certificate)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--secureboot-private-key and --secureboot-certificate go together");
        PAWL_TRY(load_pcr_key(s, d));
        if (!s->secureboot_private_key)
                return PAWL_OK;
        PAWL_TRY(pawl_key_load_private(s->secureboot_private_key, &s->sb_key, d));
        return pawl_key_load_certificate(s->secureboot_certificate, &s->sb_certificate, d);
}

void pawl_signing_done(pawl_signing *s)
{
        EVP_PKEY_free(s->sb_key);
        EVP_PKEY_free(s->pcr_key);
        X509_free(s->sb_certificate);
        s->sb_key = s->pcr_key = NULL;
        s->sb_certificate = NULL;
}

pawl_err pawl_signing_check_kernels(
        const pawl_signing *s, const pawl_sections *sections, pawl_diag *d)
{
        for (size_t i = 0; i < sections->n_rows; i++)
                if (strcmp(sections->rows[i].name, ".linux") == 0)
                        PAWL_TRY(pawl_kernel_check(
                                sections->rows[i].content, s->sb_certificate, ".linux", d));
        return PAWL_OK;
}

static pawl_err check_pcrpkey(const pawl_signing *s, pawl_span pem, pawl_diag *d)
{
        pawl_autopkey EVP_PKEY *key = NULL;

        PAWL_TRY(pawl_key_parse_public(pem, ".pcrpkey", &key, d));
        if (EVP_PKEY_eq(s->pcr_key, key) == 1)
                return PAWL_OK;
        ERR_clear_error();
        return pawl_fail(d, PAWL_ERR_KEY,
                "the image's .pcrpkey is not the public half of %s; sign with its key or build the "
                "image anew",
                s->pcr_private_key);
}

pawl_err pawl_signing_add_pcrpkey(
        const pawl_signing *s, pawl_sections *sections, pawl_sources *sources, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer pem = { 0 };
        size_t base_end, to;
        pawl_span text;

        if (!s->pcr_key)
                return PAWL_OK;
        for (size_t i = 0; i < sections->n_rows; i++)
                if (strcmp(sections->rows[i].name, ".pcrpkey") == 0)
                        return check_pcrpkey(s, sections->rows[i].content, d);
        PAWL_TRY(pawl_key_public_pem(s->pcr_key, &pem));
        PAWL_TRY(pawl_sources_keep(sources, &pem, &text));
        pawl_sections_profile_range(sections, 0, &base_end, &to);
        return pawl_sections_insert(sections, base_end, ".pcrpkey", text, d);
}

static pawl_err make_pcrsig(
        const pawl_signing *s, const pawl_pe *pe, unsigned profile, pawl_buffer *ret, pawl_diag *d)
{
        pawl_prediction p;
        pawl_uki uki;

        if (pawl_uki_read(pe, profile, &uki) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_MISSING,
                        "profile %u has no .linux section, so it has no PCR 11 to sign", profile);
        PAWL_TRY(pawl_predict(&uki, s->banks, &p, d));
        return pawl_pcrsig_make(&p, &s->paths, s->pcr_key, ret, d);
}

pawl_err pawl_signing_add_pcrsigs(const pawl_signing *s, const pawl_pe *base, const char *path,
        pawl_sections *sections, pawl_sources *sources, pawl_diag *d)
{
        pawl_autofree pawl_pe *pe = calloc(1, sizeof(*pe));
        pawl_autobuffer pawl_buffer file = { 0 };

        if (!s->pcr_key)
                return PAWL_OK;
        if (!pe)
                return PAWL_ERR_NO_MEMORY;
        /* the image without signatures: what will be measured is read from it as the stub does */
        PAWL_TRY(pawl_sections_write(sections, base, path, &file, d));
        PAWL_TRY(pawl_pe_read(pawl_buffer_span(&file), PAWL_PE_FILE, pe));
        /* from the last profile on, so that the rows of the others stay where they are */
        for (unsigned p = pawl_sections_count_profiles(sections); p-- > 0;) {
                pawl_autobuffer pawl_buffer json = { 0 };
                pawl_span text;
                size_t from, to;

                PAWL_TRY(make_pcrsig(s, pe, p, &json, d));
                PAWL_TRY(pawl_sources_keep(sources, &json, &text));
                pawl_sections_profile_range(sections, p, &from, &to);
                PAWL_TRY(pawl_sections_insert(sections, to, ".pcrsig", text, d));
        }
        return PAWL_OK;
}

pawl_err pawl_signing_finish(
        const pawl_signing *s, pawl_buffer *image, const char *output, pawl_diag *d)
{
        if (s->sb_key)
                PAWL_TRY(pawl_authenticode_sign(image, s->sb_key, s->sb_certificate, d));
        return pawl_file_write(output, pawl_buffer_span(image), OUTPUT_MODE, d);
}

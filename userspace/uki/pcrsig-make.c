/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/uki/pcrsig.h"

static bool is_plain_text(const char *s)
{
        for (; *s != '\0'; s++)
                if (*s < 0x20 || *s > 0x7e || *s == '"' || *s == '\\')
                        return false;
        return true;
}

static bool is_same(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static pawl_err check_path(const char *path, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(pawl_span_str(path));
        pawl_span word;

        while (r.left.len > 0)
                if (pawl_phase_path_next(&r, &word) != PAWL_OK)
                        return pawl_fail(d, PAWL_ERR_USAGE,
                                "phase path '%s': empty word; write words joined by ':'", path);
        return PAWL_OK;
}

pawl_err pawl_pcrsig_paths_add(
        pawl_pcrsig_paths *p, const char *path, const char *ref, pawl_diag *d)
{
        PAWL_TRY(check_path(path, d));
        if (ref && (ref[0] == '\0' || strlen(ref) > PAWL_POLICY_REF_MAX || !is_plain_text(ref)))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "policy reference '%s': give 1 to %d printable characters without quotes",
                        ref, PAWL_POLICY_REF_MAX);
        for (size_t i = 0; i < p->n_rows; i++)
                if (strcmp(p->rows[i].path, path) == 0 && is_same(p->rows[i].ref, ref))
                        return PAWL_OK;
        if (p->n_rows == PAWL_PCRSIG_PATHS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %d phase paths to sign",
                        PAWL_PCRSIG_PATHS_MAX);
        p->rows[p->n_rows++] = (pawl_signed_path){ path, ref };
        return PAWL_OK;
}

pawl_err pawl_pcrsig_paths_add_list(
        pawl_pcrsig_paths *p, const pawl_signed_path *list, pawl_diag *d)
{
        for (; list->path; list++)
                PAWL_TRY(pawl_pcrsig_paths_add(p, list->path, list->ref, d));
        return PAWL_OK;
}

static void md_ctx_free_p(EVP_MD_CTX **c)
{
        EVP_MD_CTX_free(*c);
}

static pawl_err sign(EVP_PKEY *key, pawl_span tbs, pawl_buffer *ret)
{
        pawl_cleanup(md_ctx_free_p) EVP_MD_CTX *c = EVP_MD_CTX_new();
        pawl_autobuffer pawl_buffer sig = { 0 };
        int size = EVP_PKEY_size(key);
        size_t n;

        if (!c || size <= 0)
                return PAWL_ERR_CRYPTO;
        PAWL_TRY(pawl_buffer_new((size_t)size, &sig));
        n = sig.len;
        if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) != 1 ||
                EVP_DigestSign(c, sig.data, &n, tbs.data, tbs.len) != 1)
                return PAWL_ERR_CRYPTO;
        return pawl_buffer_dup(pawl_span_of(sig.data, n), ret);
}

static pawl_err pcr11_policy(const pawl_prediction *p, pawl_alg bank, const char *path,
        pawl_policy_digest *ret, pawl_diag *d)
{
        pawl_pcr_set set = { .bank = bank, .mask = 1u << PAWL_PCR_KERNEL_BOOT };
        pawl_policy_digest pol = { 0 };

        PAWL_TRY(pawl_predict_phases(p, bank, path, &set.values[PAWL_PCR_KERNEL_BOOT], d));
        PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &pol, &set));
        *ret = pol;
        return PAWL_OK;
}

static pawl_err print_entry(FILE *f, const pawl_policy_digest *pol, const char *ref,
        const pawl_digest *pkfp, pawl_span sig)
{
        pawl_autofree char *pol_hex = NULL, *pkfp_hex = NULL;
        pawl_autosecret pawl_secret sig_text = { 0 };

        PAWL_TRY(pawl_hex_encode(pawl_span_of(pol->bytes, sizeof(pol->bytes)), &pol_hex));
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(pkfp), &pkfp_hex));
        PAWL_TRY(pawl_base64_encode(sig, &sig_text));
        (void)fprintf(f, "{\"pcrs\": [%d], \"pkfp\": \"%s\", ", PAWL_PCR_KERNEL_BOOT, pkfp_hex);
        if (ref)
                (void)fprintf(f, "\"ref\": \"%s\", ", ref);
        (void)fprintf(f, "\"pol\": \"%s\", \"sig\": \"%s\"}", pol_hex, (char *)sig_text.data);
        return PAWL_OK;
}

static pawl_err print_signed(FILE *f, const pawl_prediction *p, pawl_alg bank,
        const pawl_signed_path *row, EVP_PKEY *key, const pawl_digest *pkfp, pawl_diag *d)
{
        uint8_t tbs[2 * PAWL_SHA256_SIZE];
        pawl_writer w = pawl_writer_of(tbs, sizeof(tbs));
        pawl_autobuffer pawl_buffer sig = { 0 };
        pawl_policy_digest pol;

        PAWL_TRY(pcr11_policy(p, bank, row->path, &pol, d));
        PAWL_TRY(pawl_policy_tbs(&pawl_openssl_hasher, &pol, row->ref, &w));
        PAWL_TRY(sign(key, pawl_written(&w), &sig));
        return print_entry(f, &pol, row->ref, pkfp, pawl_buffer_span(&sig));
}

static pawl_err print_json(FILE *f, const pawl_prediction *p, const pawl_pcrsig_paths *paths,
        EVP_PKEY *key, const pawl_digest *pkfp, pawl_diag *d)
{
        const char *comma = "";

        (void)fputs("{", f);
        for (size_t b = 0; b < PAWL_ALG_MAX_; b++) {
                pawl_alg bank = pawl_print_banks[b];

                if (!(p->banks & 1u << bank))
                        continue;
                (void)fprintf(f, "%s\"%s\": [", comma, pawl_alg_info_of(bank)->name);
                for (size_t i = 0; i < paths->n_rows; i++) {
                        (void)fputs(i == 0 ? "" : ", ", f);
                        PAWL_TRY(print_signed(f, p, bank, &paths->rows[i], key, pkfp, d));
                }
                (void)fputs("]", f);
                comma = ", ";
        }
        (void)fputs("}", f);
        return ferror(f) ? PAWL_ERR_NO_MEMORY : PAWL_OK;
}

pawl_err pawl_pcrsig_make(const pawl_prediction *p, const pawl_pcrsig_paths *paths, EVP_PKEY *key,
        pawl_buffer *ret, pawl_diag *d)
{
        pawl_autofree char *text = NULL;
        pawl_autofclose FILE *f = NULL;
        pawl_digest pkfp;
        size_t len;

        if (pawl_key_fingerprint(key, &pkfp) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "the key for PCR signatures is not an RSA key; TPM policies need one");
        f = open_memstream(&text, &len);
        if (!f)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(print_json(f, p, paths, key, &pkfp, d));
        if (fflush(f) != 0)
                return PAWL_ERR_NO_MEMORY;
        return pawl_buffer_dup(pawl_span_of(text, len), ret);
}

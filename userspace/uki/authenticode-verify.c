/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "userspace/uki/authenticode.h"
#include "userspace/uki/spc.h"

static void pkcs7_free_p(PKCS7 **p)
{
        PKCS7_free(*p);
}

static void bio_free_p(BIO **b)
{
        (void)BIO_free(*b);
}

static void store_free_p(X509_STORE **s)
{
        X509_STORE_free(*s);
}

/* The signed content with its header; NULL if it is not of the type that signs PE images. */
static const ASN1_STRING *indirect_data(PKCS7 *p7)
{
        char oid[64];
        PKCS7 *c;

        if (!PKCS7_type_is_signed(p7) || !p7->d.sign || !p7->d.sign->contents)
                return NULL;
        c = p7->d.sign->contents;
        if (OBJ_obj2txt(oid, sizeof(oid), c->type, /* no_name= */ 1) <= 0 ||
                !pawl_span_equal(pawl_span_str(oid), pawl_span_str(PAWL_SPC_INDIRECT_DATA_OID)) ||
                !c->d.other || c->d.other->type != V_ASN1_SEQUENCE)
                return NULL;
        return c->d.other->value.sequence;
}

/* The digest is the last thing in the content, so its whole encoding is compared from the end. */
static bool names_digest(pawl_span content, const pawl_digest *digest)
{
        uint8_t info[PAWL_SPC_DIGEST_INFO_SIZE];
        pawl_writer w = pawl_writer_of(info, sizeof(info));
        pawl_span head, end;

        if (pawl_span_slice(pawl_span_of(pawl_spc_prefix, sizeof(pawl_spc_prefix)),
                    PAWL_SPC_SIZE - sizeof(info), sizeof(info) - PAWL_SHA256_SIZE, &head) ||
                pawl_write_bytes(&w, head) || pawl_write_bytes(&w, pawl_digest_span(digest)) ||
                content.len < sizeof(info) ||
                pawl_span_slice(content, content.len - sizeof(info), sizeof(info), &end))
                return false;
        return pawl_span_equal(end, pawl_written(&w));
}

/* What is hashed for the signature: the content without tag and length. */
static pawl_err skip_header(pawl_span content, pawl_span *ret)
{
        const unsigned char *p = content.data;
        int tag, class;
        long len;

        if (content.len > LONG_MAX ||
                ASN1_get_object(&p, &len, &tag, &class, (long)content.len) & 0x80 || len < 0)
                return PAWL_ERR_FORMAT;
        return pawl_span_slice(content, (size_t)(p - content.data), (size_t)len, ret);
}

/* The one certificate is trusted, whether it issued the signer's or is the signer's. */
static X509_STORE *store_of(X509 *certificate)
{
        X509_STORE *s = X509_STORE_new();
        X509_VERIFY_PARAM *param = s ? X509_STORE_get0_param(s) : NULL;

        if (!param || X509_STORE_add_cert(s, certificate) != 1 ||
                X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) != 1 ||
                X509_VERIFY_PARAM_set_flags(
                        param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) != 1) {
                X509_STORE_free(s);
                return NULL;
        }
        return s;
}

static const char *check_one(pawl_span der, const pawl_digest *digest, X509 *certificate)
{
        const unsigned char *p = der.data;
        pawl_cleanup(pkcs7_free_p)
                PKCS7 *p7 = der.len > LONG_MAX ? NULL : d2i_PKCS7(NULL, &p, (long)der.len);
        pawl_cleanup(store_free_p) X509_STORE *store = store_of(certificate);
        pawl_cleanup(bio_free_p) BIO *bio = NULL;
        const ASN1_STRING *s = p7 ? indirect_data(p7) : NULL;
        pawl_span content, hashed;

        if (!s)
                return "it is not in the Authenticode format";
        content = pawl_span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
        if (!names_digest(content, digest))
                return "it is for other content: the file was changed after signing";
        if (skip_header(content, &hashed) != PAWL_OK || hashed.len > INT_MAX)
                return "it is not in the Authenticode format";
        bio = BIO_new_mem_buf(hashed.data, (int)hashed.len);
        if (!bio || !store || PKCS7_verify(p7, NULL, store, bio, NULL, PKCS7_BINARY) != 1)
                return "it is wrong, or not by the given certificate";
        return NULL;
}

pawl_err pawl_authenticode_verify(const pawl_pe *pe, X509 *certificate, pawl_diag *d)
{
        const char *reason = NULL;
        pawl_digest digest;
        pawl_pe_certs certs;

        if (pawl_pe_certificates(pe, &certs) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_FORMAT, "the table of signatures cannot be read");
        if (certs.n_certs == 0)
                return pawl_fail(d, PAWL_ERR_MISSING, "no Secure Boot signature");
        if (pawl_authenticode_digest(pe, &digest) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "there are gaps between the sections, so that signatures are ambiguous");
        for (size_t i = 0; i < certs.n_certs; i++) {
                reason = check_one(certs.pkcs7[i], &digest, certificate);
                ERR_clear_error();
                if (!reason)
                        return PAWL_OK;
        }
        return pawl_fail(
                d, PAWL_ERR_MISMATCH, "the Secure Boot signature does not hold: %s", reason);
}

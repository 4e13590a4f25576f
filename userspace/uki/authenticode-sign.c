/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <time.h>

#include "userspace/host/hash.h"
#include "userspace/uki/authenticode.h"
#include "userspace/uki/spc.h"

#define CERT_ALIGN                8
#define CERT_HEADER_SIZE          8
#define CERT_REVISION             0x0200
#define WIN_CERT_PKCS_SIGNED_DATA 0x0002

static void pkcs7_free_p(PKCS7 **p)
{
        PKCS7_free(*p);
}
#define autopkcs7 pawl_cleanup(pkcs7_free_p)

static void bio_free_all_p(BIO **b)
{
        BIO_free_all(*b);
}

/* A decimal number of seconds. */
static bool parse_seconds(const char *text, time_t *ret)
{
        time_t t = 0;

        if (*text == '\0')
                return false;
        for (; *text >= '0' && *text <= '9'; text++) {
                if (t > INT64_MAX / 20)
                        return false;
                t = t * 10 + (*text - '0');
        }
        *ret = t;
        return *text == '\0';
}

static bool set_signing_time(PKCS7_SIGNER_INFO *si)
{
        const char *epoch = secure_getenv("SOURCE_DATE_EPOCH");
        ASN1_TIME *t;
        time_t seconds;

        if (!epoch)
                return true;
        if (!parse_seconds(epoch, &seconds))
                return false;
        t = ASN1_TIME_set(NULL, seconds);
        if (!t)
                return false;
        if (PKCS7_add0_attrib_signing_time(si, t) == 1)
                return true;
        ASN1_TIME_free(t);
        return false;
}

/* PKCS7_add_signed_attribute takes the object over if it succeeds. */
static bool set_content_type(PKCS7_SIGNER_INFO *si)
{
        ASN1_OBJECT *o = OBJ_txt2obj(PAWL_SPC_INDIRECT_DATA_OID, /* no_name= */ 1);

        if (o && PKCS7_add_signed_attribute(si, NID_pkcs9_contentType, V_ASN1_OBJECT, o) == 1)
                return true;
        ASN1_OBJECT_free(o);
        return false;
}

/* Lets OpenSSL hash and sign the content as if it were data. */
static bool sign_content(PKCS7 *p7, pawl_span content)
{
        pawl_cleanup(bio_free_all_p) BIO *bio = NULL;

        if (PKCS7_content_new(p7, NID_pkcs7_data) != 1)
                return false;
        bio = PKCS7_dataInit(p7, NULL);
        return bio && BIO_write(bio, content.data, (int)content.len) == (int)content.len &&
               BIO_flush(bio) == 1 && PKCS7_dataFinal(p7, bio) == 1;
}

static void type_free_p(ASN1_TYPE **t)
{
        ASN1_TYPE_free(*t);
}

/* Puts the real content, of its own type, in the place of the data. */
static bool replace_content(PKCS7 *p7, pawl_span spc)
{
        pawl_cleanup(type_free_p) ASN1_TYPE *type = ASN1_TYPE_new();
        ASN1_STRING *sequence = ASN1_STRING_new();
        PKCS7 *content = PKCS7_new();

        if (!type || !sequence || !content ||
                ASN1_STRING_set(sequence, spc.data, (int)spc.len) != 1) {
                ASN1_STRING_free(sequence);
                PKCS7_free(content);
                return false;
        }
        ASN1_TYPE_set(type, V_ASN1_SEQUENCE, sequence);
        content->type = OBJ_txt2obj(PAWL_SPC_INDIRECT_DATA_OID, /* no_name= */ 1);
        content->d.other = pawl_take(&type);
        PKCS7_free(p7->d.sign->contents);
        p7->d.sign->contents = content;
        return content->type != NULL;
}

static pawl_err make_pkcs7(
        const pawl_digest *digest, EVP_PKEY *key, X509 *certificate, pawl_buffer *ret)
{
        autopkcs7 PKCS7 *p7 = PKCS7_new();
        uint8_t spc[PAWL_SPC_SIZE];
        pawl_writer w = pawl_writer_of(spc, sizeof(spc));
        PKCS7_SIGNER_INFO *si;
        unsigned char *der = NULL;
        pawl_err err;
        int n;

        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(pawl_spc_prefix, sizeof(pawl_spc_prefix))));
        PAWL_TRY(pawl_write_bytes(&w, pawl_digest_span(digest)));
        if (!p7 || PKCS7_set_type(p7, NID_pkcs7_signed) != 1)
                return PAWL_ERR_CRYPTO;
        si = PKCS7_sign_add_signer(
                p7, certificate, key, EVP_sha256(), PKCS7_BINARY | PKCS7_NOSMIMECAP);
        if (!si || !set_content_type(si) || !set_signing_time(si) ||
                !sign_content(p7,
                        pawl_span_of(spc + PAWL_SPC_HEADER_SIZE, w.len - PAWL_SPC_HEADER_SIZE)) ||
                !replace_content(p7, pawl_written(&w)))
                return PAWL_ERR_CRYPTO;
        n = i2d_PKCS7(p7, &der);
        err = n > 0 ? pawl_buffer_dup(pawl_span_of(der, (size_t)n), ret) : PAWL_ERR_CRYPTO;
        OPENSSL_free(der);
        return err;
}

static size_t round_up(size_t n)
{
        return (n + CERT_ALIGN - 1) & ~(size_t)(CERT_ALIGN - 1);
}

/* Writes `v` over four bytes of the file. */
static pawl_err patch(pawl_buffer *file, size_t off, uint32_t v)
{
        pawl_writer w;

        if (off > file->len)
                return PAWL_ERR_INTERNAL;
        w = pawl_writer_of(file->data + off, file->len - off);
        return pawl_write_le32(&w, v);
}

/* Makes room for a table of `table_size` bytes at `table_off`; what is new there is zero. */
static pawl_err resize(pawl_buffer *file, size_t table_off, size_t table_size)
{
        size_t end = file->len < table_off ? file->len : table_off, size = table_off + table_size;
        uint8_t *p;

        if (size > UINT32_MAX)
                return PAWL_ERR_LIMIT;
        p = realloc(file->data, size + 1);
        if (!p)
                return PAWL_ERR_NO_MEMORY;
        pawl_zero(p + end, size + 1 - end);
        *file = (pawl_buffer){ p, size };
        return PAWL_OK;
}

static pawl_err write_table(pawl_buffer *file, size_t off, pawl_span pkcs7)
{
        pawl_writer w = pawl_writer_of(file->data + off, file->len - off);

        PAWL_TRY(pawl_write_le32(&w, (uint32_t)(CERT_HEADER_SIZE + pkcs7.len)));
        PAWL_TRY(pawl_write_le16(&w, CERT_REVISION));
        PAWL_TRY(pawl_write_le16(&w, WIN_CERT_PKCS_SIGNED_DATA));
        return pawl_write_bytes(&w, pkcs7);
}

/* Puts a table with one entry behind the file, in the place of an old one, and fixes what in the
 * headers depends on it. */
static pawl_err attach(const pawl_pe *pe, pawl_span pkcs7, pawl_buffer *file)
{
        size_t table_off = round_up(pe->cert_size > 0 ? pe->cert_off : pe->image.len);
        size_t table_size = round_up(CERT_HEADER_SIZE + pkcs7.len);

        PAWL_TRY(resize(file, table_off, table_size));
        PAWL_TRY(write_table(file, table_off, pkcs7));
        PAWL_TRY(patch(file, pe->cert_dir_off, (uint32_t)table_off));
        PAWL_TRY(patch(file, pe->cert_dir_off + 4, (uint32_t)table_size));
        return patch(
                file, pe->checksum_off, pawl_pe_checksum(pawl_buffer_span(file), pe->checksum_off));
}

pawl_err pawl_authenticode_sign(pawl_buffer *file, EVP_PKEY *key, X509 *certificate, pawl_diag *d)
{
        pawl_autofree pawl_pe *pe = calloc(1, sizeof(*pe));
        pawl_autobuffer pawl_buffer pkcs7 = { 0 };
        pawl_digest digest;

        if (!pe)
                return PAWL_ERR_NO_MEMORY;
        if (X509_check_private_key(certificate, key) != 1) {
                ERR_clear_error();
                return pawl_fail(d, PAWL_ERR_KEY,
                        "the Secure Boot key and the certificate do not belong together");
        }
        PAWL_TRY(pawl_pe_read(pawl_buffer_span(file), PAWL_PE_FILE, pe));
        if (pawl_authenticode_digest(pe, &digest) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "this PE file cannot be signed: there are gaps between its sections, or no "
                        "room for the address of a signature");
        if (make_pkcs7(&digest, key, certificate, &pkcs7) != PAWL_OK) {
                ERR_clear_error();
                return pawl_fail(d, PAWL_ERR_CRYPTO, "cannot make the signature: OpenSSL failed");
        }
        return attach(pe, pawl_buffer_span(&pkcs7), file);
}

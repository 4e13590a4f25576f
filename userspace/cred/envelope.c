/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/envelope.h"

#include "core/cred-name.h"

#define ALIGNMENT   8u
#define TPM_ALG_ECC 0x0023u
#define TPM_ALG_RSA 0x0001u
#define PCR_LIMIT   24
#define INNER_FIXED 20u /* bytes before the name */

static pawl_err bad(pawl_diag *d, pawl_err err, const char *why)
{
        return pawl_fail(d, err, "not a sealed credential: %s", why);
}

static pawl_err short_of(pawl_diag *d, pawl_err err)
{
        return err == PAWL_OK ? PAWL_OK : bad(d, err, "it ends too early");
}

/* What fills up to the next multiple of 8, counted from `start`. systemd writes zeroes; anything
 * else was not made by anybody. */
static pawl_err read_padding(pawl_reader *r, size_t start, pawl_diag *d)
{
        size_t n = (ALIGNMENT - (r->off - start) % ALIGNMENT) % ALIGNMENT;
        pawl_span padding;

        PAWL_TRY(short_of(d, pawl_read_bytes(r, n, &padding)));
        for (size_t i = 0; i < n; i++)
                if (padding.data[i] != 0)
                        return bad(d, PAWL_ERR_FORMAT, "its padding is not empty");
        return PAWL_OK;
}

static pawl_err read_field(pawl_reader *r, uint32_t size, pawl_span *ret, pawl_diag *d)
{
        if (size == 0)
                return bad(d, PAWL_ERR_FORMAT, "a field is empty");
        if (size > PAWL_CRED_FIELD_MAX)
                return bad(d, PAWL_ERR_LIMIT, "a field is larger than 16 KiB");
        return short_of(d, pawl_read_bytes(r, size, ret));
}

static pawl_err read_start(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        uint32_t key = 0, block = 0, iv = 0, tag = 0;
        pawl_span id;

        PAWL_TRY(short_of(d, pawl_read_bytes(r, PAWL_CRED_ID_SIZE, &id)));
        e->type = pawl_cred_type_of_id(id);
        if (!e->type)
                return bad(d, PAWL_ERR_UNSUPPORTED, "its kind is not known");
        PAWL_TRY(short_of(d, pawl_read_le32(r, &key)));
        PAWL_TRY(short_of(d, pawl_read_le32(r, &block)));
        PAWL_TRY(short_of(d, pawl_read_le32(r, &iv)));
        PAWL_TRY(short_of(d, pawl_read_le32(r, &tag)));
        if (key != PAWL_CRED_KEY_SIZE || block != 1 || iv != PAWL_CRED_IV_SIZE ||
                tag != PAWL_CRED_TAG_SIZE)
                return bad(d, PAWL_ERR_UNSUPPORTED, "it is not encrypted with AES-256-GCM");
        PAWL_TRY(short_of(d, pawl_read_bytes(r, PAWL_CRED_IV_SIZE, &e->iv)));
        return read_padding(r, 0, d);
}

static pawl_err read_mask(pawl_reader *r, uint64_t *ret, pawl_diag *d)
{
        PAWL_TRY(short_of(d, pawl_read_le64(r, ret)));
        return *ret >> PCR_LIMIT == 0 ? PAWL_OK
                                      : bad(d, PAWL_ERR_FORMAT, "it names a PCR that is none");
}

static pawl_err read_tpm2(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        const size_t start = r->off;
        uint16_t bank = 0, primary = 0;
        uint32_t blob = 0, policy = 0;

        PAWL_TRY(read_mask(r, &e->literal_mask, d));
        PAWL_TRY(short_of(d, pawl_read_le16(r, &bank)));
        PAWL_TRY(short_of(d, pawl_read_le16(r, &primary)));
        PAWL_TRY(short_of(d, pawl_read_le32(r, &blob)));
        PAWL_TRY(short_of(d, pawl_read_le32(r, &policy)));
        if (pawl_alg_from_tpm_id(bank, &e->bank) != PAWL_OK)
                return bad(d, PAWL_ERR_UNSUPPORTED, "its PCR bank is not known");
        if (primary != TPM_ALG_ECC && primary != TPM_ALG_RSA)
                return bad(d, PAWL_ERR_UNSUPPORTED, "its primary key is neither ECC nor RSA");
        e->is_rsa = primary == TPM_ALG_RSA;
        if (policy != PAWL_SHA256_SIZE)
                return bad(d, PAWL_ERR_FORMAT, "its policy digest is not a SHA-256 one");
        PAWL_TRY(read_field(r, blob, &e->blob, d));
        PAWL_TRY(read_field(r, policy, &e->policy_digest, d));
        return read_padding(r, start, d);
}

static pawl_err read_public_key(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        const size_t start = r->off;
        uint32_t size = 0;

        PAWL_TRY(read_mask(r, &e->signed_mask, d));
        if (e->signed_mask == 0)
                return bad(d, PAWL_ERR_FORMAT, "its public key signs no PCR");
        PAWL_TRY(short_of(d, pawl_read_le32(r, &size)));
        PAWL_TRY(read_field(r, size, &e->public_key_pem, d));
        return read_padding(r, start, d);
}

static pawl_err read_srk(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        const size_t start = r->off;
        uint32_t size = 0;

        PAWL_TRY(short_of(d, pawl_read_le32(r, &size)));
        PAWL_TRY(read_field(r, size, &e->srk, d));
        return read_padding(r, start, d);
}

static pawl_err read_store(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        PAWL_TRY(short_of(d, pawl_read_le64(r, &e->store_flags)));
        if ((e->store_flags & ~(uint64_t)PAWL_STORE_AUTHENTICATED) != 0)
                return bad(d, PAWL_ERR_UNSUPPORTED, "a newer version made it");
        PAWL_TRY(short_of(d, pawl_read_bytes(r, PAWL_STORE_ID_SIZE, &e->store_id)));
        return short_of(d, pawl_read_bytes(r, PAWL_STORE_KEY_SIZE, &e->ephemeral));
}

static pawl_err read_header(pawl_reader *r, pawl_cred_envelope *e, pawl_diag *d)
{
        PAWL_TRY(read_start(r, e, d));
        if (e->type->parts & PAWL_CRED_STORE)
                PAWL_TRY(read_store(r, e, d));
        if (e->type->parts & PAWL_CRED_TPM2)
                PAWL_TRY(read_tpm2(r, e, d));
        if (e->type->parts & PAWL_CRED_PUBLIC_KEY)
                PAWL_TRY(read_public_key(r, e, d));
        if (e->type->parts & PAWL_CRED_SRK)
                PAWL_TRY(read_srk(r, e, d));
        if (e->type->parts & PAWL_CRED_SCOPED)
                PAWL_TRY(short_of(d, pawl_read_le64(r, &e->scope)));
        return PAWL_OK;
}

pawl_err pawl_cred_envelope_parse(pawl_span bytes, pawl_cred_envelope *ret, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(bytes);
        pawl_cred_envelope e = { 0 };

        if (bytes.len > PAWL_CRED_ENVELOPE_MAX)
                return bad(d, PAWL_ERR_LIMIT, "it is larger than 1.1 MiB");
        PAWL_TRY(read_header(&r, &e, d));
        PAWL_TRY(short_of(d, pawl_span_slice(bytes, 0, r.off, &e.header)));
        if (r.left.len < INNER_FIXED + PAWL_CRED_TAG_SIZE)
                return short_of(d, PAWL_ERR_TRUNCATED);
        PAWL_TRY(pawl_read_bytes(&r, r.left.len - PAWL_CRED_TAG_SIZE, &e.ciphertext));
        e.tag = r.left;
        *ret = e;
        return PAWL_OK;
}

bool pawl_cred_envelope_wants_host(const pawl_cred_envelope *e)
{
        return (e->type->parts & PAWL_CRED_HOST) != 0 ||
               ((e->type->parts & PAWL_CRED_STORE) != 0 &&
                       (e->store_flags & PAWL_STORE_AUTHENTICATED) != 0);
}

/* --- writing --- */

static pawl_err pad(pawl_writer *w)
{
        return pawl_write_zeros(w, (ALIGNMENT - w->len % ALIGNMENT) % ALIGNMENT);
}

static pawl_err write_start(const pawl_cred_envelope *e, pawl_writer *w)
{
        PAWL_TRY(pawl_write_bytes(w, pawl_span_of(e->type->id, PAWL_CRED_ID_SIZE)));
        PAWL_TRY(pawl_write_le32(w, PAWL_CRED_KEY_SIZE));
        PAWL_TRY(pawl_write_le32(w, 1));
        PAWL_TRY(pawl_write_le32(w, PAWL_CRED_IV_SIZE));
        PAWL_TRY(pawl_write_le32(w, PAWL_CRED_TAG_SIZE));
        PAWL_TRY(pawl_write_bytes(w, e->iv));
        return pad(w);
}

static pawl_err write_tpm2(const pawl_cred_envelope *e, pawl_writer *w)
{
        PAWL_TRY(pawl_write_le64(w, e->literal_mask));
        PAWL_TRY(pawl_write_le16(w, pawl_alg_info_of(e->bank)->tpm_id));
        PAWL_TRY(pawl_write_le16(w, e->is_rsa ? TPM_ALG_RSA : TPM_ALG_ECC));
        PAWL_TRY(pawl_write_le32(w, (uint32_t)e->blob.len));
        PAWL_TRY(pawl_write_le32(w, (uint32_t)e->policy_digest.len));
        PAWL_TRY(pawl_write_bytes(w, e->blob));
        PAWL_TRY(pawl_write_bytes(w, e->policy_digest));
        return pad(w);
}

static pawl_err write_sized(pawl_span s, pawl_writer *w)
{
        PAWL_TRY(pawl_write_le32(w, (uint32_t)s.len));
        PAWL_TRY(pawl_write_bytes(w, s));
        return pad(w);
}

static pawl_err write_store(const pawl_cred_envelope *e, pawl_writer *w)
{
        PAWL_TRY(pawl_write_le64(w, e->store_flags));
        PAWL_TRY(pawl_write_bytes(w, e->store_id));
        return pawl_write_bytes(w, e->ephemeral);
}

static pawl_err write_header(const pawl_cred_envelope *e, pawl_writer *w)
{
        PAWL_TRY(write_start(e, w));
        if (e->type->parts & PAWL_CRED_STORE)
                PAWL_TRY(write_store(e, w));
        if (e->type->parts & PAWL_CRED_TPM2)
                PAWL_TRY(write_tpm2(e, w));
        if (e->type->parts & PAWL_CRED_PUBLIC_KEY) {
                PAWL_TRY(pawl_write_le64(w, e->signed_mask));
                PAWL_TRY(write_sized(e->public_key_pem, w));
        }
        if (e->type->parts & PAWL_CRED_SRK)
                PAWL_TRY(write_sized(e->srk, w));
        if (e->type->parts & PAWL_CRED_SCOPED)
                PAWL_TRY(pawl_write_le64(w, e->scope));
        return PAWL_OK;
}

pawl_err pawl_cred_envelope_header(const pawl_cred_envelope *e, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_buffer_new((size_t)4 * PAWL_CRED_FIELD_MAX, &b));
        w = pawl_writer_of(b.data, b.len);
        PAWL_TRY(write_header(e, &w));
        return pawl_buffer_dup(pawl_written(&w), ret);
}

/* --- what is encrypted --- */

pawl_err pawl_cred_inner_parse(pawl_span plaintext, pawl_cred_inner *ret, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(plaintext);
        pawl_cred_inner i = { 0 };
        uint32_t name = 0;

        PAWL_TRY(short_of(d, pawl_read_le64(&r, &i.timestamp)));
        PAWL_TRY(short_of(d, pawl_read_le64(&r, &i.not_after)));
        PAWL_TRY(short_of(d, pawl_read_le32(&r, &name)));
        if (name >= PAWL_CRED_NAME_MAX)
                return bad(d, PAWL_ERR_LIMIT, "its name is too long");
        PAWL_TRY(short_of(d, pawl_read_bytes(&r, name, &i.name)));
        if (name > 0 && !pawl_cred_name_is_valid(i.name))
                return bad(d, PAWL_ERR_FORMAT, "its name is no name of a credential");
        PAWL_TRY(read_padding(&r, 0, d));
        i.secret = r.left;
        *ret = i;
        return PAWL_OK;
}

pawl_err pawl_cred_inner_write(const pawl_cred_inner *i, pawl_secret *ret)
{
        const size_t padding = (ALIGNMENT - (INNER_FIXED + i->name.len) % ALIGNMENT) % ALIGNMENT;
        pawl_autosecret pawl_secret s = { 0 };
        pawl_writer w;

        if (i->secret.len > PAWL_CRED_SECRET_MAX || i->name.len >= PAWL_CRED_NAME_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_secret_new(INNER_FIXED + i->name.len + padding + i->secret.len, &s));
        w = pawl_writer_of(s.data, s.len);
        PAWL_TRY(pawl_write_le64(&w, i->timestamp));
        PAWL_TRY(pawl_write_le64(&w, i->not_after));
        PAWL_TRY(pawl_write_le32(&w, (uint32_t)i->name.len));
        PAWL_TRY(pawl_write_bytes(&w, i->name));
        PAWL_TRY(pawl_write_zeros(&w, padding));
        PAWL_TRY(pawl_write_bytes(&w, i->secret));
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

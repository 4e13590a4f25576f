/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads `.pcrsig`: {"sha256": [{"pcrs": [11], "pkfp": hex, "ref": text, "pol": hex, "sig": base64},
 * …], …}. It is not measured, so it is whatever an attacker likes; a wrong signature only fails. */
#include "userspace/seal/pcrsig.h"

#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/host/json.h"
#include "userspace/seal/policy.h"

#define ROWS_MAX 64   /* matching ones */
#define LIST_MAX 4096 /* rows of one bank */
#define SIG_MAX  PAWL_POLICY_KEY_MODULUS_MAX
#define HEX_MAX  64 /* characters of a SHA-256 */

typedef struct search {
        const pawl_policy_key *key;
        const pawl_seal_policy *policy;
        bool any_ref;
        pawl_pcr_signature *rows;
        size_t n_rows;
} search;

void pawl_pcr_signatures_free(pawl_pcr_signature *s, size_t n)
{
        for (size_t i = 0; i < n; i++)
                pawl_buffer_done(&s[i].sig);
        free(s);
}

static void search_done(search *s)
{
        pawl_pcr_signatures_free(s->rows, s->n_rows);
}

static pawl_err read_digest(
        json_object *o, const char *field, uint8_t ret[static PAWL_SHA256_SIZE], pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        const char *text;

        PAWL_TRY(pawl_json_text(o, field, HEX_MAX, NULL, &text, d));
        if (pawl_hex_decode(pawl_span_str(text), &b) != PAWL_OK || b.len != PAWL_SHA256_SIZE)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: not a SHA-256 digest in hex", field);
        pawl_copy(ret, b.data, PAWL_SHA256_SIZE);
        return PAWL_OK;
}

static bool is_wanted_ref(const search *s, const char *ref)
{
        return s->any_ref || strcmp(ref, s->policy->ref ? s->policy->ref : "") == 0;
}

/* Takes the row if it is for the key, PCRs and reference that are looked for. */
static pawl_err take_row(search *s, json_object *o, pawl_diag *d)
{
        uint8_t pkfp[PAWL_SHA256_SIZE];
        pawl_pcr_signature row = { 0 };
        const char *ref = "";
        bool has_ref = false;
        uint32_t mask;

        PAWL_TRY(pawl_json_mask(o, "pcrs", PAWL_PCR_COUNT, NULL, &mask, d));
        PAWL_TRY(read_digest(o, "pkfp", pkfp, d));
        PAWL_TRY(pawl_json_text(o, "ref", PAWL_POLICY_REF_MAX - 1, &has_ref, &ref, d));
        PAWL_TRY(read_digest(o, "pol", row.pol.bytes, d));
        if (mask != s->policy->signed_mask || !is_wanted_ref(s, ref) ||
                !pawl_span_equal(
                        pawl_span_of(pkfp, sizeof(pkfp)), pawl_digest_span(&s->key->fingerprint)))
                return PAWL_OK;
        if (s->n_rows == ROWS_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %d signatures of one key", ROWS_MAX);
        (void)snprintf(row.ref, sizeof(row.ref), "%s", ref);
        PAWL_TRY(pawl_json_base64(o, "sig", SIG_MAX, NULL, &row.sig, d));
        s->rows[s->n_rows++] = row;
        return PAWL_OK;
}

static pawl_err take_rows(search *s, json_object *list, pawl_diag *d)
{
        const char *bank = pawl_alg_info_of(s->policy->bank)->name;
        size_t n = json_object_array_length(list);

        if (n > LIST_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: more than %d rows", bank, LIST_MAX);
        for (size_t i = 0; i < n; i++) {
                json_object *o = json_object_array_get_idx(list, i);

                if (!json_object_is_type(o, json_type_object))
                        return pawl_fail(d, PAWL_ERR_FORMAT, "%s[%zu]: not an object", bank, i);
                PAWL_TRY(pawl_fail_prefix(d, take_row(s, o, d), "%s[%zu]", bank, i));
        }
        return PAWL_OK;
}

static pawl_err find(search *s, pawl_span json, pawl_diag *d)
{
        pawl_autojson json_object *root = NULL;
        json_object *list = NULL;
        bool found = false;

        if (json.len > PAWL_SIGNATURE_JSON_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %u bytes", PAWL_SIGNATURE_JSON_MAX);
        PAWL_TRY(pawl_json_parse(json, &root, d));
        if (!json_object_is_type(root, json_type_object))
                return pawl_fail(d, PAWL_ERR_FORMAT, "not an object");
        PAWL_TRY(pawl_json_field(
                root, pawl_alg_info_of(s->policy->bank)->name, json_type_array, &found, &list, d));
        return found ? take_rows(s, list, d) : PAWL_OK;
}

pawl_err pawl_pcr_rows_find(pawl_span json, const pawl_policy_key *key, const pawl_seal_policy *p,
        bool any_ref, pawl_pcr_signature **ret, size_t *ret_n, pawl_diag *d)
{
        pawl_cleanup(search_done) search s = { .key = key, .policy = p, .any_ref = any_ref };

        s.rows = calloc(ROWS_MAX, sizeof(*s.rows));
        if (!s.rows)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "PCR signatures: out of memory");
        if (json.len != 0)
                PAWL_TRY(pawl_fail_prefix(d, find(&s, json, d), "PCR signatures"));
        *ret_n = s.n_rows;
        *ret = pawl_take(&s.rows);
        s.n_rows = 0;
        return PAWL_OK;
}

pawl_err pawl_pcr_signatures_find(pawl_span json, const pawl_seal_policy *p,
        pawl_pcr_signature **ret, size_t *ret_n, pawl_diag *d)
{
        pawl_policy_key key;

        PAWL_TRY(pawl_seal_policy_check(p, d));
        PAWL_TRY(pawl_policy_key_parse(p->public_key_pem, &key, d));
        return pawl_pcr_rows_find(json, &key, p, /* any_ref= */ false, ret, ret_n, d);
}

pawl_err pawl_pcr_signatures_fit(pawl_span json, const pawl_seal_policy *p,
        const pawl_pcr_set *pcrs, size_t *ret_n, bool *ret_fits, pawl_diag *d)
{
        pawl_pcr_set signed_pcrs = *pcrs;
        pawl_policy_digest digest = { { 0 } };
        pawl_pcr_signature *rows = NULL;
        bool fits = false;

        signed_pcrs.mask = p->signed_mask;
        PAWL_TRY(pawl_policy_pcr(&pawl_openssl_hasher, &digest, &signed_pcrs));
        PAWL_TRY(pawl_pcr_signatures_find(json, p, &rows, ret_n, d));
        for (size_t i = 0; i < *ret_n; i++)
                fits |= pawl_equal_ct(rows[i].pol.bytes, digest.bytes, sizeof(digest.bytes));
        pawl_pcr_signatures_free(rows, *ret_n);
        *ret_fits = fits;
        return PAWL_OK;
}

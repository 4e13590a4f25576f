/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of a token: searching, reading attributes, the private key of a URI. */
#include "userspace/token/pkcs11-token.h"

pawl_err pawl_p11_find(pawl_p11 *p, pawl_p11_match *match,
        CK_OBJECT_HANDLE ret_objects[static PAWL_P11_OBJECTS_MAX], size_t *ret_n, pawl_diag *d)
{
        CK_FUNCTION_LIST *m = p->slot.module;
        CK_ULONG n = 0;
        CK_RV rv;

        match->rows[0].pValue = &match->class;
        rv = m->C_FindObjectsInit(p->session, match->rows, match->n);
        if (rv != CKR_OK)
                return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "no search");
        rv = m->C_FindObjects(p->session, ret_objects, PAWL_P11_OBJECTS_MAX, &n);
        (void)m->C_FindObjectsFinal(p->session);
        if (rv != CKR_OK)
                return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "the search failed");
        if (n > PAWL_P11_OBJECTS_MAX) /* the module has written beyond our array, or says so */
                return pawl_p11_fail(d, PAWL_ERR_IO, CKR_GENERAL_ERROR, p,
                        "it says that it found more than was asked for");
        *ret_n = n;
        return PAWL_OK;
}

pawl_p11_match pawl_p11_match_id(CK_OBJECT_CLASS class, const pawl_secret *id)
{
        return (pawl_p11_match){
                .rows = {{ CKA_CLASS, NULL, sizeof(class) }, { CKA_ID, id->data, id->len }},
                .n = 2,
                .class = class,
        };
}

pawl_err pawl_p11_match_uri(
        const pawl_p11 *p, CK_OBJECT_CLASS class, pawl_p11_match *ret, pawl_diag *d)
{
        CK_ULONG n = 0;
        const CK_ATTRIBUTE *rows = p11_kit_uri_get_attributes(p->uri, &n);

        *ret = (pawl_p11_match){ .rows = { { CKA_CLASS, NULL, sizeof(class) } },
                .n = 1,
                .class = class };
        for (CK_ULONG i = 0; i < n; i++) {
                if (rows[i].type == CKA_CLASS)
                        continue;
                if (ret->n == PAWL_P11_MATCH_MAX)
                        return pawl_fail(d, PAWL_ERR_LIMIT, "a PKCS#11 URI with more than %u parts",
                                PAWL_P11_MATCH_MAX);
                ret->rows[ret->n++] = rows[i];
        }
        return PAWL_OK;
}

pawl_err pawl_p11_value(pawl_p11 *p, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type, pawl_secret *ret)
{
        pawl_autosecret pawl_secret s = { 0 };
        CK_ATTRIBUTE a = { type, NULL, 0 };
        CK_FUNCTION_LIST *m = p->slot.module;

        if (m->C_GetAttributeValue(p->session, o, &a, 1) != CKR_OK ||
                a.ulValueLen == CK_UNAVAILABLE_INFORMATION || a.ulValueLen == 0)
                return PAWL_ERR_NOT_FOUND;
        if (a.ulValueLen > PAWL_P11_VALUE_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_secret_new(a.ulValueLen, &s));
        a.pValue = s.data;
        if (m->C_GetAttributeValue(p->session, o, &a, 1) != CKR_OK || a.ulValueLen > s.len)
                return PAWL_ERR_IO;
        pawl_secret_truncate(&s, a.ulValueLen);
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

bool pawl_p11_is(pawl_p11 *p, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
        CK_BBOOL is = CK_FALSE;
        CK_ATTRIBUTE a = { type, &is, sizeof(is) };

        return p->slot.module->C_GetAttributeValue(p->session, o, &a, 1) == CKR_OK &&
               a.ulValueLen == sizeof(is) && is != CK_FALSE;
}

pawl_err pawl_p11_key_type(pawl_p11 *p, CK_OBJECT_HANDLE o, CK_KEY_TYPE *ret, pawl_diag *d)
{
        CK_ATTRIBUTE a = { CKA_KEY_TYPE, ret, sizeof(*ret) };
        CK_RV rv = p->slot.module->C_GetAttributeValue(p->session, o, &a, 1);

        if (rv != CKR_OK || a.ulValueLen != sizeof(*ret))
                return pawl_p11_fail(d, PAWL_ERR_UNSUPPORTED, rv, p, "no type of key");
        return PAWL_OK;
}

/* Those that can do what we need; signing keys of the same id are left out. */
static void keep_usable(pawl_p11 *p, CK_OBJECT_HANDLE *objects, size_t *n)
{
        size_t kept = 0;

        for (size_t i = 0; i < *n; i++)
                if (pawl_p11_is(p, objects[i], CKA_DECRYPT) ||
                        pawl_p11_is(p, objects[i], CKA_DERIVE))
                        objects[kept++] = objects[i];
        *n = kept;
}

/* A certificate may have another label than its key: what ties them is CKA_ID. */
static pawl_err find_by_certificate(pawl_p11 *p, CK_OBJECT_CLASS class,
        CK_OBJECT_HANDLE objects[static PAWL_P11_OBJECTS_MAX], size_t *n, pawl_diag *d)
{
        pawl_autosecret pawl_secret id = { 0 };
        pawl_p11_match match = { 0 };

        PAWL_TRY(pawl_p11_match_uri(p, class, &match, d));
        PAWL_TRY(pawl_p11_find(p, &match, objects, n, d));
        if (*n != 1 || pawl_p11_value(p, objects[0], CKA_ID, &id) != PAWL_OK) {
                *n = 0;
                return PAWL_OK;
        }
        match = pawl_p11_match_id(CKO_PRIVATE_KEY, &id);
        PAWL_TRY(pawl_p11_find(p, &match, objects, n, d));
        keep_usable(p, objects, n);
        return PAWL_OK;
}

pawl_err pawl_p11_private_key(pawl_p11 *p, CK_OBJECT_HANDLE *ret, pawl_diag *d)
{
        CK_OBJECT_HANDLE objects[PAWL_P11_OBJECTS_MAX];
        pawl_p11_match match = { 0 };
        size_t n = 0;

        PAWL_TRY(pawl_p11_match_uri(p, CKO_PRIVATE_KEY, &match, d));
        PAWL_TRY(pawl_p11_find(p, &match, objects, &n, d));
        keep_usable(p, objects, &n);
        if (n == 0)
                PAWL_TRY(find_by_certificate(p, CKO_CERTIFICATE, objects, &n, d));
        if (n == 0)
                PAWL_TRY(find_by_certificate(p, CKO_PUBLIC_KEY, objects, &n, d));
        if (n == 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "PKCS#11 %s: no private key of that URI that may decrypt or derive",
                        p->name);
        if (n > 1)
                return pawl_fail(d, PAWL_ERR_DUPLICATE,
                        "PKCS#11 %s: %zu keys fit; name one with id= in the URI", p->name, n);
        *ret = objects[0];
        return PAWL_OK;
}

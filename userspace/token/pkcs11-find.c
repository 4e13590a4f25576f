/* SPDX-License-Identifier: BSD-2-Clause */
/* From a URI to a session with the one token it names. */
#include <string.h>

#include "userspace/token/pkcs11-token.h"

#define SLOTS_MAX 64u /* of one module */

typedef struct matches {
        pawl_p11_slot rows[PAWL_P11_TOKENS_MAX];
        size_t n;
} matches;

pawl_err pawl_p11_fail(pawl_diag *d, pawl_err err, CK_RV rv, const pawl_p11 *p, const char *what)
{
        return pawl_fail(d, err, "PKCS#11 %s: %s: %s", p->name, what, p11_kit_strerror(rv));
}

/* The library is the machine's choice, by p11-kit's configuration or by who starts the program;
 * never that of a URI. */
static pawl_err load_modules(pawl_p11 *p, pawl_diag *d)
{
        const char *path = secure_getenv("PAWL_PKCS11_MODULE");
        CK_RV rv;

        p11_kit_be_quiet();
        if (!path) {
                p->modules = p11_kit_modules_load_and_initialize(0);
                return p->modules ? PAWL_OK
                                  : pawl_fail(d, PAWL_ERR_IO,
                                            "p11-kit: %s; see the modules in /etc/pkcs11 and "
                                            "/usr/share/p11-kit",
                                            p11_kit_message());
        }
        p->only[0] = p11_kit_module_load(path, 0);
        if (!p->only[0])
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: not a PKCS#11 module: %s", path,
                        p11_kit_message());
        rv = p11_kit_module_initialize(p->only[0]);
        if (rv == CKR_OK)
                return PAWL_OK;
        p11_kit_module_release(p->only[0]);
        p->only[0] = NULL;
        return pawl_fail(d, PAWL_ERR_IO, "%s: %s", path, p11_kit_strerror(rv));
}

void pawl_p11_close(pawl_p11 *p)
{
        pawl_secret_done(&p->pin);
        if (p->has_session)
                (void)p->slot.module->C_CloseSession(p->session);
        if (p->uri)
                p11_kit_uri_free(p->uri);
        if (p->only[0]) {
                (void)p11_kit_module_finalize(p->only[0]);
                p11_kit_module_release(p->only[0]);
        }
        if (p->modules)
                p11_kit_modules_finalize_and_release(p->modules);
        *p = (pawl_p11){ 0 };
}

static bool is_matching(P11KitUri *uri, CK_FUNCTION_LIST *m, CK_SLOT_ID id, CK_TOKEN_INFO *ret)
{
        CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri);
        CK_SLOT_INFO slot = { 0 };
        CK_INFO module = { 0 };

        return (wanted == (CK_SLOT_ID)-1 || wanted == id) && m->C_GetInfo(&module) == CKR_OK &&
               p11_kit_uri_match_module_info(uri, &module) &&
               m->C_GetSlotInfo(id, &slot) == CKR_OK && p11_kit_uri_match_slot_info(uri, &slot) &&
               m->C_GetTokenInfo(id, ret) == CKR_OK && p11_kit_uri_match_token_info(uri, ret);
}

/* A module that does not answer, or not in sense, has no token for us; another may. */
static pawl_err collect(pawl_p11 *p, CK_FUNCTION_LIST *m, matches *ret, pawl_diag *d)
{
        CK_SLOT_ID slots[SLOTS_MAX];
        CK_ULONG n = SLOTS_MAX;

        if (m->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK || n > SLOTS_MAX)
                return PAWL_OK;
        for (CK_ULONG i = 0; i < n; i++) {
                pawl_p11_slot s = { .module = m, .id = slots[i] };

                if (!is_matching(p->uri, m, s.id, &s.info) ||
                        !(s.info.flags & CKF_TOKEN_INITIALIZED))
                        continue;
                if (ret->n == PAWL_P11_TOKENS_MAX)
                        return pawl_fail(d, PAWL_ERR_LIMIT,
                                "more than %u PKCS#11 tokens fit the URI; unplug some",
                                PAWL_P11_TOKENS_MAX);
                ret->rows[ret->n++] = s;
        }
        return PAWL_OK;
}

static pawl_err collect_all(pawl_p11 *p, matches *ret, pawl_diag *d)
{
        for (CK_FUNCTION_LIST **m = p->modules ? p->modules : p->only; *m; m++)
                PAWL_TRY(collect(p, *m, ret, d));
        return PAWL_OK;
}

static int text_len(const unsigned char *text, size_t size)
{
        return text[0] == '\0' ? 0 : (int)p11_kit_space_strlen(text, size);
}

static pawl_err open_session(pawl_p11 *p, const pawl_p11_slot *s, pawl_diag *d)
{
        CK_RV rv;

        p->slot = *s;
        (void)snprintf(p->name, sizeof(p->name), "token %.*s (serial %.*s)",
                text_len(s->info.label, sizeof(s->info.label)), (const char *)s->info.label,
                text_len(s->info.serialNumber, sizeof(s->info.serialNumber)),
                (const char *)s->info.serialNumber);
        pawl_text_sanitize(p->name);
        rv = s->module->C_OpenSession(s->id, CKF_SERIAL_SESSION, NULL, NULL, &p->session);
        if (rv != CKR_OK)
                return pawl_p11_fail(d, PAWL_ERR_IO, rv, p, "no session");
        p->has_session = true;
        return PAWL_OK;
}

static void close_session(pawl_p11 *p)
{
        if (p->has_session)
                (void)p->slot.module->C_CloseSession(p->session);
        p->has_session = false;
}

/* Whether a public object of the URI can be seen without a login. */
static bool shows(pawl_p11 *p, const pawl_p11_slot *s, CK_OBJECT_CLASS class)
{
        CK_OBJECT_HANDLE objects[PAWL_P11_OBJECTS_MAX];
        pawl_p11_match match = { 0 };
        size_t n = 0;
        bool does = open_session(p, s, NULL) == PAWL_OK &&
                    pawl_p11_match_uri(p, class, &match, NULL) == PAWL_OK &&
                    pawl_p11_find(p, &match, objects, &n, NULL) == PAWL_OK && n > 0;

        close_session(p);
        return does;
}

/* Keeps the tokens that show the key: a PIN given to another one is a lost try. */
static void narrow(pawl_p11 *p, matches *m)
{
        size_t kept = 0;

        for (size_t i = 0; i < m->n; i++)
                if (shows(p, &m->rows[i], CKO_PUBLIC_KEY) || shows(p, &m->rows[i], CKO_CERTIFICATE))
                        m->rows[kept++] = m->rows[i];
        m->n = kept;
}

static void drop_without_pin(matches *m)
{
        size_t kept = 0;

        for (size_t i = 0; i < m->n; i++)
                if (m->rows[i].info.flags & CKF_LOGIN_REQUIRED)
                        m->rows[kept++] = m->rows[i];
        m->n = kept;
}

static pawl_err pick(pawl_p11 *p, const char *uri, bool is_auto, pawl_diag *d)
{
        matches all = { 0 }, m;

        PAWL_TRY(collect_all(p, &all, d));
        m = all;
        if (is_auto)
                drop_without_pin(&m);
        if (m.n > 1 || is_auto)
                narrow(p, &m);
        if (m.n == 0 && all.n > 1 && !is_auto)
                m = all; /* none shows it before the login */
        if (m.n > 1)
                return pawl_fail(d, PAWL_ERR_DUPLICATE,
                        "%s: %zu PKCS#11 tokens fit, the serials %.*s and %.*s among them; unplug "
                        "one, or name it with serial=",
                        uri, m.n, 16, (const char *)m.rows[0].info.serialNumber, 16,
                        (const char *)m.rows[1].info.serialNumber);
        if (m.n == 0)
                return is_auto ? pawl_fail(d, PAWL_ERR_NOT_FOUND,
                                         "no PKCS#11 token with a PIN and a certificate or public "
                                         "key is plugged in")
                               : pawl_fail(d, PAWL_ERR_NOT_FOUND,
                                         "the PKCS#11 token %s is not there; plug it in", uri);
        return open_session(p, &m.rows[0], d);
}

static pawl_err parse_uri(const char *text, P11KitUri **ret, pawl_diag *d)
{
        P11KitUri *uri = p11_kit_uri_new();
        int rc;

        if (!uri)
                return PAWL_ERR_NO_MEMORY;
        rc = strlen(text) > PAWL_PKCS11_URI_MAX ? P11_KIT_URI_BAD_SYNTAX
                                                : p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);
        if (rc == P11_KIT_URI_OK && !p11_kit_uri_any_unrecognized(uri)) {
                *ret = uri;
                return PAWL_OK;
        }
        p11_kit_uri_free(uri);
        return pawl_fail(d, PAWL_ERR_FORMAT, "%.200s: %s; a PKCS#11 URI looks like %s", text,
                rc == P11_KIT_URI_OK ? "it has attributes that are not known"
                                     : p11_kit_uri_message(rc),
                "pkcs11:token=LABEL;id=%01");
}

pawl_err pawl_p11_open(const char *uri, pawl_p11 *ret, pawl_diag *d)
{
        pawl_autop11 pawl_p11 p = { 0 };
        bool is_auto = strcmp(uri, "auto") == 0;

        PAWL_TRY(parse_uri(is_auto ? "pkcs11:" : uri, &p.uri, d));
        PAWL_TRY(load_modules(&p, d));
        PAWL_TRY(pick(&p, uri, is_auto, d));
        *ret = p;
        p = (pawl_p11){ 0 };
        return PAWL_OK;
}

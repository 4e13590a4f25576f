/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-variable.h"

#include <limits.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/device-path.h"
#include "core/efi-siglist.h"
#include "userspace/host/utf16.h"

#define NAME_SIZE    128 /* bytes of a variable's name that matter */
#define SUBJECT_SIZE 200
#define ACTIVE       1u /* LOAD_OPTION_ACTIVE, UEFI 2.10, 3.1.3 */

typedef struct text {
        char *p;
        size_t len;
} text;

static void put(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(t->p + t->len, PAWL_VARIABLE_TEXT_SIZE - t->len, fmt, ap);
        va_end(ap);
        if (n > 0)
                t->len = t->len + (size_t)n < PAWL_VARIABLE_TEXT_SIZE ? t->len + (size_t)n
                                                                      : PAWL_VARIABLE_TEXT_SIZE - 1;
}

/* The common name, or the whole subject where it has none. */
static bool subject_of(pawl_span der, char *ret, size_t size)
{
        const unsigned char *at = der.data;
        X509 *x = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
        X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
        int i = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
        bool has = name != NULL;

        if (i >= 0) {
                ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));

                (void)snprintf(ret, size, "%.*s", ASN1_STRING_length(s),
                        (const char *)ASN1_STRING_get0_data(s));
        } else if (name)
                has = X509_NAME_oneline(name, ret, (int)size) != NULL;
        X509_free(x);
        return has;
}

static void put_count(text *t, unsigned n, const char *one, const char *many)
{
        if (n > 0)
                put(t, "%s%u %s", t->len > 0 ? ", " : "", n, n == 1 ? one : many);
}

static void describe_list(text *t, pawl_span data)
{
        pawl_siglist_cursor c = pawl_siglist_start(data);
        unsigned n[PAWL_SIGNATURE_OTHER + 1] = { 0 };
        char first[SUBJECT_SIZE] = "", subject[SUBJECT_SIZE];
        pawl_signature s;
        pawl_err err;

        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK)
                if (n[s.kind]++ == 0 && s.kind == PAWL_SIGNATURE_CERTIFICATE &&
                        subject_of(s.data, subject, sizeof(subject)))
                        (void)snprintf(first, sizeof(first), "%s", subject);
        put_count(t, n[PAWL_SIGNATURE_HASH], "hash", "hashes");
        put_count(t, n[PAWL_SIGNATURE_CERTIFICATE], "certificate", "certificates");
        if (first[0] != '\0')
                put(t, " (%s%s)", first, n[PAWL_SIGNATURE_CERTIFICATE] > 1 ? ", ..." : "");
        put_count(t, n[PAWL_SIGNATURE_OTHER], "entry of another kind", "entries of other kinds");
        if (err != PAWL_ERR_NOT_FOUND)
                put(t, "%sdamaged", t->len > 0 ? ", " : "");
        else if (t->len == 0)
                put(t, "empty");
}

/* EFI_SIGNATURE_DATA: who put it there, and the certificate. */
static void describe_authority(text *t, pawl_span data)
{
        char subject[SUBJECT_SIZE];
        pawl_reader r = pawl_reader_of(data);

        if (pawl_read_skip(&r, PAWL_GUID_SIZE) == PAWL_OK &&
                subject_of(r.left, subject, sizeof(subject)))
                put(t, "certificate %s", subject);
}

static void describe_order(text *t, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        uint16_t n = 0;

        while (pawl_read_le16(&r, &n) == PAWL_OK)
                put(t, "%sBoot%04X", t->len > 0 ? ", " : "", n);
        if (t->len == 0)
                put(t, "empty");
}

/* EFI_LOAD_OPTION: attributes, length of the path, description, path, options. UEFI 2.10, 3.1.3. */
static void describe_option(text *t, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        char name[256], place[512] = "";
        uint32_t attributes = 0;
        uint16_t len = 0, c = 1;
        pawl_span path;

        if (pawl_read_le32(&r, &attributes) != PAWL_OK || pawl_read_le16(&r, &len) != PAWL_OK)
                return;
        (void)pawl_utf16_to_utf8(r.left, name, sizeof(name));
        while (c != 0 && pawl_read_le16(&r, &c) == PAWL_OK)
                ;
        put(t, "'%s'%s", name, attributes & ACTIVE ? "" : ", switched off");
        if (pawl_read_bytes(&r, len, &path) == PAWL_OK &&
                pawl_device_path_text(path, place, sizeof(place)) != PAWL_OK)
                put(t, ", device path damaged");
        put(t, "%s%s", place[0] ? ", " : "", place);
        if (r.left.len > 0)
                put(t, ", options of %zu bytes", r.left.len);
}

/* shim's revocations: lines of CSV. */
static void describe_lines(text *t, pawl_span data)
{
        for (size_t i = 0; i < data.len && data.data[i] != 0; i++) {
                const char c = (char)data.data[i];

                if (c == '\n')
                        put(t, "%s", i + 1 < data.len ? "; " : "");
                else
                        put(t, "%c", c >= ' ' && c < 0x7f ? c : '?');
        }
}

static bool is_boot_option(const char *name)
{
        return strncmp(name, "Boot", 4) == 0 && strlen(name) == 8 &&
               strspn(name + 4, "0123456789ABCDEF") == 4;
}

static bool is_list(const char *name)
{
        static const char *const names[] = { "PK", "KEK", "db", "dbx", "dbt", "dbr", "MokList",
                "MokListX", "MokListRT", "MokListXRT" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

void pawl_variable_describe(
        const pawl_efi_variable *v, bool is_authority, char ret[static PAWL_VARIABLE_TEXT_SIZE])
{
        text t = { ret, 0 };
        char name[NAME_SIZE];

        ret[0] = '\0';
        (void)pawl_utf16_to_utf8(v->name, name, sizeof(name));
        if (is_authority)
                describe_authority(&t, v->data);
        else if (is_list(name))
                describe_list(&t, v->data);
        else if (strcmp(name, "BootOrder") == 0)
                describe_order(&t, v->data);
        else if (is_boot_option(name))
                describe_option(&t, v->data);
        else if (strcmp(name, "SbatLevel") == 0)
                describe_lines(&t, v->data);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-variable.h"

#include <string.h>

#include "core/boot-option.h"
#include "core/device-path.h"
#include "core/efi-siglist.h"
#include "userspace/host/utf16.h"
#include "userspace/log/certificate-name.h"

#define NAMES_SHOWN  4   /* certificates of a list that are named */
#define ORDER_SHOWN  256 /* entries */
#define PATH_SIZE    1024
#define VALUE_OF_ONE 1 /* bytes of a variable that is a switch */

static const uint8_t guid_shim[PAWL_GUID_SIZE] = { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43,
        0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 };

static bool is_one_of(const char *name, const char *const *names)
{
        for (; *names; names++)
                if (strcmp(name, *names) == 0)
                        return true;
        return false;
}

bool pawl_is_signature_list(const char *name)
{
        static const char *const names[] = { "PK", "KEK", "db", "dbx", "dbt", "dbr", "MokList",
                "MokListX", "MokListRT", "MokListXRT", NULL };

        return is_one_of(name, names);
}

/* Whether a variable of that name is always that vendor's, or of another one only as a disguise. */
static bool is_usual_vendor(const char *name, pawl_span guid)
{
        static const char *const databases[] = { "db", "dbx", "dbt", "dbr", NULL };
        static const char *const shims[] = { "MokList", "MokListX", "MokListRT", "MokListXRT",
                "MokListTrusted", "SbatLevel", "Shim", NULL };
        const uint8_t *usual = pawl_guid_global;

        if (is_one_of(name, databases))
                usual = pawl_guid_image_security;
        else if (is_one_of(name, shims))
                usual = guid_shim;
        return pawl_span_equal(guid, pawl_span_of(usual, PAWL_GUID_SIZE));
}

static void put_names(pawl_words *w, pawl_span data, unsigned n_all)
{
        char name[PAWL_CERTIFICATE_NAME_SIZE];
        pawl_siglist_cursor c = pawl_siglist_start(data);
        unsigned n = 0;
        pawl_signature s;

        while (n < NAMES_SHOWN && pawl_siglist_next(&c, &s) == PAWL_OK)
                if (s.kind == PAWL_SIGNATURE_CERTIFICATE && pawl_certificate_name(s.data, name))
                        pawl_words_put(w, "%s%s", n++ == 0 ? " (" : ", ", name);
        if (n > 0)
                pawl_words_put(w, n < n_all ? ", ...)" : ")");
}

static void put_list(pawl_words *w, pawl_span data)
{
        static const char *const words[][2] = {
                [PAWL_SIGNATURE_HASH] = {"hash",                   "hashes"                },
                [PAWL_SIGNATURE_CERTIFICATE] = { "certificate",           "certificates"          },
                [PAWL_SIGNATURE_OTHER] = { "entry of another kind", "entries of other kinds"},
        };
        pawl_siglist_cursor c = pawl_siglist_start(data);
        unsigned n[PAWL_SIGNATURE_OTHER + 1] = { 0 };
        const char *between = "";
        pawl_signature s;
        pawl_err err;

        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK)
                n[s.kind]++;
        for (unsigned k = 0; k <= PAWL_SIGNATURE_OTHER; k++) {
                if (n[k] == 0)
                        continue;
                pawl_words_put(w, "%s", between);
                pawl_words_count(w, n[k], words[k][0], words[k][1]);
                if (k == PAWL_SIGNATURE_CERTIFICATE)
                        put_names(w, data, n[k]);
                between = ", ";
        }
        if (err != PAWL_ERR_NOT_FOUND)
                pawl_words_put(w, "%sdamaged", between);
        else if (between[0] == '\0')
                pawl_words_put(w, "empty");
}

static void put_order(pawl_words *w, pawl_span data)
{
        pawl_reader r = pawl_reader_of(data);
        uint16_t number = 0;
        size_t n = 0;

        for (; n < ORDER_SHOWN && pawl_read_le16(&r, &number) == PAWL_OK; n++)
                pawl_words_put(w, "%sBoot%04X", n > 0 ? ", " : "", number);
        if (r.left.len > 0)
                pawl_words_put(w, r.left.len == 1 ? ", damaged" : ", ...");
        else if (n == 0)
                pawl_words_put(w, "empty");
}

static void put_option(pawl_words *w, pawl_span data)
{
        pawl_boot_option o;
        char path[PATH_SIZE];
        pawl_err err;

        if (pawl_boot_option_read(data, &o) != PAWL_OK) {
                pawl_words_put(w, "damaged");
                return;
        }
        pawl_words_put(w, "'");
        pawl_words_utf16(w, o.description);
        err = pawl_device_path_text(o.path, path, sizeof(path));
        pawl_words_put(w, "', %s", path[0] != '\0' ? path : "no path");
        if (err == PAWL_ERR_FORMAT || err == PAWL_ERR_TRUNCATED)
                pawl_words_put(w, " (damaged)");
        if (o.data.len > 0)
                pawl_words_put(w, ", %zu bytes for it", o.data.len);
        if ((o.attributes & PAWL_BOOT_OPTION_CATEGORY) != 0)
                pawl_words_put(w, ", a tool");
        if ((o.attributes & PAWL_BOOT_OPTION_HIDDEN) != 0)
                pawl_words_put(w, ", hidden");
        if ((o.attributes & PAWL_BOOT_OPTION_ACTIVE) == 0)
                pawl_words_put(w, ", switched off");
}

static void put_content(pawl_words *w, const char *name, pawl_span data)
{
        void (*put)(pawl_words * w, pawl_span data) = pawl_is_signature_list(name)     ? put_list
                                                      : strcmp(name, "BootOrder") == 0 ? put_order
                                                      : pawl_is_boot_option_name(name) ? put_option
                                                                                       : NULL;

        if (put) {
                pawl_words_put(w, ": ");
                put(w, data);
        } else if (data.len == VALUE_OF_ONE)
                pawl_words_put(w, " = %u", data.data[0]);
        else if (strcmp(name, "SbatLevel") == 0 && pawl_looks_like_ascii(data)) {
                pawl_words_put(w, ": ");
                pawl_words_ascii(w, data);
        } else
                pawl_words_put(w, ", %zu bytes", data.len);
}

/* EFI_SIGNATURE_DATA: who put it there, and the certificate or hash, of one of the lists; or what a
 * variable of the shim holds. Older shims leave out the owner. */
static void put_authority(pawl_words *w, const char *name, pawl_span data)
{
        char subject[PAWL_CERTIFICATE_NAME_SIZE];
        pawl_reader r = pawl_reader_of(data);

        if ((pawl_read_skip(&r, PAWL_GUID_SIZE) == PAWL_OK &&
                    pawl_certificate_name(r.left, subject)) ||
                pawl_certificate_name(data, subject))
                pawl_words_put(w, ": certificate %s", subject);
        else if (pawl_is_signature_list(name))
                pawl_words_put(w, ": an entry of %zu bytes", data.len);
        else
                put_content(w, name, data);
}

void pawl_variable_describe(pawl_words *w, const pawl_efi_variable *v, bool is_authority)
{
        char name[PAWL_VARIABLE_NAME_TEXT_SIZE];

        (void)pawl_utf16_to_utf8(v->name, name, sizeof(name));
        pawl_words_put(w, "variable %s", name);
        if (!is_usual_vendor(name, v->guid)) {
                pawl_words_put(w, " (");
                pawl_words_guid(w, v->guid);
                pawl_words_put(w, ")");
        }
        if (is_authority)
                put_authority(w, name, v->data);
        else
                put_content(w, name, v->data);
}

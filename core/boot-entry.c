/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boot-entry.h"

#include "core/uki.h"
#include "core/version.h"

#define VALUE_MAX 1024 /* a longer value of os-release counts as absent */

static int order(uint64_t a, uint64_t b)
{
        return (a > b) - (a < b);
}

/* Appends printable ASCII to NUL-terminated text of TEXT_MAX bytes; a character of several bytes
 * becomes one '?'. */
static void append(char *text, pawl_span s)
{
        size_t n = pawl_span_str(text).len;

        for (size_t i = 0; i < s.len && n + 1 < PAWL_ENTRY_TEXT_MAX; i++) {
                uint8_t c = s.data[i];

                if (c >= 0x80 && c < 0xc0) /* the rest of a UTF-8 character */
                        continue;
                text[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
        }
        text[n] = '\0';
}

/* The first of `keys` that is there and not empty. */
static void append_first_of(char *text, pawl_span osrel, const char *const *keys)
{
        char value[VALUE_MAX];

        for (; *keys; keys++)
                if (pawl_osrel_get(osrel, *keys, value, sizeof(value)) == PAWL_OK && value[0]) {
                        append(text, pawl_span_str(value));
                        return;
                }
}

static void append_unsigned(char *text, unsigned v)
{
        char digits[12];
        size_t n = sizeof(digits);

        do
                digits[--n] = (char)('0' + v % 10);
        while ((v /= 10) > 0);
        append(text, pawl_span_of(digits + n, sizeof(digits) - n));
}

static void append_profile(char *title, pawl_span profile_text, unsigned profile)
{
        static const char *const keys[] = { "TITLE", "ID", NULL };
        /* the usual one needs no name beside the image's */
        static const char *const usual_keys[] = { "TITLE", NULL };
        char text[PAWL_ENTRY_TEXT_MAX] = "";

        append_first_of(text, profile_text, profile == 0 ? usual_keys : keys);
        if (text[0] == '\0' && profile == 0)
                return;
        append(title, PAWL_SPAN_LITERAL(" ("));
        if (text[0])
                append(title, pawl_span_str(text));
        else {
                append(title, PAWL_SPAN_LITERAL("profile "));
                append_unsigned(title, profile);
        }
        append(title, PAWL_SPAN_LITERAL(")"));
}

/* The profile's number goes behind the id as the stub's selector writes it. */
static pawl_err fill_id(const pawl_entry_name *n, unsigned profile, char *ret, size_t size)
{
        char number[PAWL_ENTRY_TEXT_MAX] = "@";
        pawl_writer w;

        PAWL_TRY(pawl_entry_name_id(n, ret, size));
        if (profile == 0)
                return PAWL_OK;
        append_unsigned(number, profile);
        w = (pawl_writer){ (uint8_t *)ret, size, pawl_span_str(ret).len };
        PAWL_TRY(pawl_write_str(&w, number));
        return pawl_write_u8(&w, 0);
}

/* Which keys make a title, a version and a sort key: as systemd-boot picks them, so that both menus
 * show the same in the same order. */
static void fill_texts(pawl_span osrel, pawl_span profile_text, pawl_boot_entry *e)
{
        static const char *const title[] = { "PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL };
        static const char *const version[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID",
                NULL };
        static const char *const sort_key[] = { "IMAGE_ID", "ID", NULL };

        append_first_of(e->title, osrel, title);
        if (e->title[0] == '\0')
                append(e->title, pawl_span_str(e->file_name));
        append_profile(e->title, profile_text, e->profile);
        append_first_of(e->version, osrel, version);
        append_first_of(e->sort_key, osrel, sort_key);
}

pawl_err pawl_boot_entry_fill(pawl_span file_name, pawl_span osrel, pawl_span profile_text,
        unsigned profile, pawl_boot_entry *ret)
{
        pawl_entry_name n;
        pawl_boot_entry e = { .profile = profile };

        if (file_name.len >= sizeof(e.file_name))
                return PAWL_ERR_NO_SPACE;
        PAWL_TRY(pawl_entry_name_parse(file_name, &n));
        PAWL_TRY(fill_id(&n, profile, e.id, sizeof(e.id)));
        pawl_copy(e.file_name, file_name.data, file_name.len);
        e.is_counted = n.is_counted;
        e.left = n.left;
        e.done = n.done;
        fill_texts(osrel, profile_text, &e);
        *ret = e;
        return PAWL_OK;
}

bool pawl_boot_entry_is_bad(const pawl_boot_entry *e)
{
        return e->is_counted && e->left == 0;
}

/* The id without the profile's number. */
static pawl_span base_id(const pawl_boot_entry *e)
{
        pawl_span id = pawl_span_str(e->id);

        if (e->profile > 0)
                while (id.len > 0 && id.data[--id.len] != '@')
                        ;
        return id;
}

static int compare_text(const char *a, const char *b)
{
        while (*a && *a == *b) {
                a++;
                b++;
        }
        return order((uint8_t)*a, (uint8_t)*b);
}

static int compare_sort_key(const pawl_boot_entry *a, const pawl_boot_entry *b)
{
        int r = order(a->sort_key[0] == '\0', b->sort_key[0] == '\0');

        if (r != 0 || a->sort_key[0] == '\0')
                return r;
        r = compare_text(a->sort_key, b->sort_key);
        if (r != 0)
                return r;
        return pawl_version_compare(pawl_span_str(b->version), pawl_span_str(a->version));
}

static uint64_t tries(const pawl_boot_entry *e)
{
        return e->is_counted ? e->left : UINT64_MAX;
}

int pawl_boot_entry_compare(const pawl_boot_entry *a, const pawl_boot_entry *b)
{
        int r = order(pawl_boot_entry_is_bad(a), pawl_boot_entry_is_bad(b));

        if (r == 0)
                r = compare_sort_key(a, b);
        if (r == 0)
                r = pawl_version_compare(base_id(b), base_id(a));
        if (r == 0)
                r = order(a->profile, b->profile);
        if (r == 0)
                r = order(tries(b), tries(a));
        /* names that differ only in what versions ignore still have one order */
        return r == 0 ? compare_text(b->file_name, a->file_name) : r;
}

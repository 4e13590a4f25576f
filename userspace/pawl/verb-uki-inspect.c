/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/host/hash.h"
#include "userspace/host/output.h"
#include "userspace/pawl/verb.h"
#include "userspace/uki/image.h"

extern const pawl_verb pawl_verb_uki_inspect;

#define SHOWN_MAX     32
#define TEXT_MAX      (16u << 20) /* bytes of a section that is shown as text */
#define OUTPUT_MODE   0644
#define CELL_TEXT_MAX 40 /* characters of text in the table */

enum {
        OPT_JSON = 0x100,
        OPT_SECTION,
        OPT_ALL,
};

static const struct option options[] = {
        {"json",             no_argument, NULL, OPT_JSON },
        { "section",              required_argument, NULL, OPT_SECTION },
        { "all",                 no_argument, NULL, OPT_ALL },
        { 0},
};

/* --section=NAME[:text|binary][@FILE] */
typedef struct shown {
        char name[9];
        bool is_text;
        const char *file; /* NULL: not written anywhere */
} shown;

typedef struct args {
        bool is_json, is_all;
        shown shown[SHOWN_MAX];
        size_t n_shown;
} args;

/* The sections that hold text. */
static bool holds_text(const char *name)
{
        static const char *const names[] = { ".osrel", ".cmdline", ".uname", ".sbat", ".pcrsig",
                ".pcrpkey", ".profile", ".sdmagic" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

static pawl_err take_section(args *a, const char *spec, pawl_diag *d)
{
        size_t n = strcspn(spec, ":@");
        shown *s = &a->shown[a->n_shown];
        const char *rest = spec + n;

        if (a->n_shown == SHOWN_MAX || n == 0 || n >= sizeof(s->name))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--section=%s: write NAME, NAME:text, NAME:binary, and maybe @FILE behind "
                        "it",
                        spec);
        (void)snprintf(s->name, sizeof(s->name), "%.*s", (int)n, spec);
        s->is_text = holds_text(s->name);
        if (strncmp(rest, ":text", 5) == 0) {
                s->is_text = true;
                rest += 5;
        } else if (strncmp(rest, ":binary", 7) == 0) {
                s->is_text = false;
                rest += 7;
        }
        if (*rest != '\0' && (*rest != '@' || rest[1] == '\0'))
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "--section=%s: text or binary, then maybe @FILE", spec);
        s->file = *rest == '@' ? rest + 1 : NULL;
        a->n_shown++;
        return PAWL_OK;
}

/* Whether a section is shown, and how. */
static bool is_shown(const args *a, const char *name, shown *ret)
{
        pawl_uki_section known;

        for (size_t i = 0; i < a->n_shown; i++)
                if (strcmp(a->shown[i].name, name) == 0) {
                        *ret = a->shown[i];
                        return true;
                }
        *ret = (shown){ .is_text = holds_text(name) };
        return a->is_all ||
               (a->n_shown == 0 && pawl_uki_section_from_name(name, &known) == PAWL_OK);
}

typedef struct section {
        const char *name;
        pawl_span content;
        size_t n_zeros;
        char *sha256;
        shown how;
        int profile; /* -1: the base */
} section;

static void section_done(section *s)
{
        free(s->sha256);
}

static pawl_err read_section(const pawl_pe *pe, const pawl_pe_section *from, section *s)
{
        pawl_digest digest;

        s->name = from->name;
        PAWL_TRY(pawl_pe_section_content(pe, from, &s->content, &s->n_zeros));
        PAWL_TRY(pawl_openssl_hasher.hash(
                pawl_openssl_hasher.ctx, PAWL_ALG_SHA256, &s->content, 1, s->n_zeros, &digest));
        return pawl_hex_encode(pawl_digest_span(&digest), &s->sha256);
}

static bool is_utf8(pawl_span s)
{
        for (size_t i = 0; i < s.len;) {
                uint8_t c = s.data[i];
                size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

                if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || n > s.len - i)
                        return false;
                for (size_t k = 1; k < n; k++)
                        if ((s.data[i + k] & 0xc0) != 0x80)
                                return false;
                i += n;
        }
        return true;
}

static json_object *text_json(pawl_span s)
{
        if (s.len > TEXT_MAX || !is_utf8(s))
                return json_object_new_string("(not valid UTF-8)");
        return json_object_new_string_len((const char *)s.data, (int)s.len);
}

static json_object *section_json(const section *s)
{
        pawl_autojson json_object *o = json_object_new_object();

        if (!o ||
                json_object_object_add(
                        o, "size", json_object_new_int64((int64_t)(s->content.len + s->n_zeros))) ||
                json_object_object_add(o, "sha256", json_object_new_string(s->sha256)) ||
                (s->how.is_text && json_object_object_add(o, "text", text_json(s->content))))
                return NULL;
        return pawl_take(&o);
}

/* A name that stands again in the same object turns its value into an array. */
static pawl_err add_to(json_object *o, const char *name, json_object *value)
{
        json_object *old, *list;

        if (!value)
                return PAWL_ERR_NO_MEMORY;
        if (!json_object_object_get_ex(o, name, &old))
                return json_object_object_add(o, name, value) ? PAWL_ERR_NO_MEMORY : PAWL_OK;
        if (json_object_is_type(old, json_type_array))
                return json_object_array_add(old, value) ? PAWL_ERR_NO_MEMORY : PAWL_OK;
        list = json_object_new_array();
        if (!list || json_object_array_add(list, json_object_get(old)) ||
                json_object_array_add(list, value) || json_object_object_add(o, name, list))
                return PAWL_ERR_NO_MEMORY;
        return PAWL_OK;
}

/* The object of a profile in "_profiles"; the outer one for the base. */
static json_object *object_for(json_object *o, int profile)
{
        json_object *list, *row;

        if (profile < 0)
                return o;
        if (!json_object_object_get_ex(o, "_profiles", &list)) {
                list = json_object_new_array();
                if (!list || json_object_object_add(o, "_profiles", list))
                        return NULL;
        }
        while (json_object_array_length(list) <= (size_t)profile)
                if (json_object_array_add(list, json_object_new_object()))
                        return NULL;
        row = json_object_array_get_idx(list, (size_t)profile);
        return row;
}

static pawl_err add_json(json_object *o, const section *s)
{
        json_object *target = object_for(o, s->profile);

        return target ? add_to(target, s->name, section_json(s)) : PAWL_ERR_NO_MEMORY;
}

/* The first line, shortened, for a cell of the table. */
static void summarize(const section *s, char *ret, size_t size)
{
        pawl_reader r = pawl_reader_of(s->content);
        pawl_span line = PAWL_SPAN_NULL;

        ret[0] = '\0';
        if (!s->how.is_text || pawl_read_line(&r, &line) != PAWL_OK)
                return;
        (void)snprintf(ret, size, "%.*s%s",
                (int)(line.len < CELL_TEXT_MAX ? line.len : CELL_TEXT_MAX), (const char *)line.data,
                line.len > CELL_TEXT_MAX || r.left.len > 0 ? " ..." : "");
}

static pawl_err add_row(pawl_table *t, const section *s)
{
        char size[24], profile[16] = "", text[CELL_TEXT_MAX + 8];

        (void)snprintf(size, sizeof(size), "%zu", s->content.len + s->n_zeros);
        if (s->profile >= 0)
                (void)snprintf(profile, sizeof(profile), "@%d", s->profile);
        summarize(s, text, sizeof(text));
        const char *const cells[] = { s->name, profile, size, s->sha256, text };
        return pawl_table_add(t, cells);
}

/* A section that was asked for by name is shown whole. */
static void print_whole(const section *s)
{
        pawl_reader r = pawl_reader_of(s->content);
        pawl_span line;

        (void)printf("%s:\n  size: %zu bytes\n  sha256: %s\n", s->name, s->content.len + s->n_zeros,
                s->sha256);
        if (!s->how.is_text)
                return;
        (void)printf("  text:\n");
        while (s->content.len <= TEXT_MAX && pawl_read_line(&r, &line) == PAWL_OK) {
                pawl_autofree char *copy = strndup((const char *)line.data, line.len);

                if (copy)
                        pawl_text_sanitize(copy);
                (void)printf("    %s\n", copy ? copy : "");
        }
}

/* Extracting: what is written is what is measured. */
static pawl_err write_out(const section *s, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_writer w;

        if (!s->how.file)
                return PAWL_OK;
        PAWL_TRY(pawl_buffer_new(s->content.len + s->n_zeros, &b));
        w = pawl_writer_of(b.data, b.len);
        PAWL_TRY(pawl_write_bytes(&w, s->content));
        return pawl_file_write(s->how.file, pawl_buffer_span(&b), OUTPUT_MODE, d);
}

typedef struct output {
        json_object *json;
        pawl_table *table;
        size_t n;
} output;

static void output_done(output *o)
{
        pawl_json_put_p(&o->json);
        pawl_table_free_p(&o->table);
}

static pawl_err show(const args *a, const section *s, output *o, pawl_diag *d)
{
        o->n++;
        PAWL_TRY(write_out(s, d));
        if (a->is_json)
                return add_json(o->json, s);
        if (a->n_shown == 0)
                return add_row(o->table, s);
        print_whole(s);
        return PAWL_OK;
}

static pawl_err show_sections(const args *a, const pawl_pe *pe, output *o, pawl_diag *d)
{
        int profile = -1;

        for (size_t i = 0; i < pe->n_sections; i++) {
                pawl_cleanup(section_done) section s = { 0 };

                profile += strcmp(pe->sections[i].name, ".profile") == 0;
                if (!is_shown(a, pe->sections[i].name, &s.how))
                        continue;
                s.profile = profile;
                PAWL_TRY(read_section(pe, &pe->sections[i], &s));
                PAWL_TRY(show(a, &s, o, d));
        }
        if (o->n == 0 && a->n_shown > 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "the image has no section of that name");
        return PAWL_OK;
}

static pawl_err inspect(const args *a, const char *path, pawl_diag *d)
{
        static const char *const columns[] = { "SECTION", "PROFILE", "SIZE", "SHA256", "TEXT",
                NULL };
        pawl_cleanup(output_done) output o = { .json = json_object_new_object() };
        pawl_autoimage pawl_image image = { 0 };

        PAWL_TRY(pawl_image_open(path, &image, d));
        if (!o.json)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_table_new(columns, &o.table));
        PAWL_TRY(pawl_fail_prefix(d, show_sections(a, &image.pe, &o, d), "%s", path));
        if (a->is_json)
                return pawl_json_print(o.json);
        return a->n_shown == 0 ? pawl_table_print(o.table) : PAWL_OK;
}

static pawl_err take(args *a, int option, pawl_diag *d)
{
        switch (option) {
        case OPT_JSON:
                a->is_json = true;
                return PAWL_OK;
        case OPT_ALL:
                a->is_all = true;
                return PAWL_OK;
        default:
                return take_section(a, optarg, d);
        }
}

static int run(int argc, char **argv)
{
        pawl_err err = PAWL_OK;
        pawl_diag d = { 0 };
        args a = { 0 };
        int option;

        while (err == PAWL_OK && (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (option == '?')
                        return PAWL_EXIT_USAGE;
                err = take(&a, option, &d);
        }
        if (err == PAWL_OK && argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_uki_inspect, "give one image");
        if (err == PAWL_OK)
                err = inspect(&a, argv[optind], &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_uki_inspect = {
        .noun = "uki",
        .verb = "inspect",
        .args = "[OPTIONS] IMAGE",
        .summary = "Show the sections of an image",
        .help = "  --section=NAME[:text|binary][@FILE]  one section whole; @FILE extracts it\n"
                "  --all                                also the sections of the stub\n"
                "  --json                               print JSON\n"
                "Example: pawl uki inspect --section=.cmdline os.efi\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"
#include "core/uki.h"

/* The first read of a file, and the most that is read for its section table: 192 sections take 7680
 * bytes behind the DOS stub and the optional header. */
#define HEAD_FIRST 4096u
#define HEAD_MAX   (32u << 10)

/* What is at hand of one image. */
typedef struct scan {
        pawl_loader *loader;
        char path[PAWL_PATH_MAX];
        pawl_pe pe;
        uint8_t head[HEAD_MAX];
        uint8_t osrel[PAWL_LOADER_TEXT_MAX], profile[PAWL_LOADER_TEXT_MAX];
        size_t n_left_out; /* entries that the list has no room for */
} scan;

static pawl_err set_path(scan *s, pawl_span file_name)
{
        pawl_writer w = pawl_writer_of(s->path, sizeof(s->path));

        PAWL_TRY(pawl_write_str(&w, PAWL_LOADER_FOLDER));
        PAWL_TRY(pawl_write_bytes(&w, file_name));
        return pawl_write_u8(&w, 0);
}

static pawl_err read_head_of(scan *s, uint64_t file_size, size_t max)
{
        const pawl_platform *p = s->loader->platform;
        size_t len = file_size < max ? (size_t)file_size : max;

        PAWL_TRY(p->file_read(p->ctx, s->path, 0, s->head, len));
        return pawl_pe_read_head(pawl_span_of(s->head, len), file_size, &s->pe);
}

static pawl_err read_head(scan *s, uint64_t file_size)
{
        pawl_err err = read_head_of(s, file_size, HEAD_FIRST);

        if (err == PAWL_ERR_TRUNCATED && file_size > HEAD_FIRST)
                err = read_head_of(s, file_size, HEAD_MAX);
        return err;
}

static const pawl_pe_section *find_in(const pawl_pe *pe, const char *name, size_t from, size_t to)
{
        for (size_t i = from; i < to; i++)
                if (pawl_span_equal(pawl_span_str(pe->sections[i].name), pawl_span_str(name)))
                        return &pe->sections[i];
        return NULL;
}

/* The section that counts for a profile: its own, else the base's; NULL if there is none. */
static const pawl_pe_section *find_section(const pawl_pe *pe, unsigned profile, const char *name)
{
        size_t base_to, from, to;
        const pawl_pe_section *own;

        if (pawl_uki_profile_range(pe, 0, &base_to, &to) != PAWL_OK ||
                pawl_uki_profile_range(pe, profile, &from, &to) != PAWL_OK)
                return NULL;
        own = find_in(pe, name, from, to);
        return own ? own : find_in(pe, name, 0, base_to);
}

/* At most `cap` bytes of a section's content; nothing if there is no such section. */
static pawl_err read_section(
        scan *s, unsigned profile, const char *name, uint8_t *buf, size_t cap, pawl_span *ret)
{
        const pawl_platform *p = s->loader->platform;
        const pawl_pe_section *section = find_section(&s->pe, profile, name);
        size_t len = 0;

        if (section) {
                len = section->virtual_size < section->raw_size ? section->virtual_size
                                                                : section->raw_size;
                len = len < cap ? len : cap;
        }
        if (len > 0)
                PAWL_TRY(p->file_read(p->ctx, s->path, section->raw_offset, buf, len));
        *ret = pawl_span_of(buf, len);
        return PAWL_OK;
}

static pawl_err add_profile(scan *s, const pawl_file_info *info, unsigned profile)
{
        pawl_loader *l = s->loader;
        pawl_boot_entry *e = &l->entries[l->n_entries];
        pawl_span osrel, text = PAWL_SPAN_NULL;

        if (l->n_entries == PAWL_LOADER_ENTRIES_MAX) {
                s->n_left_out++;
                return PAWL_OK;
        }
        PAWL_TRY(read_section(s, profile, ".osrel", s->osrel, sizeof(s->osrel), &osrel));
        PAWL_TRY(read_section(s, profile, ".profile", s->profile, sizeof(s->profile), &text));
        PAWL_TRY(pawl_boot_entry_fill(pawl_span_str(info->name), osrel, text, profile, e));
        /* its name cannot be changed, so it says nothing */
        if (info->is_read_only)
                e->is_counted = false;
        l->n_entries++;
        return PAWL_OK;
}

static pawl_err add_image(scan *s, const pawl_file_info *info)
{
        unsigned n_profiles;

        PAWL_TRY(set_path(s, pawl_span_str(info->name)));
        PAWL_TRY(read_head(s, info->size));
        /* another kind of program is no UKI, and no error */
        if (!find_section(&s->pe, /* profile= */ 0, ".linux"))
                return PAWL_OK;
        PAWL_TRY(pawl_uki_count_profiles(&s->pe, &n_profiles));
        for (unsigned i = 0; i < n_profiles; i++)
                PAWL_TRY(add_profile(s, info, i));
        return PAWL_OK;
}

/* An image that cannot be read does not hide the others. */
static pawl_err visit(void *arg, const pawl_file_info *info)
{
        scan *s = arg;
        pawl_entry_name name;
        pawl_err err;

        if (info->is_dir || pawl_entry_name_parse(pawl_span_str(info->name), &name) != PAWL_OK)
                return PAWL_OK;
        err = add_image(s, info);
        if (err != PAWL_OK)
                pawl_loader_say(s->loader, PAWL_LOADER_FOLDER, info->name,
                        " is not in the menu: ", pawl_err_text(err));
        return PAWL_OK;
}

/* Runs `use` with a scan on the heap: it is too large for a firmware's stack. */
static pawl_err with_scan(pawl_loader *l, pawl_err (*use)(scan *s, void *arg), void *arg)
{
        const pawl_platform *p = l->platform;
        void *memory;
        scan *s;
        pawl_err err;

        PAWL_TRY(p->allocate(p->ctx, sizeof(scan), &memory));
        s = memory;
        s->loader = l;
        s->n_left_out = 0;
        err = use(s, arg);
        p->free(p->ctx, memory, sizeof(scan));
        return err;
}

static pawl_err list(scan *s, void *arg)
{
        pawl_loader *l = s->loader;
        const pawl_platform *p = l->platform;
        pawl_err err = p->directory_list(p->ctx, "\\EFI\\Linux", visit, s);

        (void)arg;
        if (s->n_left_out > 0)
                pawl_loader_say(l, PAWL_LOADER_FOLDER,
                        " has more images than the menu has lines; next: delete old ones", NULL,
                        NULL);
        /* what was found before the trouble can be started */
        return l->n_entries > 0 ? PAWL_OK : err == PAWL_OK ? PAWL_ERR_NOT_FOUND : err;
}

pawl_err pawl_loader_find_entries(pawl_loader *l)
{
        pawl_err err = with_scan(l, list, NULL);

        if (err != PAWL_OK) {
                pawl_loader_say(l, "no unified kernel image in " PAWL_LOADER_FOLDER ": ",
                        pawl_err_text(err), "; next: copy one there", NULL);
                return err;
        }
        l->n_entries = pawl_boot_entries_drop_twins(l->entries, l->n_entries);
        pawl_boot_entries_sort(l->entries, l->n_entries);
        return PAWL_OK;
}

typedef struct cmdline_request {
        const pawl_boot_entry *entry;
        char *ret;
        size_t size;
} cmdline_request;

static pawl_err read_cmdline(scan *s, void *arg)
{
        cmdline_request *r = arg;
        const pawl_platform *p = s->loader->platform;
        const pawl_pe_section *section;
        pawl_span text;
        uint64_t size;

        PAWL_TRY(set_path(s, pawl_span_str(r->entry->file_name)));
        PAWL_TRY(p->file_size(p->ctx, s->path, &size));
        PAWL_TRY(read_head(s, size));
        section = find_section(&s->pe, r->entry->profile, ".cmdline");
        if (section && section->virtual_size >= r->size)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(read_section(
                s, r->entry->profile, ".cmdline", (uint8_t *)r->ret, r->size - 1, &text));
        r->ret[text.len] = '\0';
        return PAWL_OK;
}

pawl_err pawl_loader_read_cmdline(pawl_loader *l, const pawl_boot_entry *e, char *ret, size_t size)
{
        cmdline_request r = { e, ret, size };

        PAWL_TRY(with_scan(l, read_cmdline, &r));
        /* one line: ends at a line's end, and other control characters become blanks */
        for (size_t i = 0; ret[i] != '\0'; i++) {
                if (ret[i] == '\n' && ret[i + 1] == '\0')
                        ret[i] = '\0';
                else if ((uint8_t)ret[i] < 0x20)
                        ret[i] = ' ';
        }
        return PAWL_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/build.h"

#include <string.h>

#include "userspace/uki/image.h"
#include "userspace/uki/kernel.h"
#include "userspace/uki/profile-base.h"
#include "userspace/uki/sbat.h"

typedef struct builder {
        const pawl_build *b;
        pawl_sources sources;
        pawl_sections sections;
        pawl_image stub;
        pawl_span kernel;
        pawl_diag *d;
} builder;

static void builder_free_p(builder **p)
{
        if (!*p)
                return;
        pawl_sources_done(&(*p)->sources);
        pawl_image_done(&(*p)->stub);
        free(*p);
}

static pawl_err add_file(builder *x, const char *name, const char *path)
{
        pawl_span content;

        if (!path)
                return PAWL_OK;
        PAWL_TRY(pawl_sources_file(&x->sources, path, &content, x->d));
        if (content.len == 0)
                return pawl_fail(x->d, PAWL_ERR_FORMAT, "%s: the file is empty", path);
        return pawl_sections_add(&x->sections, name, content, x->d);
}

/* Empty text gives no section. */
static pawl_err add_text(builder *x, const char *name, const char *text)
{
        pawl_span content;

        if (!text)
                return PAWL_OK;
        PAWL_TRY(pawl_sources_text(&x->sources, text, &content, x->d));
        return content.len == 0 ? PAWL_OK : pawl_sections_add(&x->sections, name, content, x->d);
}

static bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* On the command line blanks have no meaning: runs of them become one. A file is taken as it is. */
static pawl_err add_cmdline(builder *x)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        const char *text = x->b->cmdline;
        pawl_span content;
        size_t n = 0;

        if (!text || text[0] == '@')
                return add_text(x, ".cmdline", text);
        PAWL_TRY(pawl_buffer_new(strlen(text), &b));
        for (; *text != '\0'; text++) {
                if (!is_blank(*text))
                        b.data[n++] = (uint8_t)*text;
                else if (n > 0 && b.data[n - 1] != ' ')
                        b.data[n++] = ' ';
        }
        b.len = n > 0 && b.data[n - 1] == ' ' ? n - 1 : n;
        PAWL_TRY(pawl_sources_keep(&x->sources, &b, &content));
        return content.len == 0 ? PAWL_OK
                                : pawl_sections_add(&x->sections, ".cmdline", content, x->d);
}

static pawl_err add_uname(builder *x)
{
        pawl_span uname;

        if (x->b->uname)
                return add_text(x, ".uname", x->b->uname);
        if (pawl_kernel_uname(x->kernel, &uname) != PAWL_OK)
                return PAWL_OK;
        return pawl_sections_add(&x->sections, ".uname", uname, x->d);
}

/* The key that signs, unless another is given; if there is one that signs, it must be the same. */
static pawl_err add_pcrpkey(builder *x)
{
        if (x->b->pcrpkey)
                PAWL_TRY(add_file(x, ".pcrpkey", x->b->pcrpkey));
        return pawl_signing_add_pcrpkey(&x->b->signing, &x->sections, &x->sources, x->d);
}

static pawl_err add_initrds(builder *x)
{
        const pawl_build_list *l = &x->b->initrds;
        pawl_span content;

        if (l->n_items == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_sources_join(&x->sources, l->items, l->n_items, &content, x->d));
        return content.len == 0 ? pawl_fail(x->d, PAWL_ERR_FORMAT, "the initrd is empty")
                                : pawl_sections_add(&x->sections, ".initrd", content, x->d);
}

static bool has_section(const pawl_sections *s, const char *name)
{
        for (size_t i = 0; i < s->n_rows; i++)
                if (strcmp(s->rows[i].name, name) == 0)
                        return true;
        return false;
}

/* "NAME:TEXT" or "NAME:@FILE". A name twice, or one of the stub's own, would be ambiguous. */
static pawl_err add_extra(builder *x, const char *spec)
{
        const char *colon = strchr(spec, ':');
        char name[9];

        if (!colon || colon == spec || (size_t)(colon - spec) >= sizeof(name))
                return pawl_fail(x->d, PAWL_ERR_USAGE,
                        "--section=%s: write NAME:TEXT or NAME:@FILE, with a name of at most 8 "
                        "bytes",
                        spec);
        (void)snprintf(name, sizeof(name), "%.*s", (int)(colon - spec), spec);
        if (has_section(&x->sections, name) || strcmp(name, ".linux") == 0 ||
                strcmp(name, ".sbat") == 0 || strcmp(name, ".profile") == 0 ||
                strcmp(name, ".pcrsig") == 0 || pawl_pe_find_section(&x->stub.pe, name))
                return pawl_fail(x->d, PAWL_ERR_DUPLICATE,
                        "--section=%s: the image has that section already, or another option is "
                        "for it",
                        spec);
        return add_text(x, name, colon + 1);
}

static pawl_err sbat_of_pe(const pawl_pe *pe, pawl_span *ret)
{
        const pawl_pe_section *s = pawl_pe_find_section(pe, ".sbat");
        size_t n_zeros;

        if (!s)
                return PAWL_ERR_NOT_FOUND;
        return pawl_pe_section_content(pe, s, ret, &n_zeros);
}

/* The lines of stub, kernel and options, so that each can be revoked. */
static pawl_err add_sbat(builder *x)
{
        pawl_autofree pawl_pe *pe = calloc(1, sizeof(*pe));
        pawl_span texts[PAWL_BUILD_LIST_MAX + 2], content;
        pawl_autobuffer pawl_buffer merged = { 0 };
        size_t n = 0, n_skipped;

        if (!pe)
                return PAWL_ERR_NO_MEMORY;
        if (sbat_of_pe(&x->stub.pe, &texts[n]) == PAWL_OK)
                n++;
        if (pawl_pe_read(x->kernel, PAWL_PE_FILE, pe) == PAWL_OK &&
                sbat_of_pe(pe, &texts[n]) == PAWL_OK)
                n++;
        for (size_t i = 0; i < x->b->sbat.n_items; i++)
                PAWL_TRY(pawl_sources_text(&x->sources, x->b->sbat.items[i], &texts[n++], x->d));
        if (x->b->sbat.n_items == 0)
                texts[n++] = pawl_span_str(PAWL_SBAT_DEFAULT);
        PAWL_TRY(pawl_sbat_merge(texts, n, &merged, &n_skipped));
        if (n_skipped > 0 && x->b->sbat.n_items > 0)
                return pawl_fail(x->d, PAWL_ERR_FORMAT, "--sbat: text must start with 'sbat,'");
        PAWL_TRY(pawl_sources_keep(&x->sources, &merged, &content));
        return pawl_sections_add(&x->sections, ".sbat", content, x->d);
}

/* In ukify's order. */
static pawl_err add_sections(builder *x)
{
        const pawl_build *b = x->b;
        bool has_kernel = x->kernel.len > 0;

        if (has_kernel)
                PAWL_TRY(add_sbat(x));
        if (b->profile && b->join_profiles.n_items == 0)
                PAWL_TRY(add_text(x, ".profile", b->profile));
        PAWL_TRY(add_text(x, ".osrel", b->os_release));
        PAWL_TRY(add_cmdline(x));
        PAWL_TRY(add_file(x, ".dtb", b->devicetree));
        PAWL_TRY(add_uname(x));
        PAWL_TRY(add_file(x, ".splash", b->splash));
        PAWL_TRY(add_pcrpkey(x));
        if (has_kernel)
                PAWL_TRY(pawl_sections_add(&x->sections, ".linux", x->kernel, x->d));
        PAWL_TRY(add_initrds(x));
        PAWL_TRY(add_file(x, ".ucode", b->microcode));
        for (size_t i = 0; i < b->sections.n_items; i++)
                PAWL_TRY(add_extra(x, b->sections.items[i]));
        return PAWL_OK;
}

/* Appends what a profile's PE file has, which must begin with its `.profile`. */
static pawl_err join_profile(builder *x, const char *path)
{
        pawl_image *image = calloc(1, sizeof(*image));
        size_t first = x->sections.n_rows;
        pawl_err err;

        if (!image)
                return PAWL_ERR_NO_MEMORY;
        err = pawl_image_open(path, image, x->d);
        if (err == PAWL_OK) {
                /* the mapping lives as long as the sources */
                err = x->sources.n_maps == PAWL_SOURCES_MAX ? PAWL_ERR_LIMIT : PAWL_OK;
                if (err == PAWL_OK)
                        x->sources.maps[x->sources.n_maps++] = image->map;
                else
                        pawl_image_done(image);
        }
        if (err == PAWL_OK)
                err = pawl_sections_add_image(&x->sections, &image->pe, path, x->d);
        free(image);
        PAWL_TRY(err);
        if (first == x->sections.n_rows || strcmp(x->sections.rows[first].name, ".profile") != 0)
                return pawl_fail(x->d, PAWL_ERR_FORMAT,
                        "%s: a profile begins with a .profile section; make it with 'pawl uki "
                        "build "
                        "--profile=…' without --linux",
                        path);
        return PAWL_OK;
}

static pawl_err join_profiles(builder *x)
{
        const pawl_build_list *l = &x->b->join_profiles;

        if (l->n_items == 0)
                return PAWL_OK;
        /* what stands before the first .profile is shared by all */
        PAWL_TRY(add_text(x, ".profile", x->b->profile ? x->b->profile : "ID=main"));
        for (size_t i = 0; i < l->n_items; i++)
                PAWL_TRY(join_profile(x, l->items[i]));
        if (pawl_sections_count_profiles(&x->sections) > PAWL_UKI_PROFILES_MAX)
                return pawl_fail(
                        x->d, PAWL_ERR_LIMIT, "more than %d profiles", PAWL_UKI_PROFILES_MAX);
        return PAWL_OK;
}

static pawl_err open_parts(builder *x)
{
        const pawl_build *b = x->b;

        if (!b->kernel && !b->profile)
                return pawl_fail(x->d, PAWL_ERR_USAGE,
                        "--linux is missing (without it, only a --profile can be built)");
        if (!b->kernel && (b->signing.pcr_key || b->join_profiles.n_items > 0))
                return pawl_fail(x->d, PAWL_ERR_USAGE,
                        "a profile is signed when it is joined: --pcr-private-key and "
                        "--join-profile need --linux");
        if (!b->kernel)
                return pawl_profile_base(&x->stub.pe);
        PAWL_TRY(pawl_image_open(b->stub, &x->stub, x->d));
        PAWL_TRY(pawl_sources_file(&x->sources, b->kernel, &x->kernel, x->d));
        return pawl_kernel_check(x->kernel, b->signing.sb_certificate, b->kernel, x->d);
}

pawl_err pawl_uki_build(pawl_build *b, pawl_diag *d)
{
        pawl_cleanup(builder_free_p) builder *x = calloc(1, sizeof(*x));
        pawl_autobuffer pawl_buffer file = { 0 };
        const char *base = b->kernel ? b->stub : b->output;

        if (!x)
                return PAWL_ERR_NO_MEMORY;
        x->b = b;
        x->d = d;
        PAWL_TRY(open_parts(x));
        PAWL_TRY(add_sections(x));
        PAWL_TRY(join_profiles(x));
        PAWL_TRY(pawl_signing_check_kernels(&b->signing, &x->sections, d));
        PAWL_TRY(pawl_signing_add_pcrsigs(
                &b->signing, &x->stub.pe, base, &x->sections, &x->sources, d));
        PAWL_TRY(pawl_sections_write(&x->sections, &x->stub.pe, base, &file, d));
        return pawl_signing_finish(&b->signing, &file, b->output, d);
}

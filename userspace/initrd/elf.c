/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/initrd/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <string.h>

#define NEEDED_MAX 64 /* libraries that one file names */
#define DEPTH_MAX  32

static const char *const debian_folders[] = { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
        "/lib", "/usr/lib", NULL };

/* What one ELF file says; strings are owned. */
typedef struct needs {
        char *interpreter; /* NULL: none */
        char *libraries[NEEDED_MAX];
        size_t n;
        bool has_dynamic; /* the list of libraries was found */
} needs;

static void needs_done(needs *n)
{
        free(n->interpreter);
        for (size_t i = 0; i < n->n; i++)
                free(n->libraries[i]);
        *n = (needs){ 0 };
}

static void elf_end_p(Elf **e)
{
        if (*e)
                (void)elf_end(*e);
}

static pawl_err take_entry(
        Elf *elf, const GElf_Dyn *dyn, size_t strings, const char *file, needs *n, pawl_diag *d)
{
        const char *text;

        if (dyn->d_tag == DT_RPATH || dyn->d_tag == DT_RUNPATH)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%s: names folders for its libraries (RUNPATH), which the initrd does not "
                        "have; link it without",
                        file);
        if (dyn->d_tag != DT_NEEDED)
                return PAWL_OK;
        text = elf_strptr(elf, strings, dyn->d_un.d_val);
        if (!text || strchr(text, '/') || n->n == NEEDED_MAX)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: damaged list of libraries", file);
        n->libraries[n->n] = strdup(text);
        if (!n->libraries[n->n])
                return PAWL_ERR_NO_MEMORY;
        n->n++;
        return PAWL_OK;
}

static pawl_err read_dynamic(Elf *elf, Elf_Scn *scn, const char *file, needs *n, pawl_diag *d)
{
        Elf_Data *data = elf_getdata(scn, NULL);
        GElf_Shdr header;
        GElf_Dyn dyn;

        if (!data || !gelf_getshdr(scn, &header))
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: damaged ELF file", file);
        n->has_dynamic = true;
        for (int i = 0; gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++)
                PAWL_TRY(take_entry(elf, &dyn, header.sh_link, file, n, d));
        return PAWL_OK;
}

static pawl_err read_sections(Elf *elf, const char *file, needs *n, pawl_diag *d)
{
        for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
                GElf_Shdr header;

                if (gelf_getshdr(scn, &header) && header.sh_type == SHT_DYNAMIC)
                        PAWL_TRY(read_dynamic(elf, scn, file, n, d));
        }
        return PAWL_OK;
}

/* Also holds the program headers against the file: a truncated program is not taken. */
static pawl_err read_interpreter(Elf *elf, const char *file, needs *n, pawl_diag *d)
{
        size_t count = 0, size = 0;
        const char *raw = elf_rawfile(elf, &size);
        pawl_span text;
        GElf_Phdr p;

        if (elf_getphdrnum(elf, &count) != 0 || !raw)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: damaged ELF file", file);
        for (size_t i = 0; i < count; i++) {
                if (!gelf_getphdr(elf, (int)i, &p) || p.p_offset > size ||
                        p.p_filesz > size - p.p_offset ||
                        (p.p_type == PT_DYNAMIC && !n->has_dynamic))
                        return pawl_fail(d, PAWL_ERR_FORMAT, "%s: damaged ELF file", file);
                if (p.p_type != PT_INTERP)
                        continue;
                if (pawl_span_slice(pawl_span_of(raw, size), p.p_offset, p.p_filesz, &text) !=
                                PAWL_OK ||
                        n->interpreter)
                        return pawl_fail(d, PAWL_ERR_FORMAT, "%s: damaged ELF file", file);
                n->interpreter = strndup((const char *)text.data, text.len);
                if (!n->interpreter)
                        return PAWL_ERR_NO_MEMORY;
        }
        return PAWL_OK;
}

static pawl_err read_needs(const char *file, needs *n, pawl_diag *d)
{
        pawl_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC);
        pawl_cleanup(elf_end_p) Elf *elf = NULL;

        if (fd < 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: cannot open", file);
        if (elf_version(EV_CURRENT) == EV_NONE)
                return pawl_fail(d, PAWL_ERR_INTERNAL, "libelf: another version than at build");
        /* mapped: libelf loses what it read piece by piece once the whole file is asked for */
        elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        if (!elf)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: cannot be read as an ELF file", file);
        if (elf_kind(elf) != ELF_K_ELF)
                return PAWL_OK;
        PAWL_TRY(read_sections(elf, file, n, d));
        return read_interpreter(elf, file, n, d);
}

static pawl_err find_in(const char *const *folders, const char *name, char ret[static PATH_MAX])
{
        for (const char *const *f = folders; f && *f; f++)
                if (snprintf(ret, PATH_MAX, "%s/%s", *f, name) < PATH_MAX && access(ret, R_OK) == 0)
                        return PAWL_OK;
        return PAWL_ERR_NOT_FOUND;
}

static pawl_err find_library(const pawl_library_path *path, const char *name, const char *user,
        char ret[static PATH_MAX], pawl_diag *d)
{
        if (path && find_in(path->first, name, ret) == PAWL_OK)
                return PAWL_OK;
        if (find_in(debian_folders, name, ret) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "%s: needs the library %s, which is not here; install it or name its folder with "
                "--library-path=",
                user, name);
}

static pawl_err add_library(pawl_tree *t, const char *name, const char *source,
        const pawl_library_path *path, unsigned depth, pawl_diag *d);

/* The initrd's /lib64 is a link to /usr/lib64, as on Debian. */
static pawl_err add_interpreter(pawl_tree *t, const char *interpreter, pawl_diag *d)
{
        char place[PATH_MAX];

        (void)snprintf(place, sizeof(place), "%s%s",
                strncmp(interpreter, "/usr/", 5) == 0 ? "" : "/usr", interpreter);
        return pawl_tree_has(t, place) ? PAWL_OK : pawl_tree_add_file(t, place, interpreter, d);
}

static pawl_err add_needed(
        pawl_tree *t, const char *file, const pawl_library_path *path, unsigned depth, pawl_diag *d)
{
        pawl_cleanup(needs_done) needs n = { 0 };
        char found[PATH_MAX];

        if (depth > DEPTH_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: libraries nested too deep", file);
        PAWL_TRY(read_needs(file, &n, d));
        if (n.interpreter)
                PAWL_TRY(add_interpreter(t, n.interpreter, d));
        for (size_t i = 0; i < n.n; i++) {
                PAWL_TRY(find_library(path, n.libraries[i], file, found, d));
                PAWL_TRY(add_library(t, n.libraries[i], found, path, depth + 1, d));
        }
        return PAWL_OK;
}

static pawl_err add_library(pawl_tree *t, const char *name, const char *source,
        const pawl_library_path *path, unsigned depth, pawl_diag *d)
{
        char place[PATH_MAX];

        if (strncmp(name, "ld-linux", 8) == 0)
                return PAWL_OK; /* the loader itself: it is there by its full path */
        (void)snprintf(place, sizeof(place), "/usr/lib/%s", name);
        if (pawl_tree_has(t, place))
                return PAWL_OK;
        PAWL_TRY(pawl_tree_add_file(t, place, source, d));
        return add_needed(t, source, path, depth, d);
}

pawl_err pawl_elf_add_needed(
        pawl_tree *t, const char *program, const pawl_library_path *path, pawl_diag *d)
{
        return add_needed(t, program, path, 0, d);
}

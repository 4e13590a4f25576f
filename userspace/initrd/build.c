/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/initrd/build.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <zstd.h>

#include "userspace/initrd/elf.h"
#include "userspace/initrd/modules.h"
#include "userspace/initrd/tree.h"

#define ZSTD_LEVEL 19 /* built once, read at every boot */

/* Folders that pawl-init mounts on, and the merged /usr that all programs expect. */
static pawl_err add_skeleton(pawl_tree *t, pawl_diag *d)
{
        static const char *const folders[] = { "dev", "proc", "run", "sys", "sysroot", "tmp",
                "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "etc/pawl", NULL };
        static const char *const merged[] = { "bin", "lib", "lib64", "sbin", NULL };
        char target[16];

        for (const char *const *f = folders; *f; f++)
                PAWL_TRY(pawl_tree_add_folder(t, *f, d));
        for (const char *const *m = merged; *m; m++) {
                (void)snprintf(target, sizeof(target), "usr/%s", *m);
                PAWL_TRY(pawl_tree_add_link(t, *m, target, d));
        }
        return PAWL_OK;
}

/* /lib is a link in the initrd: a file goes to where the link points. */
static void merge_usr(const char *path, char ret[static PATH_MAX])
{
        static const char *const merged[] = { "bin/", "lib/", "lib64/", "sbin/", NULL };

        path += strspn(path, "/");
        for (const char *const *m = merged; *m; m++)
                if (strncmp(path, *m, strlen(*m)) == 0) {
                        (void)snprintf(ret, PATH_MAX, "usr/%s", path);
                        return;
                }
        (void)snprintf(ret, PATH_MAX, "%s", path);
}

static pawl_err add_program(pawl_tree *t, const char *place, const char *source,
        const pawl_library_path *path, pawl_diag *d)
{
        if (access(source, R_OK) != 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: not there or not readable", source);
        PAWL_TRY(pawl_tree_add_file(t, place, source, d));
        return pawl_elf_add_needed(t, source, path, d);
}

static bool has_ending(const char *name, const char *ending)
{
        size_t n = strlen(name), e = strlen(ending);

        return n > e && strcmp(name + n - e, ending) == 0;
}

static void closedir_p(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* All files of `folder` whose name ends so. */
static pawl_err add_matching(
        pawl_tree *t, const char *place, const char *folder, const char *ending, pawl_diag *d)
{
        pawl_cleanup(closedir_p) DIR *dir = opendir(folder);
        char source[PATH_MAX], target[PATH_MAX];
        size_t n = 0;

        if (!dir)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: cannot open this folder", folder);
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
                if (e->d_name[0] == '.' || !has_ending(e->d_name, ending))
                        continue;
                (void)snprintf(source, sizeof(source), "%s/%s", folder, e->d_name);
                (void)snprintf(target, sizeof(target), "%s/%s", place, e->d_name);
                PAWL_TRY(pawl_tree_add_file(t, target, source, d));
                n++;
        }
        return n > 0 ? PAWL_OK
                     : pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: no file *%s in this folder", folder,
                               ending);
}

static pawl_err add_extra(
        pawl_tree *t, const char *word, const pawl_library_path *path, pawl_diag *d)
{
        const char *colon = strrchr(word, ':');
        pawl_autofree char *source = NULL;
        char place[PATH_MAX];

        if (!colon || colon == word || colon[1] == '\0')
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "%s: write a file to add as SOURCE:PLACE, for example "
                        "./motd:/etc/motd",
                        word);
        source = strndup(word, (size_t)(colon - word));
        if (!source)
                return PAWL_ERR_NO_MEMORY;
        merge_usr(colon + 1, place);
        return add_program(t, place, source, path, d);
}

static pawl_err fill(pawl_tree *t, const pawl_initrd_recipe *r, pawl_diag *d)
{
        const pawl_library_path path = { r->library_paths };

        PAWL_TRY(add_skeleton(t, d));
        PAWL_TRY(add_program(t, "/init", r->init, &path, d));
        if (r->mke2fs)
                PAWL_TRY(add_program(t, PAWL_INITRD_MKE2FS, r->mke2fs, &path, d));
        if (r->modules_dir)
                PAWL_TRY(pawl_modules_add(t, r->modules_dir, r->modules, d));
        if (r->definitions)
                PAWL_TRY(add_matching(t, PAWL_INITRD_DEFINITIONS, r->definitions, ".conf", d));
        if (r->policies)
                PAWL_TRY(add_matching(t, PAWL_INITRD_POLICIES, r->policies, ".json", d));
        for (const char *const *f = r->files; f && *f; f++)
                PAWL_TRY(add_extra(t, *f, &path, d));
        return PAWL_OK;
}

static pawl_err compress(const pawl_buffer *archive, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        size_t n;

        PAWL_TRY(pawl_buffer_new(ZSTD_compressBound(archive->len), &b));
        n = ZSTD_compress(b.data, b.len, archive->data, archive->len, ZSTD_LEVEL);
        if (ZSTD_isError(n))
                return pawl_fail(d, PAWL_ERR_INTERNAL, "initrd: zstd: %s", ZSTD_getErrorName(n));
        return pawl_buffer_dup(pawl_span_of(b.data, n), ret);
}

pawl_err pawl_initrd_build(const pawl_initrd_recipe *r, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer archive = { 0 };
        pawl_autotree pawl_tree *t = NULL;

        PAWL_TRY(pawl_tree_new(&t));
        PAWL_TRY(fill(t, r, d));
        PAWL_TRY(pawl_tree_pack(t, &archive, d));
        if (r->is_compressed)
                return compress(&archive, ret, d);
        *ret = archive;
        archive = (pawl_buffer){ 0 };
        return PAWL_OK;
}

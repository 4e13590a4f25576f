/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <string.h>

#include "userspace/host/file.h"
#include "userspace/initrd/build.h"
#include "userspace/pawl/verbs.h"

#define LIST_MAX 64

typedef struct list {
        const char *items[LIST_MAX + 1];
        size_t n;
} list;

typedef struct arguments {
        const char *output;
        pawl_initrd_recipe recipe;
        list modules, files, library_paths;
} arguments;

static bool append(list *l, const char *item)
{
        if (l->n == LIST_MAX)
                return false;
        l->items[l->n++] = item;
        return true;
}

static bool set_compression(arguments *a, const char *word)
{
        a->recipe.is_compressed = strcmp(word, "zstd") == 0;
        return a->recipe.is_compressed || strcmp(word, "none") == 0;
}

/* "" switches a part off. */
static const char *or_none(const char *word)
{
        return word[0] != '\0' ? word : NULL;
}

static bool take(arguments *a, int option, const char *word)
{
        switch (option) {
        case 'o':
                a->output = word;
                return true;
        case 'i':
                a->recipe.init = word;
                return true;
        case 'e':
                a->recipe.mke2fs = or_none(word);
                return true;
        case 'd':
                a->recipe.modules_dir = or_none(word);
                return true;
        case 'D':
                a->recipe.definitions = or_none(word);
                return true;
        case 'p':
                a->recipe.policies = or_none(word);
                return true;
        case 'm':
                return append(&a->modules, word);
        case 'f':
                return append(&a->files, word);
        case 'l':
                return append(&a->library_paths, word);
        case 'c':
                return set_compression(a, word);
        default:
                return false;
        }
}

static const struct option options[] = {
        {"output",        required_argument, NULL, 'o'},
        { "init",         required_argument, NULL, 'i'},
        { "mke2fs",       required_argument, NULL, 'e'},
        { "modules-dir",  required_argument, NULL, 'd'},
        { "module",       required_argument, NULL, 'm'},
        { "file",         required_argument, NULL, 'f'},
        { "definitions",  required_argument, NULL, 'D'},
        { "policies",     required_argument, NULL, 'p'},
        { "compress",     required_argument, NULL, 'c'},
        { "library-path", required_argument, NULL, 'l'},
        { NULL,           0,                 NULL, 0  },
};

static bool parse(int argc, char **argv, arguments *a)
{
        int option;

        optind = 1;
        while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1)
                if (!take(a, option, optarg))
                        return false;
        a->recipe.modules = a->modules.items;
        a->recipe.files = a->files.items;
        a->recipe.library_paths = a->library_paths.items;
        return optind == argc;
}

static int run(int argc, char **argv)
{
        arguments a = {
                .recipe = {.init = "/usr/lib/pawl/pawl-init",
                           .mke2fs = "/usr/sbin/mke2fs",
                           .policies = "/usr/share/pawl/policies",
                           .is_compressed = true}
        };
        pawl_autobuffer pawl_buffer archive = { 0 };
        pawl_diag d = { 0 };
        pawl_err err;

        if (!parse(argc, argv, &a))
                return pawl_verb_usage(&pawl_verb_initrd_build,
                        "unknown or incomplete option, or a word too many");
        if (!a.output)
                return pawl_verb_usage(&pawl_verb_initrd_build, "--output= is missing");
        err = pawl_initrd_build(&a.recipe, &archive, &d);
        if (err == PAWL_OK)
                err = pawl_file_write(a.output, pawl_buffer_span(&archive), 0644, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_initrd_build = {
        .noun = "initrd",
        .verb = "build",
        .args = "[OPTIONS] --output=FILE",
        .summary = "Make an initrd with pawl-init",
        .help = "  -o, --output=FILE       where it goes (-: stdout)\n"
                "  --init=FILE             pawl-init (default: the installed one)\n"
                "  --mke2fs=FILE           what makes the state file system (default: "
                "/usr/sbin/mke2fs)\n"
                "  --modules-dir=DIR       modules of the kernel: …/lib/modules/RELEASE, with "
                "depmod's files\n"
                "  --module=NAME           a module beside the default ones; again for more\n"
                "  --definitions=DIR       partitions to make on the first boot: *.conf "
                "(pawl-disk.d(5))\n"
                "  --policies=DIR          policy profiles: *.json (default: the installed ones)\n"
                "  --file=SOURCE:PLACE     another file, with the libraries it needs; again for "
                "more\n"
                "  --library-path=DIR      looked through first for libraries; again for more\n"
                "  --compress=zstd|none    default: zstd\n"
                "\nThe same input gives the same bytes. "
                "An empty value (--mke2fs=) leaves that part out.\n"
                "Example: pawl initrd build --modules-dir=/lib/modules/6.1.0-28-amd64 "
                "--definitions=disk.d -o initrd\n",
        .run = run,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Feeds the files of a folder to a fuzz target: `fuzz-NAME CORPUS-FOLDER`. Each input lies in a
 * heap block of exactly its size, and a second time with its last byte cut off. */
#include <dirent.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "userspace/host/file.h"

#define INPUT_MAX (16u << 20) /* bytes */

static void run_exact(pawl_span s)
{
        uint8_t *copy = malloc(s.len ? s.len : 1);

        if (!copy)
                abort();
        pawl_copy(copy, s.data, s.len);
        (void)LLVMFuzzerTestOneInput(copy, s.len);
        free(copy);
}

static pawl_err run_file(const char *folder, const char *name, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        char path[4096];

        if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_file_read(path, INPUT_MAX, &b, d));
        run_exact(pawl_buffer_span(&b));
        if (b.len > 0)
                run_exact(pawl_span_of(b.data, b.len - 1));
        return PAWL_OK;
}

int main(int argc, char **argv)
{
        pawl_diag d = { 0 };
        struct dirent *e;
        int n = 0;
        DIR *dir;

        dir = argc == 2 ? opendir(argv[1]) : NULL;
        if (!dir) {
                (void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
                return 2;
        }
        while ((e = readdir(dir))) {
                if (e->d_name[0] == '.')
                        continue;
                if (run_file(argv[1], e->d_name, &d) != PAWL_OK) {
                        (void)fprintf(stderr, "%s\n", pawl_diag_text(&d));
                        return 1;
                }
                n++;
        }
        (void)closedir(dir);
        (void)printf("%d inputs\n", n);
        return n > 0 ? 0 : 1;
}

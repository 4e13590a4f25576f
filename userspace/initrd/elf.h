/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program needs to run: its loader and shared libraries, read from the ELF files themselves
 * (no program is run, so it also works for another root). */
#ifndef PAWL_INITRD_ELF_H
#define PAWL_INITRD_ELF_H

#include "userspace/initrd/tree.h"

/* Where libraries are looked for: `first` (NULL, or ended by NULL), then Debian's folders. */
typedef struct pawl_library_path {
        const char *const *first;
} pawl_library_path;

/* Adds what `program` (a file of the host) needs, and what that needs: libraries to /usr/lib, the
 * loader to where the program looks for it. REFUSED for a program with an RPATH or RUNPATH: those
 * folders do not exist in the initrd. NOT_FOUND names the library and who needs it. A file that is
 * no ELF file needs nothing. */
PAWL_MUST_CHECK pawl_err pawl_elf_add_needed(
        pawl_tree *t, const char *program, const pawl_library_path *path, pawl_diag *d);

#endif

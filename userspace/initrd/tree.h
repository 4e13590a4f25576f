/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of an initrd before they are packed: added in any order, packed in the order of their
 * names, so that the same files give the same bytes. Folders above a file are made. Everything is
 * owned by root and has no time. */
#ifndef PAWL_INITRD_TREE_H
#define PAWL_INITRD_TREE_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_INITRD_FILE_MAX  (512u << 20)  /* bytes of one file */
#define PAWL_INITRD_TOTAL_MAX (2048u << 20) /* bytes of all files */

typedef struct pawl_tree pawl_tree;

PAWL_MUST_CHECK pawl_err pawl_tree_new(pawl_tree **ret);
void pawl_tree_free_p(pawl_tree **t);
#define pawl_autotree pawl_cleanup(pawl_tree_free_p)

/* Adds a file with the permission bits `mode`; the content is copied. `path` is absolute or
 * relative to the initrd's top; "." and ".." in it are REFUSED. DUPLICATE if the name has another
 * content already; the same content twice is fine. */
PAWL_MUST_CHECK pawl_err pawl_tree_add(
        pawl_tree *t, const char *path, unsigned mode, pawl_span content, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_tree_add_link(
        pawl_tree *t, const char *path, const char *target, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_tree_add_folder(pawl_tree *t, const char *path, pawl_diag *d);
/* Adds a file of the host; a file with any execute bit becomes 0755, any other 0644. */
PAWL_MUST_CHECK pawl_err pawl_tree_add_file(
        pawl_tree *t, const char *path, const char *source, pawl_diag *d);
bool pawl_tree_has(const pawl_tree *t, const char *path);

/* The archive (cpio, newc). */
PAWL_MUST_CHECK pawl_err pawl_tree_pack(pawl_tree *t, pawl_buffer *ret, pawl_diag *d);

#endif

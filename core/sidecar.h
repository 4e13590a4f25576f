/* SPDX-License-Identifier: BSD-2-Clause */
/* Credential files that lie beside an image on the boot partition, and the archives in which the
 * stub hands them to the initrd. Whoever can write the partition can write them: they are measured
 * as they are and prove nothing about who made them. The bytes are those of systemd-stub(7),
 * "Companion Files", so that its predictions hold for our boots. */
#ifndef PAWL_CORE_SIDECAR_H
#define PAWL_CORE_SIDECAR_H

#include "core/span.h"

/* In the order in which they are measured and handed over. */
typedef enum pawl_sidecar {
        PAWL_SIDECAR_CREDENTIALS,        /* IMAGE.efi.extra.d\*.cred: of one image */
        PAWL_SIDECAR_GLOBAL_CREDENTIALS, /* \loader\credentials\*.cred: of all images */
        PAWL_SIDECAR_MAX_,
} pawl_sidecar;

#define PAWL_SIDECAR_FILES_MAX 64         /* of one folder */
#define PAWL_SIDECAR_SIZE_MAX  (1u << 20) /* bytes of one file */
#define PAWL_SIDECAR_NAME_MAX  256        /* bytes with NUL */

typedef struct pawl_sidecar_file {
        char name[PAWL_SIDECAR_NAME_MAX];
        uint32_t size; /* bytes */
} pawl_sidecar_file;

/* The files of one folder that are packed, in the order of the archive. Start with all zeros. */
typedef struct pawl_sidecar_list {
        pawl_sidecar_file files[PAWL_SIDECAR_FILES_MAX];
        size_t n;
} pawl_sidecar_list;

/* "Credentials initrd": what the event log calls the archive. */
const char *pawl_sidecar_label(pawl_sidecar kind);
/* Which kind an event's data names: the label in UTF-16LE with NUL. */
bool pawl_sidecar_from_label(pawl_span utf16, pawl_sidecar *ret);

/* Whether a file of that name is packed at all: ends in ".cred" (case does not matter), does not
 * begin with a dot, is printable ASCII without '?' (which stands for what is not), of at most 255
 * bytes. */
bool pawl_sidecar_is_wanted(const char *name);
/* Puts a file in its place. FORMAT for a name that is not wanted, LIMIT over PAWL_SIDECAR_SIZE_MAX
 * and for one file too many, DUPLICATE. */
PAWL_MUST_CHECK pawl_err pawl_sidecar_add(pawl_sidecar_list *l, const char *name, uint64_t size);

/* Bytes of the archive; 0 for an empty list, which makes no archive. */
size_t pawl_sidecar_archive_size(pawl_sidecar kind, const pawl_sidecar_list *l);
/* Lends the content of a file until the next call. */
typedef pawl_err (*pawl_sidecar_content)(void *arg, const pawl_sidecar_file *f, pawl_span *ret);
/* Writes the archive into `buf` of pawl_sidecar_archive_size bytes. MISMATCH if a content has
 * another size than its file, MISSING for an empty list; errors of `content` are returned. */
PAWL_MUST_CHECK pawl_err pawl_sidecar_archive(pawl_sidecar kind, const pawl_sidecar_list *l,
        pawl_sidecar_content content, void *arg, void *buf, size_t size, pawl_span *ret);

/* The folder beside an image: "\EFI\Linux\os+3-0.efi" has "\EFI\Linux\os.efi.extra.d". The boot
 * counter is no part of it, since the file's name loses it. NO_SPACE; MISSING for an empty path. */
PAWL_MUST_CHECK pawl_err pawl_sidecar_folder(const char *image_path, char *ret, size_t cap);
#define PAWL_SIDECAR_GLOBAL_FOLDER "\\loader\\credentials"

#endif

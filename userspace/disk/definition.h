/* SPDX-License-Identifier: BSD-2-Clause */
/* Definition files: partitions that the first boot makes. Section [Partition] with keys of
 * repart.d(5), and two of ours. An unknown key is an error that names file and line. Pure. */
#ifndef PAWL_DISK_DEFINITION_H
#define PAWL_DISK_DEFINITION_H

#include "core/span.h"
#include "userspace/disk/gpt.h"

#define PAWL_DEFINITIONS_MAX     16
#define PAWL_DEFINITION_FILE_MAX (64u << 10) /* bytes */
#define PAWL_DEFINITION_MIN_SIZE (10u << 20) /* bytes: what repart.d(5) has as default */
#define PAWL_LUKS_MIN_SIZE       (32u << 20) /* bytes: header and a small file system */

typedef struct pawl_definition {
        char file[64];                  /* name without folder, for messages */
        char type[PAWL_UUID_TEXT_SIZE]; /* Type= */
        const char *designator;         /* "var", or NULL for a type without a name; static */
        const char *mount_point;        /* "/var", or NULL; static */
        char label[PAWL_LABEL_SIZE];
        uint64_t min_size, max_size; /* bytes; max 0: no limit */
        bool is_ext4;                /* Format=ext4 */
        bool is_encrypted;           /* Encrypt=tpm2 */
        bool is_factory_reset;       /* FactoryReset=yes */
        char policy[32];             /* Policy=, a profile's name; "signed-os" */
        char recovery_show[128];     /* RecoveryShow=, names of consoles; "console": all */
} pawl_definition;

/* `file`: its name, for messages: FORMAT, UNSUPPORTED, DUPLICATE, LIMIT as "FILE:LINE: REASON";
 * MISSING without Type= (named without a line). */
PAWL_MUST_CHECK pawl_err pawl_definition_parse(
        pawl_span text, const char *file, pawl_definition *ret, pawl_diag *d);

typedef struct pawl_definitions {
        pawl_definition items[PAWL_DEFINITIONS_MAX];
        size_t n;
} pawl_definitions;

/* All *.conf of `folder` in the order of their names; none if there is no folder. Two that want the
 * same type and label are DUPLICATE. */
PAWL_MUST_CHECK pawl_err pawl_definitions_load(
        const char *folder, pawl_definitions *ret, pawl_diag *d);

#endif

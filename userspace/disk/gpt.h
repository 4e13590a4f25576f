/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables, read and changed through libfdisk. UEFI 2.10, 5.3. Works on disks and on
 * image files. */
#ifndef PAWL_DISK_GPT_H
#define PAWL_DISK_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/host/diag.h"

#define PAWL_PARTITIONS_MAX 128
#define PAWL_UUID_TEXT_SIZE 37  /* with NUL, lower case */
#define PAWL_LABEL_SIZE     145 /* 36 characters of UTF-16 as UTF-8, with NUL */

typedef struct pawl_partition {
        size_t number;        /* from 1 */
        uint64_t start, size; /* bytes */
        char type[PAWL_UUID_TEXT_SIZE], uuid[PAWL_UUID_TEXT_SIZE];
        char label[PAWL_LABEL_SIZE];
} pawl_partition;

typedef struct pawl_gpt {
        pawl_partition partitions[PAWL_PARTITIONS_MAX];
        size_t n;
        unsigned sector_size;               /* bytes */
        uint64_t first_usable, last_usable; /* sectors, both included */
        bool is_damaged; /* the primary or the backup copy is broken; what stands here is the other
                            one */
} pawl_gpt;

/* Reads, never writes. NOT_FOUND if there is no GPT. */
PAWL_MUST_CHECK pawl_err pawl_gpt_read(const char *disk, pawl_gpt *ret, pawl_diag *d);

/* The one with that UUID (any case); NULL if there is none. */
const pawl_partition *pawl_gpt_find(const pawl_gpt *t, const char *uuid);

/* Writes the table that is in force (the primary copy if it is whole, else the backup) to both
 * places again. */
PAWL_MUST_CHECK pawl_err pawl_gpt_rewrite(const char *disk, pawl_diag *d);

/* Adds a partition of exactly `start`, `size` (bytes, multiples of the sector size) and writes both
 * copies. `type` a GUID text. `ret->number` and `ret->uuid` tell the new one. */
PAWL_MUST_CHECK pawl_err pawl_gpt_add(const char *disk, const char *type, const char *label,
        uint64_t start, uint64_t size, pawl_partition *ret, pawl_diag *d);

/* Removes the partition of that number from both copies. What stands in it stays. */
PAWL_MUST_CHECK pawl_err pawl_gpt_remove(const char *disk, size_t number, pawl_diag *d);

/* The device of a partition: "/dev/vda3", "/dev/nvme0n1p3". */
PAWL_MUST_CHECK pawl_err pawl_partition_node(
        const char *disk, size_t number, char *ret, size_t size);

#endif

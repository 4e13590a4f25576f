/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides which partitions are there and where missing ones go. Pure: table and definitions in,
 * places out. */
#ifndef PAWL_DISK_PLACE_H
#define PAWL_DISK_PLACE_H

#include "userspace/disk/definition.h"

#define PAWL_PLACE_ALIGN (1u << 20) /* bytes */

/* What becomes of one definition. */
typedef struct pawl_place {
        bool exists;          /* `number` is its partition */
        size_t number;        /* 0 while it does not exist */
        uint64_t start, size; /* bytes: where it is, or where it is to go */
} pawl_place;

/* One place for each definition. A partition belongs to a definition by type and label: DUPLICATE
 * if two fit. NO_SPACE if the largest free area cannot hold what is missing: the diag names the
 * definition. */
PAWL_MUST_CHECK pawl_err pawl_places_find(const pawl_gpt *t, const pawl_definitions *defs,
        pawl_place ret[static PAWL_DEFINITIONS_MAX], pawl_diag *d);

#endif

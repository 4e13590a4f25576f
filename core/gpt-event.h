/* SPDX-License-Identifier: BSD-2-Clause */
/* The partition table as the firmware measures it (EV_EFI_GPT_EVENT). TCG PC Client Platform
 * Firmware Profile 1.05, 10.2.7, UEFI_GPT_DATA; the parts are those of UEFI 2.10, 5.3.2 and 5.3.3.
 * Empty entries are left out, so that an entry's place here is its number in the table only where
 * there are none before it. */
#ifndef PAWL_CORE_GPT_EVENT_H
#define PAWL_CORE_GPT_EVENT_H

#include "core/efi-variable.h"

#define PAWL_GPT_PARTITIONS_MAX 1024
#define PAWL_GPT_NAME_SIZE      72 /* bytes of UTF-16 */

typedef struct pawl_gpt_event {
        pawl_span disk;                     /* a GUID */
        uint64_t first_usable, last_usable; /* sectors, both included */
        size_t n_partitions;
        pawl_reader entries; /* those that were not taken yet */
        size_t entry_size;
} pawl_gpt_event;

typedef struct pawl_gpt_partition {
        pawl_span type, id;   /* GUIDs */
        uint64_t first, last; /* sectors, both included */
        uint64_t attributes;
        pawl_span name; /* UTF-16LE, up to a NUL */
} pawl_gpt_partition;

/* Reads the header; borrows `event`. FORMAT for one that is none, or entries smaller than
 * specified; LIMIT over PAWL_GPT_PARTITIONS_MAX; TRUNCATED if not all entries are there, TRAILING
 * if there is more. */
PAWL_MUST_CHECK pawl_err pawl_gpt_event_read(pawl_span event, pawl_gpt_event *ret);
/* Takes the next partition off; NOT_FOUND at the end. */
PAWL_MUST_CHECK pawl_err pawl_gpt_partition_next(pawl_gpt_event *g, pawl_gpt_partition *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The measured partition table in words. The firmware logs no empty entries and no size of a
 * sector: a partition's number is its place among those in use, and its size holds for the sectors
 * that the table's first usable one speaks of. */
#ifndef PAWL_LOG_DESCRIBE_GPT_H
#define PAWL_LOG_DESCRIBE_GPT_H

#include "core/gpt-event.h"
#include "userspace/log/words.h"

/* "partition table of the disk GUID, …: 1 'boot' (ESP, 512 MiB); 2 …" */
PAWL_MUST_CHECK pawl_err pawl_gpt_describe(pawl_words *w, pawl_span event);

/* "'name' (type, size)", or without the name where it has none. */
void pawl_gpt_partition_describe(
        pawl_words *w, const pawl_gpt_event *table, const pawl_gpt_partition *p);
/* "512 MiB" */
void pawl_gpt_size_describe(
        pawl_words *w, const pawl_gpt_event *table, uint64_t first, uint64_t last);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What a change of a list changed in it: a partition more, another order, new hashes. */
#ifndef PAWL_LOG_CHANGE_WORDS_H
#define PAWL_LOG_CHANGE_WORDS_H

#include "userspace/log/diff.h"
#include "userspace/log/words.h"

#define PAWL_CHANGE_WORDS_SIZE 1024 /* bytes, with NUL */

/* "partition 3 'data' (Linux data, 20 GiB) is new", "Boot0003 now before Boot0001", "dbx grew from
 * 267 to 371 hashes: 104 new". "" where the event is no list, or was not there before or after. As
 * all words about events this is what the logs say, not what was proven. NO_MEMORY. */
PAWL_MUST_CHECK pawl_err pawl_change_words(
        const pawl_log_change *c, char ret[static PAWL_CHANGE_WORDS_SIZE]);

#endif

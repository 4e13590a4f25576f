/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists that change-words.c knows, each in a file of its own. Data that cannot be read is an
 * error: what was said until then is to be taken back. */
#ifndef PAWL_LOG_CHANGE_PARTS_H
#define PAWL_LOG_CHANGE_PARTS_H

#include "userspace/log/words.h"

PAWL_MUST_CHECK pawl_err pawl_change_of_partitions(
        pawl_words *w, pawl_span before, pawl_span after);
PAWL_MUST_CHECK pawl_err pawl_change_of_order(pawl_words *w, pawl_span before, pawl_span after);
/* `name`: of the variable. */
PAWL_MUST_CHECK pawl_err pawl_change_of_signatures(
        pawl_words *w, const char *name, pawl_span before, pawl_span after);

#endif

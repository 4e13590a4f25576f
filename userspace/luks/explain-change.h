/* SPDX-License-Identifier: BSD-2-Clause */
/* What a difference between two boots usually means. */
#ifndef PAWL_LUKS_EXPLAIN_CHANGE_H
#define PAWL_LUKS_EXPLAIN_CHANGE_H

#include "userspace/log/diff.h"
#include "userspace/luks/explain.h"

/* `bank`: of the log that is proven. What an event says of itself is used only where it is what was
 * measured; a label is shown and marked as such. */
void pawl_change_describe(const pawl_log_change *c, pawl_alg bank, pawl_change *ret);
/* Of a PCR whose value differs, where no event is known that does. */
void pawl_change_without_event(unsigned pcr, pawl_change *ret);

#endif

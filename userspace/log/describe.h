/* SPDX-License-Identifier: BSD-2-Clause */
/* Events in words, for people. What an event says of itself is not proven by its digest; nothing
 * may be decided by these texts. */
#ifndef PAWL_LOG_DESCRIBE_H
#define PAWL_LOG_DESCRIBE_H

#include "core/eventlog.h"
#include "userspace/log/user-log.h"

#define PAWL_DESCRIPTION_SIZE 4608 /* bytes, with NUL: a whole command line */

/* UTF-8 without control characters; longer text is cut. */
void pawl_event_describe(const pawl_event *ev, char ret[static PAWL_DESCRIPTION_SIZE]);
void pawl_user_event_describe(const pawl_user_event *ev, char ret[static PAWL_DESCRIPTION_SIZE]);

/* The type's name, or "0x…" for one that the specification does not know. */
#define PAWL_TYPE_TEXT_SIZE 48
void pawl_event_type_text(uint32_t type, char ret[static PAWL_TYPE_TEXT_SIZE]);

#endif

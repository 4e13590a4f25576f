/* SPDX-License-Identifier: BSD-2-Clause */
/* What an event's digest says by itself, whatever its data says. */
#ifndef PAWL_LOG_MEASURED_H
#define PAWL_LOG_MEASURED_H

#include "core/eventlog.h"
#include "userspace/log/user-log.h"

/* Whether the digest of the event's best bank is the hash of `bytes`; false without a digest. For
 * words only: of a log that was not proven this proves nothing. */
bool pawl_event_measured(const pawl_event *ev, pawl_span bytes);
/* The same for an event of the user log and its own text. */
bool pawl_user_event_measured(const pawl_user_event *ev);

/* Types whose digest is that of the data, by the specification: PFP 1.05, 10.4.1. */
bool pawl_event_type_is_of_data(uint32_t type);

#endif

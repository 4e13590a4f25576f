/* SPDX-License-Identifier: BSD-2-Clause */
/* What an event's digest says by itself, whatever its data says. */
#ifndef PAWL_LOG_MEASURED_H
#define PAWL_LOG_MEASURED_H

#include "core/eventlog.h"

/* Whether the digest of the event's best bank is the hash of `bytes`; false without a digest. For
 * words only: of a log that was not proven this proves nothing. */
bool pawl_event_measured(const pawl_event *ev, pawl_span bytes);

#endif

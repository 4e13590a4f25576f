/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot loaders, shim, stub and kernel measure, in words. */
#ifndef PAWL_LOG_DESCRIBE_LOADER_H
#define PAWL_LOG_DESCRIBE_LOADER_H

#include "core/eventlog.h"
#include "userspace/log/words.h"

/* EV_IPL, whose data is a label or what was measured. */
void pawl_ipl_describe(pawl_words *w, const pawl_event *ev);
/* EV_EVENT_TAG. */
PAWL_MUST_CHECK pawl_err pawl_tagged_describe(pawl_words *w, pawl_span data);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot loaders, shim, stub and kernel measure, in words. */
#ifndef PAWL_LOG_DESCRIBE_LOADER_H
#define PAWL_LOG_DESCRIBE_LOADER_H

#include "core/eventlog.h"
#include "userspace/log/words.h"

/* EV_IPL, whose data is a label or what was measured. */
void pawl_ipl_describe(pawl_words *w, const pawl_event *ev);
/* Whether it is about a section of a unified kernel image; `ret_is_name`: its name was measured, as
 * the digest shows, not its content. */
#define PAWL_SECTION_LABEL_SIZE 64 /* bytes, with NUL: of what people need of a label */
bool pawl_event_is_section(
        const pawl_event *ev, char ret[static PAWL_SECTION_LABEL_SIZE], bool *ret_is_name);
/* Whether it is the command line that GRUB starts a kernel with. */
bool pawl_event_is_grub_cmdline(const pawl_event *ev);
/* EV_EVENT_TAG. */
PAWL_MUST_CHECK pawl_err pawl_tagged_describe(pawl_words *w, pawl_span data);

#endif

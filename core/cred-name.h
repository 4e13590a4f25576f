/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of credentials, as systemd takes them: good for a file, and for a name of a file descriptor
 * (systemd.exec(5), sd_listen_fds_with_names(3)). */
#ifndef PAWL_CORE_CRED_NAME_H
#define PAWL_CORE_CRED_NAME_H

#include "core/span.h"

#define PAWL_CRED_NAME_MAX 256 /* bytes with NUL */

/* 1 to 255 bytes of printable ASCII without '/' and ':', and neither "." nor "..". A name may begin
 * with a dot. */
bool pawl_cred_name_is_valid(pawl_span name);

#endif

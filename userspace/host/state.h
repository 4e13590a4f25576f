/* SPDX-License-Identifier: BSD-2-Clause */
/* Where Pawl keeps what belongs to this machine: on its encrypted volume. */
#ifndef PAWL_HOST_STATE_H
#define PAWL_HOST_STATE_H

/* "/var/lib/pawl", or PAWL_STATE from the environment. */
const char *pawl_state_folder(void);

#endif

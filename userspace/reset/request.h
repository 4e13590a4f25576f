/* SPDX-License-Identifier: BSD-2-Clause */
/* The request for a factory reset: the EFI variable FactoryResetRequest in systemd's format, JSON
 * in UTF-16LE that says which OS asked, and in which boot. It does nothing in the boot that made
 * it. */
#ifndef PAWL_RESET_REQUEST_H
#define PAWL_RESET_REQUEST_H

#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_RESET_VARIABLE "FactoryResetRequest"
#define PAWL_RESET_GUID     "8cf2644b-4b0b-428f-9387-6d876050dc67"
#define PAWL_RESET_MAX      (64u << 10) /* bytes of the variable */
#define PAWL_BOOT_ID_SIZE   33          /* 32 hex digits and NUL */

/* Of os-release(5); "" where a field is missing. */
typedef struct pawl_reset_os {
        char id[64], version_id[64], image_id[64], image_version[64];
} pawl_reset_os;

typedef enum pawl_reset_state {
        PAWL_RESET_OFF,     /* nothing was asked for */
        PAWL_RESET_PENDING, /* asked for in this boot */
        PAWL_RESET_ON,      /* in an earlier one: to be done */
        PAWL_RESET_OTHER,   /* by another OS of this machine: not ours to do */
} pawl_reset_state;
/* "off", "pending", "on", "other" */
const char *pawl_reset_state_name(pawl_reset_state s);

/* Reads an os-release file. NOT_FOUND; MISSING without ID=. */
PAWL_MUST_CHECK pawl_err pawl_reset_os_read(const char *path, pawl_reset_os *ret, pawl_diag *d);
/* This boot's id, without dashes. PAWL_BOOT_ID of the environment names another file than the
 * kernel's. */
PAWL_MUST_CHECK pawl_err pawl_boot_id(char ret[static PAWL_BOOT_ID_SIZE], pawl_diag *d);

/* The value for a new request. */
PAWL_MUST_CHECK pawl_err pawl_reset_request_format(
        const pawl_reset_os *os, const char *boot_id, pawl_buffer *ret);
/* What the value of the variable means to that OS in that boot. Versions do not count: an update
 * may come between asking and doing. FORMAT for anything that is not a request. */
PAWL_MUST_CHECK pawl_err pawl_reset_request_judge(pawl_span value, const pawl_reset_os *os,
        const char *boot_id, pawl_reset_state *ret, pawl_diag *d);

/* Whether there is a request, of whomever. */
bool pawl_reset_request_is_there(void);
/* The variable. `state`: OFF if it is not there. */
PAWL_MUST_CHECK pawl_err pawl_reset_request_read(
        const pawl_reset_os *os, pawl_reset_state *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_reset_request_write(const pawl_reset_os *os, pawl_diag *d);
/* Deletes it and reads back that it is gone: MISMATCH if it is not. */
PAWL_MUST_CHECK pawl_err pawl_reset_request_delete(pawl_diag *d);

#endif

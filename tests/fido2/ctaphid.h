/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAPHID (CTAP 2.0, 8.1): reports of 64 bytes in and out, for one token. Nothing blocks: whoever
 * reads asks again, and is told to keep waiting while a touch is awaited. */
#ifndef PAWL_TESTS_FIDO2_CTAPHID_H
#define PAWL_TESTS_FIDO2_CTAPHID_H

#include "tests/fido2/authenticator.h"

#define CTAPHID_REPORT_SIZE 64
#define CTAPHID_TOUCH_MS    30000

typedef struct ctaphid {
        authenticator token;
        uint8_t channel[4], command, next_sequence;
        uint8_t request[FIDO2_MESSAGE_MAX], response[FIDO2_MESSAGE_MAX];
        size_t request_len, request_got;   /* `got` < `len`: more reports are to come */
        size_t response_len, response_put; /* what is not read yet */
        uint8_t response_command, response_sequence;
        bool is_waiting; /* for a touch */
        uint64_t waiting_since, last_keepalive;
} ctaphid;

void ctaphid_write(ctaphid *h, const uint8_t report[static CTAPHID_REPORT_SIZE]);
/* False if there is nothing to read now. */
bool ctaphid_read(ctaphid *h, uint8_t ret[static CTAPHID_REPORT_SIZE]);

#endif

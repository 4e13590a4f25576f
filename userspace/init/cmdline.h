/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the kernel's command line, split as the kernel does: white space separates, double
 * quotes keep it, and what follows a lone "--" is for init. Pure; the line may be an attacker's
 * (it is measured: what it may decide is decided by policies). */
#ifndef PAWL_INIT_CMDLINE_H
#define PAWL_INIT_CMDLINE_H

#include "core/span.h"

#define PAWL_CMDLINE_MAX  65536 /* bytes */
#define PAWL_ROOTHASH_MAX 64    /* bytes: SHA-512 */

/* The value of `key` ("init"), without quotes, NUL-terminated. NOT_FOUND; DUPLICATE if it stands
 * twice with different values; NO_SPACE if it does not fit; FORMAT if it has a NUL byte. */
PAWL_MUST_CHECK pawl_err pawl_cmdline_get(pawl_span line, const char *key, char *ret, size_t size);

/* The next value of a key that may stand several times: goes on behind it, also when the value
 * itself is refused (NO_SPACE, FORMAT). NOT_FOUND at the end. Start with a reader of the line. */
PAWL_MUST_CHECK pawl_err pawl_cmdline_next(
        pawl_reader *line, const char *key, char *ret, size_t size);

/* A dm-verity root hash and the partitions that it names: the UUID of the data partition is made of
 * its first 128 bits, that of the hash partition of its last 128 (UAPI.2, Discoverable Partitions).
 */
typedef struct pawl_roothash {
        uint8_t bytes[PAWL_ROOTHASH_MAX];
        size_t len;
        char data_uuid[37], hash_uuid[37];
} pawl_roothash;

/* From the hex text of `roothash=`, 256 to 512 bits. FORMAT, LIMIT. */
PAWL_MUST_CHECK pawl_err pawl_roothash_parse(const char *hex, pawl_roothash *ret);

#endif

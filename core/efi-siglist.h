/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists of keys and hashes in db, dbx, KEK and PK. UEFI 2.10, 32.4.1, EFI_SIGNATURE_LIST. */
#ifndef PAWL_CORE_EFI_SIGLIST_H
#define PAWL_CORE_EFI_SIGLIST_H

#include "core/efi-variable.h"

typedef enum pawl_signature_kind {
        PAWL_SIGNATURE_HASH,        /* of an image or a certificate */
        PAWL_SIGNATURE_CERTIFICATE, /* X.509, DER */
        PAWL_SIGNATURE_OTHER,
} pawl_signature_kind;

typedef struct pawl_signature {
        pawl_signature_kind kind;
        pawl_span type;  /* a GUID */
        pawl_span owner; /* a GUID */
        pawl_span data;
} pawl_signature;

/* Where in a variable's data we are. */
typedef struct pawl_siglist_cursor {
        pawl_reader lists, entries;
        pawl_span head; /* of the list: from its type to the header of its kind */
        uint32_t entry_size;
} pawl_siglist_cursor;

pawl_siglist_cursor pawl_siglist_start(pawl_span data);
/* The next one of any list; NOT_FOUND at the end, FORMAT and TRUNCATED for lists whose sizes do not
 * fit. Borrows the data. */
PAWL_MUST_CHECK pawl_err pawl_siglist_next(pawl_siglist_cursor *c, pawl_signature *ret);

/* Whether a list has that entry: type, owner and data. */
bool pawl_siglist_has(pawl_span list, const pawl_signature *wanted);
/* The lists of `update` without the entries that `old` has, one list for each that has any left:
 * what is appended to `old` when `update` is. FORMAT, TRUNCATED, NO_SPACE. */
PAWL_MUST_CHECK pawl_err pawl_siglist_write_missing(
        pawl_span old, pawl_span update, pawl_writer *w);

#endif

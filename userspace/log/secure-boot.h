/* SPDX-License-Identifier: BSD-2-Clause */
/* What PCR 7 of a verified log tells about Secure Boot. PFP 1.05, 3.3.4.8 and 10.4.4. */
#ifndef PAWL_LOG_SECURE_BOOT_H
#define PAWL_LOG_SECURE_BOOT_H

#include "core/efi-variable.h"
#include "core/eventlog.h"
#include "userspace/host/diag.h"

#define PAWL_AUTHORITIES_MAX 16

/* Who vouched for an image: an event of PCR 7 after the separator, of whatever type, since the type
 * is not measured. Spans borrow from the log. */
typedef struct pawl_authority {
        pawl_span event;       /* the whole event data */
        pawl_span variable;    /* UTF-16LE: "db", "MokList"; empty if not proven */
        pawl_span certificate; /* DER; empty if it is not a proven certificate of db */
        bool is_proven;        /* the data is what was measured */
        bool is_before_loader; /* before the firmware started the first boot application; for
                                  information: the order between PCRs is not measured */
} pawl_authority;

typedef struct pawl_secure_boot {
        bool is_on;            /* the variable SecureBoot was measured, as 1, and never otherwise */
        bool has_platform_key; /* PK was measured and is not empty: not in setup mode */
        pawl_authority authorities[PAWL_AUTHORITIES_MAX]; /* distinct ones, in the log's order */
        size_t n_authorities;
} pawl_secure_boot;

/* REFUSED if PCR 7 is not in `log->mask`; MISMATCH if the data of an event before the separator is
 * not what was measured; MISSING without separator; LIMIT over PAWL_AUTHORITIES_MAX distinct
 * authorities. */
PAWL_MUST_CHECK pawl_err pawl_secure_boot_read(
        const pawl_verified_log *log, pawl_secure_boot *ret, pawl_diag *d);

/* Whether somebody else than `own` (the DER certificate that signed our loader and UKI) vouched for
 * anything in this boot: an option ROM, a shim. With an empty `own` any single authority passes as
 * ours. */
bool pawl_secure_boot_has_foreign(const pawl_secure_boot *s, pawl_span own);

#endif

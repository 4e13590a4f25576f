/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of sealed credentials, by the 16 byte id at their start: which keys have a part in what
 * encrypts them. systemd's of 262, those that older versions wrote, and our own. */
#ifndef PAWL_CRED_TYPE_H
#define PAWL_CRED_TYPE_H

#include "core/span.h"

#define PAWL_CRED_ID_SIZE 16

/* What takes part. None: the key is known to everybody ("null"). */
enum {
        PAWL_CRED_HOST = 1u << 0,       /* the machine's key file */
        PAWL_CRED_TPM2 = 1u << 1,       /* an object of the TPM */
        PAWL_CRED_PUBLIC_KEY = 1u << 2, /* whose policy includes signed PCRs */
        PAWL_CRED_SRK = 1u << 3,        /* and whose parent is named; else it is made anew */
        PAWL_CRED_SCOPED = 1u << 4,     /* for one user */
        PAWL_CRED_STORE = 1u << 5,      /* the machine's key pair */
};

typedef struct pawl_cred_type {
        const char *key; /* as `--with-key=` names it */
        uint8_t id[PAWL_CRED_ID_SIZE];
        unsigned parts;
} pawl_cred_type;

/* NULL if there is none. */
const pawl_cred_type *pawl_cred_type_of_id(pawl_span id);
/* `with`: what else is wanted of SCOPED and SRK, exactly; SRK is ignored where no TPM takes part.
 * NULL if there is none. */
const pawl_cred_type *pawl_cred_type_of_key(const char *key, unsigned with);

#endif

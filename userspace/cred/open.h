/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening credentials: one or a thousand, in one conversation with the TPM. */
#ifndef PAWL_CRED_OPEN_H
#define PAWL_CRED_OPEN_H

#include "core/cred-name.h"
#include "userspace/cred/envelope.h"
#include "userspace/cred/scope.h"

/* One to open. */
typedef struct pawl_cred_item {
        /* given */
        const char *file;              /* for messages */
        const char *name, *other_name; /* it must have one of these; both NULL: whatever it has */
        bool is_foreign; /* from where anybody may write: only what this machine sealed is taken */
        pawl_buffer bytes;
        pawl_cred_envelope envelope; /* borrows from `bytes` */
        /* told; one that comes with an `err` is left alone */
        pawl_err err;
        pawl_diag why; /* names the file */
        char own_name[PAWL_CRED_NAME_MAX];
        uint64_t timestamp, not_after;
        pawl_secret secret;
} pawl_cred_item;
void pawl_cred_item_done(pawl_cred_item *i);
#define pawl_autocreditem pawl_cleanup(pawl_cred_item_done)

/* Decodes the text of a credential (strict base64) into `bytes` and `envelope`. */
PAWL_MUST_CHECK pawl_err pawl_cred_item_load(pawl_span text, pawl_cred_item *i, pawl_diag *d);

typedef struct pawl_cred_open_options {
        const char *tpm;
        const char *host_key;  /* file; NULL: the machine's own */
        const char *signature; /* file; NULL: the running image's */
        const char *store;     /* folder of the store's key pairs */
        const char *firmware_log,
                *user_log;            /* to guess which signature fits; NULL: the live ones */
        const pawl_cred_scope *scope; /* NULL: the system's own only */
        bool allow_null;              /* also with a TPM and Secure Boot on */
        bool want_authenticated;      /* what anybody could have sealed is refused */
        bool is_unchecked;            /* name and end are not looked at: pawl_cred_item_check */
        uint64_t now;                 /* microseconds since 1970 */
        unsigned wait_ms;             /* for others to be done with the TPM */
        void (*say_waiting)(void);    /* called once if that takes longer than a second */
} pawl_cred_open_options;

/* What the TPM was asked. */
typedef struct pawl_cred_open_cost {
        unsigned n_commands, n_unsealed;
} pawl_cred_open_cost;

/* Opens all, each for itself: what one fails of is in its `err` and `why`. Expected errors: KEY (it
 * was changed, or another key sealed it), MISMATCH (name), REFUSED (expired, null key, for another
 * user, not authenticated), those of pawl_unseal. Returns an error only where nothing was tried. */
PAWL_MUST_CHECK pawl_err pawl_cred_open(const pawl_cred_open_options *o, pawl_cred_item *items,
        size_t n, pawl_cred_open_cost *ret_cost, pawl_diag *d);

/* Whether an opened one has the name that it must have and is not expired; for `is_unchecked`. Sets
 * `err` and `why` too. */
void pawl_cred_item_check(uint64_t now, pawl_cred_item *i);

/* Whether a credential with a key that everybody knows could be taken for one of this machine: it
 * has a TPM and Secure Boot is on. */
bool pawl_cred_null_is_weak(const char *tpm);

#endif

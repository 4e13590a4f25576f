/* SPDX-License-Identifier: BSD-2-Clause */
/* `pawl disk enroll`: one file a kind of way in. Each refuses what it has to refuse before the
 * volume is unlocked, and that before anything is written. */
#ifndef PAWL_PAWL_ENROLL_H
#define PAWL_PAWL_ENROLL_H

#include "userspace/pawl/disk.h"
#include "userspace/pawl/enroll-policy.h"

typedef struct pawl_enroll_args {
        bool tpm2, recovery_key, password; /* the kinds, of which one is wanted */
        const char *fido2, *pkcs11;
        const char *pkcs11_padding; /* NULL: the best that the token can */
        const char *pin_file;       /* of the token that is enrolled */
        const char *fido2_pin, *fido2_presence, *fido2_verification, *fido2_algorithm;
        bool no_verify;
        const char *new_password_file;
        const char *device_key; /* --tpm2-device-key: public SRK of another machine */
        const char *reader;     /* --for: pawl, systemd, systemd-252; NULL: pawl */
        const char *with_pin;   /* --tpm2-with-pin: yes, direct, no; NULL: as the profile says */
        const char *new_pin_file, *argon_memory, *argon_iterations, *argon_parallelism;
        pawl_enroll_options policy;
        pawl_disk_unlock unlock;
        const char *wipe; /* --wipe-slot */
} pawl_enroll_args;

/* What came of it. */
typedef struct pawl_enrolled {
        int token;        /* -1: none */
        int keyslot;      /* of the new way in */
        bool is_unproven; /* a recovery key that nobody has typed back */
} pawl_enrolled;

typedef pawl_err pawl_enroll_kind(
        const pawl_enroll_args *a, pawl_disk *k, pawl_enrolled *ret, pawl_diag *d);
pawl_enroll_kind pawl_enroll_by_tpm2;
pawl_enroll_kind pawl_enroll_by_device_key;
pawl_enroll_kind pawl_enroll_by_pkcs11;
pawl_enroll_kind pawl_enroll_by_fido2;
pawl_enroll_kind pawl_enroll_by_recovery_key;
pawl_enroll_kind pawl_enroll_by_password;

/* A secret that a person chooses: from `file`, the environment variable `env`, or typed twice.
 * Empty ones are REFUSED. `what`: "PIN". */
PAWL_MUST_CHECK pawl_err pawl_new_secret(
        const char *file, const char *env, const char *what, pawl_secret *ret, pawl_diag *d);

#endif

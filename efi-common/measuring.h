/* SPDX-License-Identifier: BSD-2-Clause */
/* Executes measurements of the plan (core/plan.h) and remembers how they went: both EFI programs
 * measure through this. After the first call that failed or came late there is one attempt to
 * extend the poison text, and then no TPM call any more (a firmware that waits for a dead TPM must
 * not keep the machine from starting). */
#ifndef PAWL_EFI_COMMON_MEASURING_H
#define PAWL_EFI_COMMON_MEASURING_H

#include "core/plan.h"
#include "efi-common/platform.h"

/* A call that takes longer is late: seconds, and seconds for each MiB that is hashed. */
#define PAWL_MEASURE_LATE_SECONDS         30
#define PAWL_MEASURE_LATE_SECONDS_PER_MIB 2

typedef enum pawl_measuring_state {
        PAWL_MEASURING_FAILED, /* something is not measured: nothing may be unsealed in this boot */
        PAWL_MEASURING_ABSENT, /* there is no TPM */
        PAWL_MEASURING_GOOD,   /* every call so far was accepted */
} pawl_measuring_state;

typedef struct pawl_measuring {
        const pawl_platform *platform;
        pawl_measuring_state state;
        bool is_poisoned;         /* the poison text was accepted, in `failed_pcr` */
        uint32_t banks;           /* EFI_TCG2_BOOT_HASH_ALG_* bits; 0 without a TPM */
        unsigned n_accepted[24];  /* items, by PCR */
        uint32_t failed_pcr;      /* of the item that failed */
        const char *failed_label; /* of the same; NULL */
        pawl_err failed_err;
} pawl_measuring;

/* Looks for the TPM. Cannot fail: trouble is a state. */
void pawl_measuring_start(const pawl_platform *p, pawl_measuring *ret);

/* Measures one item. PAWL_OK also if there is no TPM, and if the item could not be measured and its
 * policy is PAWL_ON_FAIL_POISON; the error if it is PAWL_ON_FAIL_STOP: what the item covers must
 * not be used then. */
PAWL_MUST_CHECK pawl_err pawl_measuring_item(pawl_measuring *m, const pawl_measurement *item);

/* Whether no policy on `pcr` can match after a failure: the poison text is in it. It is extended
 * there as well, in one more call, if the TPM accepted it where the failure was. */
PAWL_MUST_CHECK bool pawl_measuring_is_poisoned(const pawl_measuring *m, uint32_t pcr);

#endif

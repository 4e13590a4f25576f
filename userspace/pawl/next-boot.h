/* SPDX-License-Identifier: BSD-2-Clause */
/* This boot, the coming one, and what opens in each. */
#ifndef PAWL_PAWL_NEXT_BOOT_H
#define PAWL_PAWL_NEXT_BOOT_H

#include "userspace/luks/boot-state.h"
#include "userspace/luks/prospect.h"
#include "userspace/pawl/forecast-inputs.h"

typedef struct pawl_next_boot_args {
        pawl_boot_places from;
        pawl_forecast_args next;
        const char *tpm;
} pawl_next_boot_args;

/* The rows of both verbs, for a struct `type` that has one as member `m`. */
#define PAWL_NEXT_BOOT_OPTIONS(type, m)                                                            \
        PAWL_TEXT("esp", type, m.next.start.esp), PAWL_TEXT("with-uki", type, m.next.start.uki),   \
                PAWL_TEXT("with-loader", type, m.next.start.loader),                               \
                PAWL_TEXT("with-db", type, m.next.db), PAWL_TEXT("with-dbx", type, m.next.dbx),    \
                PAWL_TEXT("firmware-log", type, m.from.firmware_log),                              \
                PAWL_TEXT("user-log", type, m.from.user_log),                                      \
                PAWL_TEXT("tpm2-signature", type, m.from.signature), PAWL_TEXT("tpm", type, m.tpm)

typedef struct pawl_next_boot {
        pawl_forecast_inputs inputs;
        pawl_boot_state now;
        pawl_tpm *t;
        uint32_t foretold; /* bit pawl_alg: `next[alg]` is there */
        pawl_forecast next[PAWL_ALG_MAX_];
} pawl_next_boot;
void pawl_next_boot_done(pawl_next_boot *b);

/* Opens the TPM, which stays open. `ret` is large, and must stay where it is. */
PAWL_MUST_CHECK pawl_err pawl_next_boot_read(
        const pawl_next_boot_args *a, pawl_next_boot *ret, pawl_diag *d);

/* The coming boot in one bank; made once, as a large image is hashed for it. It starts from this
 * boot's log, which the TPM has to prove in every PCR that firmware, loader and stub measure to:
 * MISMATCH names the one that it does not. */
PAWL_MUST_CHECK pawl_err pawl_next_boot_bank(
        pawl_next_boot *b, pawl_alg bank, const pawl_forecast **ret, pawl_diag *d);
/* Whether a TPM2 token opens now, and at the next boot. `ret_now` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_next_boot_token(pawl_next_boot *b, const pawl_token *t,
        pawl_explanation *ret_now, pawl_prospect *ret, pawl_diag *d);
/* The PCR signatures (JSON) of the image of the coming boot. */
pawl_span pawl_next_boot_signatures(const pawl_next_boot *b);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR arithmetic. TPM 2.0 Library Part 1, "PCR operations": new = H(old || digest). */
#ifndef PAWL_CORE_PCR_H
#define PAWL_CORE_PCR_H

#include "core/alg.h"
#include "core/plan.h"

#define PAWL_PCR_COUNT 24
#define PAWL_PCRS_BOOT 0xffffu /* 0 to 15; the others are reset at run time, or not by the boot */

/* The value of a PCR after reset: all zero, or all ones for the D-RTM PCRs 17 to 22. */
void pawl_pcr_init(pawl_alg alg, unsigned pcr, pawl_digest *ret);
/* Extends `value` with an event digest of the same algorithm. */
PAWL_MUST_CHECK pawl_err pawl_pcr_extend(
        const pawl_hasher *h, pawl_digest *value, const pawl_digest *event);
/* Hashes `bytes` with the PCR's algorithm and extends with the result. */
PAWL_MUST_CHECK pawl_err pawl_pcr_extend_bytes(
        const pawl_hasher *h, pawl_digest *value, pawl_span bytes);
/* Extends `value` with every item of the plan that goes to `pcr`. */
PAWL_MUST_CHECK pawl_err pawl_pcr_extend_plan(
        const pawl_hasher *h, pawl_digest *value, const pawl_plan *plan, uint32_t pcr);

#endif

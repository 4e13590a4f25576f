/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log said when something was sealed to PCRs, short enough to be kept beside it: so that a
 * later boot can be told apart event by event. It stands where an attacker writes, is never
 * trusted, and only explains.
 *
 * Bytes: u8 version 1; LE16 TPM_ALG_ID of the bank; then for each PCR in rising order u8 PCR, LE16
 * number of events (0xffff: not kept, there was no room), the first 4 bytes of the PCR's value, and
 * for each event LE32 type and the first 4 bytes of its digest. */
#ifndef PAWL_LOG_EVIDENCE_H
#define PAWL_LOG_EVIDENCE_H

#include "core/eventlog.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"
#include "userspace/log/diff.h"

#define PAWL_EVIDENCE_MAX   1400u /* bytes: within 2 KiB as base64 text in a token's JSON */
#define PAWL_EVIDENCE_BRIEF 4u    /* bytes of a digest or value */

/* Of the PCRs in `values->mask`, which are the values that was sealed to. Where it would be too
 * long, the PCRs with the most events keep their value only. `log` must prove these PCRs, apart
 * from those that are still zero at opening (15). */
PAWL_MUST_CHECK pawl_err pawl_evidence_make(
        const pawl_verified_log *log, const pawl_pcr_set *values, pawl_buffer *ret, pawl_diag *d);

typedef struct pawl_evidence {
        pawl_alg bank;
        uint32_t mask;        /* PCRs that are in it */
        uint32_t events_mask; /* of those, the ones whose events were kept */
        uint8_t values[PAWL_PCR_COUNT][PAWL_EVIDENCE_BRIEF];
        pawl_span events[PAWL_PCR_COUNT]; /* 8 bytes each; borrowed */
} pawl_evidence;
/* FORMAT, UNSUPPORTED for another version or bank, DUPLICATE. */
PAWL_MUST_CHECK pawl_err pawl_evidence_read(pawl_span bytes, pawl_evidence *ret);
/* Whether a PCR has another value than at that time: of those in `e->mask` and of its bank. */
bool pawl_evidence_differs(const pawl_evidence *e, unsigned pcr, const pawl_digest *value);
/* As pawl_eventlog_diff for one PCR of `events_mask`. An event of before has no data: only its type
 * and the beginning of its digest are known. */
PAWL_MUST_CHECK pawl_err pawl_evidence_diff(const pawl_evidence *e, const pawl_eventlog *now,
        unsigned pcr, pawl_err (*use)(void *ctx, const pawl_log_change *c), void *ctx,
        pawl_diag *d);

#endif

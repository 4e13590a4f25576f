/* SPDX-License-Identifier: BSD-2-Clause */
/* What userspace measures: a confirmed extend and its record in the user log, under the log's lock,
 * so that the order of the records is the order of the extends. */
#ifndef PAWL_SEAL_MEASURE_H
#define PAWL_SEAL_MEASURE_H

#include "core/phase.h"
#include "userspace/tpm/tpm.h"

#define PAWL_PCR_PHASES   11u
#define PAWL_PCR_IDENTITY 15u

/* Where and how to measure. */
typedef struct pawl_measurer {
        pawl_tpm *tpm;
        const pawl_tpm_srk *srk; /* NULL: plain extends, which an interposer can forge */
        const char *log_path;    /* NULL: the user log of the machine */
        unsigned lock_ms;        /* how long to wait for the log's lock */
} pawl_measurer;

/* Extends `pcr` with `digests` (one for each active bank) and appends the record.
 * `*ret_is_measured` is written always: true once the extend is confirmed, also where an error
 * comes back because the log could not be written; a fuse is blown then all the same. A log that
 * cannot be opened does not keep the measurement from being made. */
PAWL_MUST_CHECK pawl_err pawl_measure(const pawl_measurer *m, unsigned pcr,
        const pawl_digest *digests, size_t n_digests, const char *type, const char *text,
        bool *ret_is_measured, pawl_diag *d);

/* Measures a phase word to PCR 11. REFUSED, with nothing measured, if the log has it already and
 * not `again`: a second one would make a value that nothing was signed for. */
PAWL_MUST_CHECK pawl_err pawl_measure_phase(
        const pawl_measurer *m, pawl_phase phase, bool again, bool *ret_is_measured, pawl_diag *d);

#endif

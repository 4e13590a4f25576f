/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of what userspace extended: /run/log/systemd/tpm2-measure.log, in systemd's format. JSON
 * text sequences (RFC 7464): each record is 0x1e, a JSON object and a line feed. As a firmware log
 * it is unauthenticated: only a replay that equals the PCRs of the TPM makes its digests
 * believable, and its texts only where the digest is the hash of the text. */
#ifndef PAWL_LOG_USER_LOG_H
#define PAWL_LOG_USER_LOG_H

#include "core/alg.h"
#include "userspace/host/diag.h"

#define PAWL_USER_LOG_PATH       "/run/log/systemd/tpm2-measure.log"
#define PAWL_USER_LOG_SIZE_MAX   (4u << 20)  /* bytes of the file */
#define PAWL_USER_RECORD_MAX     (64u << 10) /* bytes of one record */
#define PAWL_USER_LOG_EVENTS_MAX 16384u

/* Words of `eventType`. */
#define PAWL_USER_EVENT_PHASE      "phase"
#define PAWL_USER_EVENT_VOLUME_KEY "volume-key"
#define PAWL_USER_EVENT_MACHINE_ID "machine-id"
#define PAWL_USER_EVENT_FILESYSTEM "filesystem"

typedef struct pawl_user_event {
        size_t off;     /* where the record starts in the file */
        bool is_nv;     /* extends an NV index, not a PCR */
        uint32_t pcr;   /* 0 to 23; with is_nv the handle of the NV index */
        uint32_t banks; /* bit `pawl_alg`: `digests[alg]` is there */
        pawl_digest digests[PAWL_ALG_MAX_];
        char *type;   /* "phase"; "" if the record has none. UTF-8, may hold control characters */
        char *string; /* what was measured, or for a volume key its description; "" if none */
} pawl_user_event;

typedef struct pawl_user_log {
        pawl_user_event *events;
        size_t n_events;
        size_t n_torn;   /* records without an end: a write that a crash cut off; skipped */
        size_t torn_off; /* of the last of them */
} pawl_user_log;

/* Reads a log from bytes. A record without the line feed at its end is torn: counted and skipped.
 * FORMAT for any other damage, with the offset in `d`; LIMIT over the sizes above. Unknown keys and
 * unknown hash algorithms are ignored. */
PAWL_MUST_CHECK pawl_err pawl_user_log_parse(pawl_span bytes, pawl_user_log *ret, pawl_diag *d);
/* The same from a file, named in messages. NOT_FOUND if there is none. */
PAWL_MUST_CHECK pawl_err pawl_user_log_read(const char *path, pawl_user_log *ret, pawl_diag *d);
void pawl_user_log_done(pawl_user_log *l);
#define pawl_autouserlog __attribute__((cleanup(pawl_user_log_done)))

/* Whether the log has an event of that type and text in a PCR, for example "phase" "enter-initrd".
 */
bool pawl_user_log_has(const pawl_user_log *l, const char *type, const char *string);

/* A log open for writing, under an exclusive lock: take it before the extend, append after it, so
 * that the order of the records is the order of the extends. */
typedef struct pawl_user_log_writer {
        int fd; /* -1: not open */
} pawl_user_log_writer;
#define PAWL_USER_LOG_WRITER_NULL ((pawl_user_log_writer){ -1 })

/* Opens (and makes, with its folders) the log and waits for the lock. `path` NULL:
 * PAWL_USER_LOG_PATH. TIMEOUT if another process holds the lock for longer than `deadline_ms`. */
PAWL_MUST_CHECK pawl_err pawl_user_log_open(
        const char *path, unsigned deadline_ms, pawl_user_log_writer *ret, pawl_diag *d);
/* Closes, which gives the lock back. */
void pawl_user_log_close(pawl_user_log_writer *w);
#define pawl_autouserlogwriter __attribute__((cleanup(pawl_user_log_close)))

/* Appends one record about an extend that took place, with the boot id and the time since boot, in
 * one write. `string` is UTF-8: the measured text, or for a volume key a description without the
 * key; never a secret. If the write fails or is short, the file is cut back to what it was. */
PAWL_MUST_CHECK pawl_err pawl_user_log_append(pawl_user_log_writer *w, unsigned pcr,
        const pawl_digest *digests, size_t n_digests, const char *type, const char *string,
        pawl_diag *d);

#endif

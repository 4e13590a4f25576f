/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's event log, in the TPM 1.2 (SHA-1) and the crypto-agile format: read, and replayed
 * against PCR values. A log is unauthenticated data; only pawl_eventlog_verify makes something of
 * it that a decision may use. TCG PC Client Platform Firmware Profile 1.05, section 10. */
#ifndef PAWL_CORE_EVENTLOG_H
#define PAWL_CORE_EVENTLOG_H

#include "core/alg.h"
#include "core/policy.h"

#define PAWL_LOG_SIZE_MAX       (16u << 20) /* bytes */
#define PAWL_LOG_EVENTS_MAX     65536u
#define PAWL_LOG_EVENT_SIZE_MAX (4u << 20) /* bytes of one event's data */
#define PAWL_LOG_ALGS_MAX       16

/* Event types that somebody asks for. PFP 1.05 table 27; EV_EVENT_TAG and EV_IPL stand in
 * core/plan.h. */
#define PAWL_EV_POST_CODE                   0x00000001u
#define PAWL_EV_NO_ACTION                   0x00000003u
#define PAWL_EV_SEPARATOR                   0x00000004u
#define PAWL_EV_S_CRTM_CONTENTS             0x00000007u
#define PAWL_EV_S_CRTM_VERSION              0x00000008u
#define PAWL_EV_POST_CODE2                  0x00000013u
#define PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG  0x80000001u
#define PAWL_EV_EFI_VARIABLE_BOOT           0x80000002u
#define PAWL_EV_EFI_BOOT_SERVICES_APP       0x80000003u
#define PAWL_EV_EFI_BOOT_SERVICES_DRIVER    0x80000004u
#define PAWL_EV_EFI_RUNTIME_SERVICES_DRIVER 0x80000005u
#define PAWL_EV_EFI_GPT_EVENT               0x80000006u
#define PAWL_EV_EFI_ACTION                  0x80000007u
#define PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB  0x80000008u
#define PAWL_EV_EFI_HANDOFF_TABLES          0x80000009u
#define PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB2 0x8000000au
#define PAWL_EV_EFI_HANDOFF_TABLES2         0x8000000bu
#define PAWL_EV_EFI_VARIABLE_BOOT2          0x8000000cu
#define PAWL_EV_EFI_GPT_EVENT2              0x8000000du
#define PAWL_EV_EFI_HCRTM_EVENT             0x80000010u
#define PAWL_EV_EFI_VARIABLE_AUTHORITY      0x800000e0u

typedef struct pawl_eventlog {
        pawl_span bytes;
        bool is_crypto_agile;
        uint32_t banks; /* bit `pawl_alg`: the log has digests of that algorithm */
        /* digest sizes by TPM_ALG_ID as the Spec ID event lists them; also algorithms that we do
         * not know */
        struct {
                uint16_t id, size;
        } algs[PAWL_LOG_ALGS_MAX];
        size_t n_algs;
} pawl_eventlog;

typedef struct pawl_event {
        size_t off; /* where the record starts in the log */
        uint32_t pcr, type;
        uint32_t banks; /* bit `pawl_alg`: `digests[alg]` is there */
        pawl_digest digests[PAWL_ALG_MAX_];
        pawl_span data;
} pawl_event;

/* Where in a log we are. */
typedef struct pawl_log_cursor {
        pawl_reader r;
        uint32_t n_events; /* how many were read so far */
} pawl_log_cursor;

/* Where and what, for messages. Written only by a call that fails. */
typedef struct pawl_log_diag {
        size_t off;
        const char *what; /* static text */
} pawl_log_diag;

/* Reads the first record and finds out the format. `ret` borrows `bytes`. LIMIT over
 * PAWL_LOG_SIZE_MAX, FORMAT for a Spec ID event that does not hold. `reterr_diag` may be NULL. */
PAWL_MUST_CHECK pawl_err pawl_eventlog_open(
        pawl_span bytes, pawl_eventlog *ret, pawl_log_diag *reterr_diag);
/* A cursor at the first event (the Spec ID event of a crypto-agile log is event 0 and is returned
 * too). */
pawl_log_cursor pawl_eventlog_start(const pawl_eventlog *log);
/* The next event; NOT_FOUND at the end (also where the rest is padding: all 0x00 or all 0xff). A
 * digest of an algorithm that the Spec ID event does not list is an error, since its size is not
 * known. A call that fails leaves the cursor as it was. */
PAWL_MUST_CHECK pawl_err pawl_eventlog_next(const pawl_eventlog *log, pawl_log_cursor *cursor,
        pawl_event *ret, pawl_log_diag *reterr_diag);

/* The event whose data is "StartupLocality", a NUL and one byte: TPM2_Startup came from that
 * locality, which is the initial value of PCR 0. PFP 1.05, 10.4.5.3. */
bool pawl_event_is_startup_locality(const pawl_event *ev, uint8_t *ret);

/* Whether the digest of `bank` is the hash of the event's data. Only then the data is as proven as
 * the digest; for many types (EV_IPL, images) the data is just a label that anyone can change. */
PAWL_MUST_CHECK pawl_err pawl_event_data_is_measured(
        const pawl_hasher *h, const pawl_event *ev, pawl_alg bank, bool *ret);

/* The PCRs of one bank that a log leads to. `touched` bit n: some event extended PCR n. */
typedef struct pawl_replay {
        pawl_alg bank;
        uint32_t touched;
        pawl_digest pcrs[PAWL_PCR_COUNT];
} pawl_replay;

void pawl_replay_init(pawl_alg bank, pawl_replay *ret);
/* MISSING if the event extends a PCR and has no digest of the bank; FORMAT for a StartupLocality
 * event after PCR 0 was extended. `r` stays as it was on failure. */
PAWL_MUST_CHECK pawl_err pawl_replay_event(
        const pawl_hasher *h, pawl_replay *r, const pawl_event *ev);
/* Replays the whole log. UNSUPPORTED if the log has no digests of `bank`. */
PAWL_MUST_CHECK pawl_err pawl_eventlog_replay(const pawl_hasher *h, const pawl_eventlog *log,
        pawl_alg bank, pawl_replay *ret, pawl_log_diag *reterr_diag);

/* Verdicts start at "no": a forgotten one rejects. */
typedef enum pawl_verdict {
        PAWL_VERDICT_REJECT = 0,
        PAWL_VERDICT_ACCEPT = 1,
} pawl_verdict;

/* A log whose replay equals the PCRs that were read from the TPM, for the PCRs in `mask`. Made only
 * by the two functions below; code that decides takes this type and no other. */
typedef struct pawl_verified_log {
        pawl_verdict verdict;
        const pawl_eventlog *log;
        pawl_alg bank;
        uint32_t mask; /* the PCRs for which the log is proven */
} pawl_verified_log;

/* Replays the bank of `pcrs` (values read from the TPM) and compares. MISMATCH if a PCR of
 * `need_mask` differs, MISSING if `pcrs` lacks one. `ret_differs` (may be NULL) gets the mask of
 * all that differ, on success and on MISMATCH. `ret->mask` holds the PCRs of `pcrs` that agree;
 * `ret` borrows `log`. */
PAWL_MUST_CHECK pawl_err pawl_eventlog_verify(const pawl_hasher *h, const pawl_eventlog *log,
        const pawl_pcr_set *pcrs, uint32_t need_mask, pawl_verified_log *ret,
        uint32_t *ret_differs);
/* The same for a replay of `log` that went on with what was extended after it (a user log): what
 * leads to the TPM's value proves every step on the way. UNSUPPORTED if the banks differ. */
PAWL_MUST_CHECK pawl_err pawl_replay_verify(const pawl_replay *replay, const pawl_eventlog *log,
        const pawl_pcr_set *pcrs, uint32_t need_mask, pawl_verified_log *ret,
        uint32_t *ret_differs);
/* The PCRs of `pcrs` whose value is not the replay's, as a mask. Same bank. */
uint32_t pawl_replay_differs(const pawl_replay *replay, const pawl_pcr_set *pcrs);

/* The type's name in the specification, "EV_SEPARATOR"; NULL for an unknown one. */
const char *pawl_event_type_name(uint32_t type);

#endif

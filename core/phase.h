/* SPDX-License-Identifier: BSD-2-Clause */
/* The phases of a boot: words that userspace measures to PCR 11 (UTF-8, no NUL), the paths that are
 * signed, and under which policy reference. A key signs many PCR 11 values; the reference keeps a
 * value signed for one use out of another. */
#ifndef PAWL_CORE_PHASE_H
#define PAWL_CORE_PHASE_H

#include "core/span.h"

typedef enum pawl_phase {
        PAWL_PHASE_ENTER_INITRD,
        PAWL_PHASE_LEAVE_INITRD,
        PAWL_PHASE_SYSINIT,
        PAWL_PHASE_READY,
        PAWL_PHASE_SHUTDOWN,
        PAWL_PHASE_FINAL,
        PAWL_PHASE_FACTORY_RESET,
        PAWL_PHASE_MAX_,
} pawl_phase;

const char *pawl_phase_word(pawl_phase p);
/* NOT_FOUND if it is no phase. */
PAWL_MUST_CHECK pawl_err pawl_phase_from_word(pawl_span word, pawl_phase *ret);

/* Policy references: text whose SHA-256 is the policyRef of TPM2_PolicyAuthorize. */
#define PAWL_REF_INITRD        "initrd"
#define PAWL_REF_SERVICES      "pawl-services"
#define PAWL_REF_FACTORY_RESET "factory-reset"

typedef struct pawl_signed_path {
        const char *path; /* phase words joined by ':' */
        const char *ref;  /* NULL: without reference */
} pawl_signed_path;

/* What `pawl uki sign` signs by default, in this order. The array ends with a row whose path is
 * NULL. */
extern const pawl_signed_path pawl_default_paths[];
/* What systemd signs by default: four paths without reference. */
extern const pawl_signed_path pawl_systemd_paths[];

/* Takes the next word off a path "a:b:c"; NOT_FOUND at its end; FORMAT for an empty word. An empty
 * path has no words. */
PAWL_MUST_CHECK pawl_err pawl_phase_path_next(pawl_reader *path, pawl_span *ret);
/* Whether a key released for this path is still released after the initrd was left. */
bool pawl_phase_path_is_after_initrd(pawl_span path);

#endif
